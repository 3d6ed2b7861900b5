rockspec_format = "3.0"
package = "moonsip"
version = "scm-1"
source = { url = "git+https://github.com/moonsip/moonsip.git" }
description = {
  summary = "A Lua-scriptable SIP engine",
  detailed = "Answer, place, hold and transfer calls from Lua scripts that reload on live traffic.",
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5" }
external_dependencies = {
  LIBUV = { header = "uv.h" },
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
