-- The registrations of RFC 3665 section 2.
local Desk = require("spec.registrar.desk")
local digest = require("spec.support.digest")
local sip = require("moonsip")

local BOB <const> = "<sips:bob@client.biloxi.example.com>"

describe("RFC 3665", function()
  local desk

  local function register(options)
    options.to = "sips:bob@biloxi.example.com"
    desk.net:clear()
    return desk:register(options)
  end

  before_each(function() desk = Desk.new({ max_expires = 4294967295 }) end)
  after_each(function() desk:finish() end)

  -- The server asks for passwords.
  local function guard()
    desk.guard = function(request)
      return sip.auth.require(request, function(name)
        return name == "bob" and { password = "zanzibar" } or nil
      end, { realm = "atlanta.example.com", algorithms = { "MD5" } }) or false
    end
  end

  local function authorize(response, password)
    return "Authorization: " .. digest.answer({
      challenge = digest.challenges(response)[1], user = "bob", password = password,
      method = "REGISTER", uri = "sip:biloxi.example.com",
    })
  end

  it("2.1: a new registration, challenged and authenticated (RFC 3261 22.2)", function()
    guard()
    local challenge = register({ contacts = { BOB } })
    local response = desk:register({
      to = "sips:bob@biloxi.example.com", contacts = { BOB },
      headers = { authorize(challenge, "zanzibar") },
    })
    desk.net:expect([[
      bob               server
        REGISTER -->
                 <-- 401 REGISTER
        REGISTER -->
                 <-- 200 REGISTER
    ]])
    assert.equal(401, challenge.status_code)
    assert.truthy(challenge:header("WWW-Authenticate"):find('realm="atlanta.example.com"', 1, true))
    assert.same({ BOB .. ";expires=3600" }, response:headers("Contact"))
    assert.truthy(response:header("Authentication-Info"):find("rspauth=", 1, true))
  end)

  it("2.5: with a wrong password the registration fails (RFC 3261 22.2)", function()
    guard()
    local challenge = register({ contacts = { BOB } })
    local response = desk:register({
      to = "sips:bob@biloxi.example.com", contacts = { BOB },
      headers = { authorize(challenge, "wrong") },
    })
    desk.net:expect([[
      bob               server
        REGISTER -->
                 <-- 401 REGISTER
        REGISTER -->
                 <-- 401 REGISTER
    ]])
    assert.truthy(response:header("WWW-Authenticate"))
    assert.same({}, desk:found("sips:bob@biloxi.example.com"))
  end)

  it("lets nobody register another's address (RFC 3261 10.3 step 4)", function()
    guard()
    local challenge = register({ contacts = { BOB } })
    local response = desk:register({
      to = "sip:alice@biloxi.example.com", contacts = { BOB },
      headers = { authorize(challenge, "zanzibar") },
    })
    assert.equal(403, response.status_code)
  end)

  it("2.2: an updated contact list comes back whole", function()
    register({ contacts = { BOB } })
    local response = register({
      contacts = { "mailto:bob@biloxi.example.com" }, expires = 4294967295,
    })
    desk.net:expect([[
      bob               server
        REGISTER -->
                 <-- 200 REGISTER
    ]])
    assert.same({
      BOB .. ";expires=3600", "<mailto:bob@biloxi.example.com>;expires=4294967295",
    }, response:headers("Contact"))
    register({ contacts = { "<mailto:bob@biloxi.example.com>;expires=0" } }) -- would never expire
  end)

  it("2.3: without Contact the current list comes back", function()
    register({ contacts = { BOB } })
    local response = register({})
    desk.net:expect([[
      bob               server
        REGISTER -->
                 <-- 200 REGISTER
    ]])
    assert.same({ BOB .. ";expires=3600" }, response:headers("Contact"))
  end)

  it("2.4: * with Expires 0 cancels the registration", function()
    register({ contacts = { BOB, "<mailto:bob@biloxi.example.com>" } })
    local response = register({ contacts = { "*" }, expires = 0 })
    desk.net:expect([[
      bob               server
        REGISTER -->
                 <-- 200 REGISTER
    ]])
    assert.same({}, response:headers("Contact"))
    assert.same({}, desk:found("sips:bob@biloxi.example.com"))
  end)
end)
