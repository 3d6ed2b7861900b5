rockspec_format = "3.0"
package = "moonsip"
version = "scm-1"
source = { url = "git://moonsip" }
description = {
  summary = "A SIP engine in C whose decisions are made by Lua scripts",
  detailed = [[
    The server half of SIP over UDP: calls, changes of calls (hold, resume), reliable
    provisionals and session timers.  Scripts decide, reload on live traffic, and are
    tested in virtual time on a simulated network.]],
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5" }
external_dependencies = {
  JANSSON = { header = "jansson.h" },
  LIBMICROHTTPD = { header = "microhttpd.h" },
  LIBUV = { header = "uv.h" },
  OPENSSL = { header = "openssl/rand.h" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    MOONSIP_WERROR = "OFF",
    MOONSIP_TESTING = "OFF",
    MOONSIP_LIB_DIR = "$(LIBDIR)",
    MOONSIP_BIN_DIR = "$(BINDIR)",
  },
}
test = { type = "busted" }
