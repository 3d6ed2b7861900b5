--- Kamailio as the proxy between engines and phones: it records its route, asks
--- for digest credentials where the user part says so, and forks.
local process = require("spec.interop.support.process")
local server = require("spec.interop.support.server")
local uv = require("luv")

local kamailio = {}
kamailio.__index = kamailio

-- Users: a request URI of secure-X@ needs the password "secret" of the user
-- "alice" in the realm "example.org"; %s are the routes by user part.
local CONFIG <const> = [[
debug=0
log_stderror=yes
children=1
disable_tcp=yes
auto_aliases=no
listen=udp:127.0.0.1:%d
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "corex.so"
loadmodule "auth.so"
modparam("auth", "qop", "auth")
modparam("rr", "enable_full_lr", 1)

request_route {
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
  if (has_totag()) {
    if (loose_route()) { t_relay(); exit; }
    if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
    sl_send_reply("404", "Not here"); exit;
  }
  if ($rU =~ "^secure-") {
    if (!pv_proxy_authenticate("example.org", "secret", "0")) {
      proxy_challenge("example.org", "1");
      exit;
    }
    consume_credentials();
  }
  record_route();
%s
  sl_send_reply("404", "Nobody of that name");
}
]]

--- One user part and the URIs it is sent on to, all at once.
local function route(user, targets)
  local lines = { ('  if ($rU == "%s") {'):format(user) }
  for i, target in ipairs(targets) do
    lines[#lines + 1] = i == 1 and ('    $ru = "%s";'):format(target)
      or ('    append_branch("%s");'):format(target)
  end
  lines[#lines + 1] = "    t_relay(); exit;\n  }"
  return table.concat(lines, "\n")
end

--- Starts it with `routes`: user part to a list of URIs.
function kamailio.start(routes)
  local self = setmetatable({ port = server.free_port() }, kamailio)
  local parts = {}
  for user, targets in pairs(routes) do parts[#parts + 1] = route(user, targets) end
  self.folder = os.tmpname()
  os.remove(self.folder)
  assert(uv.fs_mkdir(self.folder, 448))
  local path = self.folder .. "/kamailio.cfg"
  local file = assert(io.open(path, "w"))
  file:write(CONFIG:format(self.port, table.concat(parts, "\n")))
  file:close()
  self.uri = "sip:127.0.0.1:" .. self.port
  self.running = process.start({
    "kamailio", "-f", path, "-DD", "-E", "-m", "32", "-M", "8", "-Y", self.folder,
    "-P", self.folder .. "/pid", "-w", self.folder,
  })
  self:await_ready()
  return self
end

--- It answers an OPTIONS once it is ready.
function kamailio:await_ready()
  local socket = uv.new_udp()
  local answered
  assert(socket:bind("127.0.0.1", 0))
  local mine = socket:getsockname().port
  socket:recv_start(function(_, bytes) answered = answered or bytes end)
  local probe = ("OPTIONS sip:nobody@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;"
    .. "branch=z9hG4bKready\r\nMax-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
    .. "Call-ID: ready\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"):format(self.port, mine)
  local ready = process.run_until(15, function()
    if not answered and self.running:is_running() then
      socket:send(probe, "127.0.0.1", self.port, function() end)
      uv.sleep(50)
    end
    return answered or not self.running:is_running()
  end)
  socket:close()
  assert(ready and answered, table.concat({ self.running:output() }))
end

function kamailio:stop()
  self.running:stop(5)
  os.execute("rm -r " .. self.folder)
end

return kamailio
