local sip = require("moonsip")
local xml = require("moonsip.events.xml")
local events = sip.events

describe("events.message_summary", function()
  local summary = events.message_summary

  it("writes what RFC 3842 5.2 shows", function()
    assert.equal("Messages-Waiting: yes\r\nMessage-Account: sip:alice@vmail.example.com\r\n"
      .. "Voice-Message: 2/8 (0/2)\r\nFax-Message: 0/1\r\n",
      summary.format({
        account = "sip:alice@vmail.example.com",
        voice = { new = 2, old = 8, urgent_new = 0, urgent_old = 2 }, fax = { old = 1 },
      }))
    assert.equal("Messages-Waiting: no\r\n", summary.format({}))
    assert.equal("Messages-Waiting: no\r\nVoice-Message: 0/3\r\n",
      summary.format({ voice = { old = 3 } }))
    assert.equal("Messages-Waiting: yes\r\n", summary.format({ waiting = true }))
  end)

  it("cannot be made to write a line of somebody else's", function()
    local text = summary.format({ account = "a\r\nVoice-Message: 9/9" })
    assert.equal(2, select(2, text:gsub("\r\n", "")))
  end)

  it("reads what it writes, and what others write (RFC 3842 5.2)", function()
    local given = {
      waiting = true, account = "sip:a@example.com",
      voice = { new = 2, old = 8, urgent_new = 0, urgent_old = 2 }, text = { new = 0, old = 1 },
    }
    assert.same(given, summary.parse(summary.format(given)))
    assert.same({ waiting = false, voice = { new = 1, old = 2 } },
      summary.parse("messages-waiting : NO\nVoice-Message:1 / 2 \nX-Other: 1\r\n\r\nTo: b\r\n"))
    assert.is_nil(summary.parse("Voice-Message: 1/2\r\n"))
    assert.is_nil(summary.parse(""))
  end)
end)

describe("events.dialog", function()
  local dialog = events.dialog
  local info = {
    version = 3, state = "partial", entity = "sip:alice@example.com",
    dialogs = {
      {
        id = "as7d900as8", call_id = "a84b4c76e66710", local_tag = "1928301774",
        remote_tag = "456887766", direction = "initiator", state = "terminated",
        event = "remote-bye", code = 200, duration = 274,
        ["local"] = { identity = "sip:alice@example.com", display = "A <\"&'> B",
          target = "sip:alice@pc33.example.com" },
        remote = { identity = "sip:bob@example.org" },
      },
      { id = "x", state = "trying" },
    },
  }

  it("writes documents that say what they were told (RFC 4235 4.1, 4.4)", function()
    local text = dialog.format(info)
    assert.matches('<dialog%-info xmlns="urn:ietf:params:xml:ns:dialog%-info" version="3"', text)
    assert.matches('<state event="remote%-bye" code="200">terminated</state>', text)
    assert.same(info, dialog.parse(text))
  end)

  it("reads the document of RFC 4235 6.1", function()
    local read = assert(dialog.parse([[
<?xml version="1.0"?>
<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info"
             version="0" state="full" entity="sip:alice@example.com">
  <!-- nothing > special -->
  <dialog id="as7d900as8" call-id='a84b4c76e66710' local-tag="1928301774" direction="initiator">
    <state>trying</state>
  </dialog>
</dialog-info>]]))
    assert.equal(0, read.version)
    assert.same({
      id = "as7d900as8", call_id = "a84b4c76e66710", local_tag = "1928301774",
      direction = "initiator", state = "trying",
    }, read.dialogs[1])
  end)

  it("refuses what is none", function()
    for _, text in ipairs({
      "", "v=0", "<presence/>", "<dialog-info>", "<dialog-info><dialog/></dialog-info>",
      "<dialog-info/><dialog-info/>", "<a></b>", "<a b=c/>", "<a b='c/>", "<!DOCTYPE a><a/>",
    }) do
      local read, why = dialog.parse(text)
      assert.is_nil(read, text)
      assert.is_string(why)
    end
  end)
end)

