-- The registrations of RFC 3665 section 2.
local Desk = require("spec.registrar.desk")

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
