---@meta moonsip
error("a meta file is read by editors, never run")

--- What we answered.
---@class moonsip.Response
---@field message string? the bytes as sent
---@field status_code integer?
---@field session moonsip.Session? of an INVITE that made or has one
---@field subscription moonsip.Subscription? of a SUBSCRIBE or REFER

--- What a peer answered to a request of ours.
---@class moonsip.IncomingResponse
---@field message moonsip.Message
---@field status_code integer
---@field reason_phrase string
---@field session moonsip.Session? of the request
---@field subscription moonsip.Subscription? of a SUBSCRIBE or REFER
local IncomingResponse = {}

--- Acknowledges the 2xx of an INVITE; `body` answers the offer it brought.  Call
--- it before the callback waits or returns: after that the engine sends the ACK by
--- itself, and ends the call by BYE when an offer was left without its answer.
--- With the option `ack = false` of `engine:invite` there are 64*T1 to do it.  An
--- answer that is missing or not due is raised.
---@param options? moonsip.RequestOptions
---@return true? done
---@return moonsip.Error? err `ESTATE`: nothing to acknowledge (any more); `EGONE`; `ENOMEM`
function IncomingResponse:ack(options) end

--- The same as `response.session:prack(options)`.
---@param options? moonsip.RequestOptions
---@return moonsip.OutgoingRequest? request
---@return moonsip.Error? err as of Session:prack
function IncomingResponse:prack(options) end
