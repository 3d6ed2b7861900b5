--- The rows of spec/conformance.tsv that a row of the re-INVITE matrix shows, as
--- text for its sentence: by words of its source, by its event, by its state.
local by_source = {
  ["UAS-IsI"] = "REI-058", ["UAS-IcI"] = "REI-059", ["UAS-UcI"] = "REI-060",
  ["UAS-UsI"] = "REI-061", ["UAS-IcU"] = "REI-062", ["UAS-IsU"] = "REI-063",
  ["5407 3.1.1"] = "REI-051", ["5407 3.1.2"] = "REI-052", ["5407 3.2.1"] = "BYE-006",
  ["5407 3.2.2"] = "REI-053", ["5407 3.2.3"] = "REI-054", ["6141 3.8"] = "CAN-013",
}

local by_event = { ["CANCEL not matching"] = "CAN-007" }

local by_state_and_event = {
  ["S1 INFO"] = "REI-008", ["S2 INFO"] = "REI-008", ["S3 INFO"] = "REI-008",
  ["S4 INFO"] = "REI-008", ["S9 PRACK matching + offer"] = "REL-017",
  ["S12 ACK matching the 2xx"] = "REI-055", ["S14 re-INVITE+offer"] = "REI-013",
  ["S14 re-INVITE no offer"] = "REI-013", ["S14 BYE"] = "REI-012",
}

return function(row)
  local ids = {}
  for words, id in pairs(by_source) do
    if row.source:find(words, 1, true) then ids[#ids + 1] = id end
  end
  ids[#ids + 1] = by_event[row.event]
  ids[#ids + 1] = by_state_and_event[row.state .. " " .. row.event]
  table.sort(ids)
  return #ids > 0 and ", " .. table.concat(ids, ", ") or ""
end
