std = "lua54"
max_line_length = 100
files["spec"] = { std = "+busted" }
-- Stubs for editors: unused arguments and fields that are never read.
files["bindings/lua/moonsip/_meta"] = { ignore = { "212", "241" } }
