local tree = require("spec.support.tree")

local LAYERS = "# lowest first\nbase\nuri sdp\nmessage\nua\nnet\n"

describe("the checks of the tree", function()
  local broken

  after_each(function()
    broken:remove()
  end)

  local function check(name, files)
    files["engine/LAYERS"] = files["engine/LAYERS"] or LAYERS
    broken = tree.new(files)
    return broken:check(name)
  end

  describe("layers", function()
    it("pass when every include points downward", function()
      local passed, said = check("check_layers", {
        ["engine/message/msg.c"] = '#include "message/msg.h"\n#include <string.h>\n'
          .. '#include "base/str.h"\n#include "uri/uri.h"\n',
        ["engine/net/udp.c"] = "#include <uv.h>\n",
        ["bindings/message.c"] = '#include <lua.h>\n#include "message/msg.h"\n',
      })
      assert.equal("", said)
      assert.is_true(passed)
    end)

    for what, case in pairs({
      ["an upward include"] = { "engine/base/str.c", '#include "message/msg.h"' },
      ["a neighbour on the same line"] = { "engine/uri/uri.c", '#include "sdp/sdp.h"' },
      ["libuv in a pure layer"] = { "engine/ua/core.c", "#include <uv.h>" },
      ["a clock in a pure layer"] = { "engine/ua/core.c", "#include <time.h>" },
      ["Lua in the engine"] = { "engine/net/udp.c", "# include <lauxlib.h>" },
      ["an include without its folder"] = { "engine/base/str.c", '#include "str.h"' },
      ["a folder that no line names"] = { "engine/magic/wand.c", "" },
      ["an include of an unknown folder"] = { "engine/ua/core.c", '#include "magic/wand.h"' },
      ["a binding that reaches past ua"] = { "bindings/session.c", '#include "dialog/dialog.h"' },
    }) do
      it("refuse " .. what .. ", and name file and line", function()
        local passed, said = check("check_layers", { [case[1]] = case[2] .. "\n" })
        assert.is_false(passed)
        assert.truthy(said:find(case[1] .. ":1: ", 1, true), said)
      end)
    end
  end)

  describe("sizes", function()
    local function lines(count)
      return ("  x();\n"):rep(count)
    end

    it("pass at the budget", function()
      local passed, said = check("sizes", {
        ["engine/base/str.c"] = "static void twist(int a)\n{\n" .. lines(60) .. "}\n",
        ["engine/base/str.h"] = lines(200),
        ["engine/base/buf.c"] = lines(500),
      })
      assert.equal("", said)
      assert.is_true(passed)
    end)

    it("refuse a function of more than 60 lines by its name", function()
      local passed, said = check("sizes", {
        ["engine/base/str.c"] = "static void twist(int a,\n                  int b)\n{\n"
          .. lines(61) .. "}\n",
      })
      assert.is_false(passed)
      assert.truthy(said:find("engine/base/str.c:3: twist: 61 lines", 1, true), said)
    end)

    for path, count in pairs({
      ["engine/base/buf.c"] = 501,
      ["engine/base/str.h"] = 201,
      ["bindings/lua/moonsip/init.lua"] = 401,
      ["scripts/answer.lua"] = 41,
    }) do
      it(("refuse %d lines in %s"):format(count, path), function()
        local passed, said = check("sizes", { [path] = lines(count) })
        assert.is_false(passed)
        assert.truthy(said:find(path, 1, true), said)
      end)
    end
  end)

  describe("banned", function()
    it("pass what only looks like a call", function()
      local passed, said = check("banned", {
        ["engine/base/str.c"] = '/* strcpy(a, b) */\nchar *s = "malloc(1)";\n'
          .. "x->free(y);\nuse.time(1);\nmy_free(y);\n// gets(s)\n",
        ["engine/base/pool.c"] = "p = malloc(4);\n",
        ["engine/message/build.c"] = 's = "SIP/2.0\\r\\n";\n',
        ["engine/net/udp.c"] = "p = malloc(4);\n",
      })
      assert.equal("", said)
      assert.is_true(passed)
    end)

    for what, case in pairs({
      ["strcpy"] = { "bindings/script.c", "strcpy(a, b);" },
      ["malloc in a pure layer"] = { "engine/ua/core.c", "p = malloc(4);" },
      ["printf in a pure layer"] = { "engine/ua/core.c", 'printf("x");' },
      ["a clock in a pure layer"] = { "engine/timer/wheel.c", "now = time(NULL);" },
      ["luaL_checkudata outside box.c"] = { "bindings/session.c", "luaL_checkudata(L, 1, C);" },
      ["CRLF written by a dialog"] = { "engine/dialog/dialog.c", 's = "To: x\\r\\n";' },
    }) do
      it("refuse " .. what .. ", and name file and line", function()
        local passed, said = check("banned", { [case[1]] = "/* one\n*/ " .. case[2] .. "\n" })
        assert.is_false(passed)
        assert.truthy(said:find(case[1] .. ":2: ", 1, true), said)
      end)
    end
  end)

  describe("conformance", function()
    local HEAD <const> = "id\trfc\tsection\tlevel\trole\tstatement\thow_to_test\tapplies\n"

    local function row(id, applies)
      return ("%s\t3261\t7\tMUST\tdialog\tIt | holds\tTry\t%s\n"):format(id, applies)
    end

    -- A tree whose page is what these rows and results give.
    local function written(rows, results)
      broken = tree.new({
        ["spec/conformance.tsv"] = HEAD .. rows,
        ["build/results.tsv"] = results,
        ["docs/conformance.md"] = "",
      })
      assert.is_true(os.execute(("lua5.4 tools/conformance.lua '%s' write"):format(broken.root)))
      return broken
    end

    local function page()
      local file <close> = assert(io.open(broken.root .. "/docs/conformance.md"))
      return file:read("a")
    end

    local SHOWN <const> = "passed\tspec/a/b_spec.lua\tholds (RFC 3261 7, XX-001)\n"

    it("writes a line per row: its specs, and what became of them", function()
      written(row("XX-001", "yes") .. row("XX-002", "later: streams") .. row("XX-003", "yes")
        .. row("XX-004", "yes"), SHOWN .. "failed\tspec/c_spec.lua\tXX-004, SHA-256\n")
      local text = page()
      local it_holds = "3261 7 | MUST | dialog | It \\| holds | "
      assert.truthy(text:find("| XX-001 | " .. it_holds .. "[a/b](../spec/a/b_spec.lua) | pass |",
        1, true), text)
      assert.truthy(text:find("| XX-002 | " .. it_holds .. " | later: streams |", 1, true), text)
      assert.truthy(text:find("| XX-003 | " .. it_holds .. " | none |", 1, true), text)
      assert.truthy(text:find("| XX-004 | " .. it_holds .. "[c](../spec/c_spec.lua) | fail |",
        1, true), text)
      assert.truthy(text:find("| dialog | 4 | 1 | 1 | 1 | 1 | 0 |", 1, true), text)
    end)

    it("pass when the page is up to date", function()
      local passed, said = written(row("XX-001", "yes"), SHOWN):check("conformance")
      assert.equal("", said)
      assert.is_true(passed)
    end)

    for what, case in pairs({
      ["a page that is out of date"] = { row("XX-001", "yes"), "", "docs/conformance.md:1: " },
      ["an id that no row has"] = { row("XX-001", "yes"),
        "passed\tspec/a_spec.lua\tno row (XX-002)\n", "spec/a_spec.lua:1: no row XX-002" },
      ["a spec of a row that is not there yet"] = { row("XX-001", "no: why"), SHOWN,
        "spec/conformance.tsv:2: XX-001" },
      ["a row whose spec fails"] = { row("XX-001", "yes"), (SHOWN:gsub("passed", "failed")),
        "spec/conformance.tsv:2: XX-001" },
      ["a row that applies and nothing shows"] = { row("XX-001", "yes") .. row("XX-002", "yes"),
        SHOWN, "spec/conformance.tsv:3: XX-002" },
      ["a row without a reason"] = { row("XX-001", "yes") .. row("XX-002", "later"), SHOWN,
        "spec/conformance.tsv:3: XX-002" },
      ["a row that is there twice"] = { row("XX-001", "yes"):rep(2), SHOWN,
        "spec/conformance.tsv:3: XX-001" },
    }) do
      it("refuse " .. what, function()
        written(row("XX-001", "yes"), SHOWN)
        for path, text in pairs({ ["spec/conformance.tsv"] = HEAD .. case[1],
          ["build/results.tsv"] = case[2] }) do
          local file <close> = assert(io.open(broken.root .. "/" .. path, "w"))
          file:write(text)
        end
        local passed, said = broken:check("conformance")
        assert.is_false(passed)
        assert.truthy(said:find(case[3], 1, true), said)
      end)
    end
  end)
end)