describe("events.xml", function()
  it("reads entities once, CDATA as text, and no DOCTYPE", function()
    local root = assert(xml.parse("<?xml version='1.0'?><p:a x='&quot;&#65;&#x42;'>1 &amp;lt; "
      .. "<![CDATA[<b>]]><c/>2</p:a>"))
    assert.equal("a", root.name)
    assert.equal('"AB', root.attributes.x)
    assert.equal("1 &lt; <b>2", root.text)
    assert.equal("c", root[1].name)
    assert.is_nil(xml.parse('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'))
    assert.equal("", assert(xml.parse("<a>&#xFFFFFFFF;&#0;</a>")).text)
  end)

  it("bounds what a peer can make it build", function()
    assert.is_nil(xml.parse(("<a>"):rep(40) .. ("</a>"):rep(40)))
    assert.is_nil(xml.parse("<a>" .. ("<b/>"):rep(3000) .. "</a>"))
    assert.is_table(xml.parse("<a>" .. ("<b/>"):rep(1000) .. "</a>"))
  end)

  it("survives every document that is cut off (RFC 3863 4.1)", function()
    local text = events.presence.format({
      entity = "pres:a@b", tuples = { { status = "open", contact = "sip:a@b", note = "x" } },
    })
    for cut = 1, #text - 2 do assert.is_nil(xml.parse(text:sub(1, cut)), cut) end
    assert.is_table(xml.parse(text))
  end)

  it("writes text that stays text", function()
    assert.equal("&lt;a&gt; &amp; &quot; ?", xml.escape("<a> & \" \xff"))
  end)
end)

describe("events.presence", function()
  local presence = events.presence
  local document = {
    entity = "pres:alice@example.com", note = "all of me",
    tuples = {
      {
        id = "desk", status = "open", contact = "sip:alice@192.0.2.1", priority = 0.8,
        note = "at <work>", timestamp = "2026-01-01T00:00:00Z",
      },
      { id = "t2", status = "closed" },
    },
  }

  it("writes documents that say what they were told (RFC 3863 4.1)", function()
    local text = presence.format(document)
    assert.matches('<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:alice', text)
    assert.same(document, presence.parse(text))
  end)

  it("reads prefixes and what it does not know (RFC 3863 4.3)", function()
    local read = assert(presence.parse([[<impp:presence xmlns:impp="urn:ietf:params:xml:ns:pidf"
        xmlns:m="urn:x" entity="pres:someone@example.com"><impp:tuple id="a"><impp:status>
        <impp:basic> open </impp:basic><m:location>home</m:location></impp:status>
        </impp:tuple></impp:presence>]]))
    assert.same({ id = "a", status = "open" }, read.tuples[1])
    assert.is_nil(presence.parse("<pidf/>"))
  end)

  it("makes one document of several: ids stay apart, extensions and namespaces stay", function()
    local one = presence.format({ tuples = { { id = "t1", status = "open" } } })
    local two = [[<p:presence xmlns:p="urn:ietf:params:xml:ns:pidf" xmlns:r="urn:rpid">
      <p:tuple id="t1"><p:status><p:basic>closed</p:basic></p:status></p:tuple>
      <r:person id='p1'><r:activities><r:meeting/></r:activities></r:person></p:presence>]]
    local text = presence.compose("pres:a@b", { one, two })
    local read = assert(presence.parse(text))
    assert.equal("pres:a@b", read.entity)
    assert.same({ "t1", "t1-2" }, { read.tuples[1].id, read.tuples[2].id })
    assert.same({ "open", "closed" }, { read.tuples[1].status, read.tuples[2].status })
    assert.matches("<r:meeting/>", text)
    assert.matches("<r:person xmlns:p=\"urn:ietf:params:xml:ns:pidf\" xmlns:r=\"urn:rpid\" id='p1'",
      text)
  end)

  it("says that nobody is there when nobody published", function()
    local read = presence.parse(presence.compose("pres:a@b", {}))
    assert.equal("closed", read.tuples[1].status)
  end)
end)

describe("events.resource", function()
  it("is the user and host of a URI, and nothing else of it", function()
    assert.equal("alice@example.com", events.resource("sip:alice@EXAMPLE.com:5070;x=y"))
    assert.equal("example.com", events.resource("sips:example.com"))
    assert.is_nil(events.resource("no uri"))
  end)
end)
