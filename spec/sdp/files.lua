--- Descriptions that specs read from files, and short ways to write them.
local files = {}

function files.read(path)
  local file = assert(io.open("spec/sdp/" .. path, "rb"))
  local text = file:read("a")
  file:close()
  return text
end

--- Line ends as on the wire.
function files.crlf(text)
  return (text:gsub("\r?\n", "\r\n"))
end

--- A description around the given lines.
function files.session(lines)
  return files.crlf(
    "v=0\no=alice 2890844526 7 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\n"
      .. lines:gsub("\n%s+", "\n"):gsub("^%s+", "")
  )
end

--- The m= lines of a text.
function files.media_lines(text)
  local lines = {}
  for line in text:gmatch("m=[^\r\n]*") do
    lines[#lines + 1] = line
  end
  return lines
end

--- Type and port of every m= line.
function files.streams(text)
  local types, ports = {}, {}
  for kind, port in text:gmatch("\nm=(%S+) (%d+)") do
    types[#types + 1] = kind
    ports[#ports + 1] = tonumber(port)
  end
  return types, ports
end

return files
