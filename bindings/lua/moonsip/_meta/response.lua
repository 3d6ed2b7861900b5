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
local IncomingResponse = {}

--- Acknowledges a 2xx to a re-INVITE of ours that brought an offer, with the
--- answer as its body; raises without one.  What needs no answer the engine
--- acknowledges by itself, and what nobody acknowledged when the callbacks have
--- returned; an offer left unanswered ends the call.
---@param options? moonsip.RequestOptions
---@return true? done
---@return moonsip.Error? err `ESTATE`: nothing to acknowledge; `EGONE`; `ENOMEM`
function IncomingResponse:ack(options) end
