---@meta moonsip
error("a meta file is read by editors, never run")

--- What we answered.
---@class moonsip.Response
---@field message string? the bytes as sent
---@field status_code integer?
---@field session moonsip.Session? of an INVITE that made or has one

--- What a peer answered to a request of ours.
---@class moonsip.IncomingResponse
---@field message moonsip.Message
---@field status_code integer
---@field reason_phrase string
---@field session moonsip.Session? of the request
