local testing = require("moonsip_testing")

describe("a listen URI", function()
  for uri, address in pairs({
    ["udp:127.0.0.1:5070"] = "127.0.0.1:5070",
    ["udp:127.0.0.1"] = "127.0.0.1:5060",
    ["UDP:0.0.0.0:0"] = "0.0.0.0:0",
    ["udp:[::1]:5070"] = "[::1]:5070",
    ["udp:[2001:db8::1]"] = "[2001:db8::1]:5060",
  }) do
    it(("%s means %s"):format(uri, address), function()
      assert.equal(address, testing.listen_uri(uri))
    end)
  end

  it("may hold a host name", function()
    assert.matches("^.+:5070$", testing.listen_uri("udp:localhost:5070"))
  end)

  for uri, why in pairs({
    ["tcp:127.0.0.1:5060"] = 'cannot listen on "tcp:127.0.0.1:5060": only udp is served',
    ["wss:[::1]:443"] = 'cannot listen on "wss:[::1]:443": only udp is served',
    ["upd:127.0.0.1"] = '"upd:127.0.0.1" is no listen URI; did you mean "udp:..."?',
    ["127.0.0.1"] = '"127.0.0.1" is no listen URI such as udp:127.0.0.1:5060',
    ["udp:127.0.0.1:99999"] =
      '"udp:127.0.0.1:99999" is no listen URI such as udp:127.0.0.1:5060 or udp:[::1]:5060',
    ["udp:[::1"] = '"udp:[::1" is no listen URI such as udp:127.0.0.1:5060 or udp:[::1]:5060',
    ["udp::5060"] = '"udp::5060" is no listen URI such as udp:127.0.0.1:5060 or udp:[::1]:5060',
    ["udp:"] = '"udp:" is no listen URI such as udp:127.0.0.1:5060 or udp:[::1]:5060',
  }) do
    it(("%s is refused with a reason"):format(uri), function()
      local address, said = testing.listen_uri(uri)
      assert.is_nil(address)
      assert.equal(why, said)
    end)
  end
end)

describe("an admin address", function()
  for text, is_local in pairs({
    ["unix:/run/moonsip/moonsip.sock"] = true,
    ["127.0.0.1:8060"] = true,
    ["[::1]:8060"] = true,
    ["0.0.0.0:8060"] = false,
    ["192.0.2.1:8060"] = false,
  }) do
    it(("%s is open to %s"):format(text, is_local and "this machine" or "others"), function()
      assert.equal(is_local, testing.admin_address(text))
    end)
  end

  for _, text in ipairs({ "unix:", "unix:/" .. ("x"):rep(200), "8060", "127.0.0.1", "[::1]" }) do
    it(("%.20s is refused"):format(text), function()
      local address, why = testing.admin_address(text)
      assert.is_nil(address)
      assert.matches("^\"", why)
    end)
  end
end)
