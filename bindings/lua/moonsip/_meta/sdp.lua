---@meta moonsip
error("a meta file is read by editors, never run")

--- Session descriptions (RFC 8866) and answers to them (RFC 3264).
---
--- The engine carries no media.  An answer made without options takes every
--- codec offered over plain RTP (RTP/AVP, RTP/AVPF) and points to 127.0.0.1,
--- port 9 (discard): valid signalling that nobody hears.  `address` and `port`
--- say where media really is.
---@class moonsip.sdp
local sdp = {}

---@alias moonsip.Direction "sendrecv"|"sendonly"|"recvonly"|"inactive"

---@class moonsip.Error
---@field code string stable name, such as "ESYNTAX"
---@field message string for people; never compare it

---@class moonsip.sdp.Codec
---@field name string "PCMU"
---@field rate integer 8000
---@field channels string? "2"
---@field payload integer RTP payload type, 0 to 127

---@class moonsip.sdp.Media a snapshot of one stream; changing it changes nothing
---@field index integer its place among the m= lines, from 1
---@field type string "audio"
---@field port integer 0 for a stream that is refused or removed
---@field port_count integer
---@field proto string "RTP/AVP"
---@field formats string[]
---@field direction moonsip.Direction its own, else the session's, else sendrecv
---@field connection string? "IN IP4 192.0.2.1"
---@field attributes string[] values of its a= lines

---@class moonsip.sdp.Origin
---@field username string
---@field session_id integer|string digits as a string when over 63 bits
---@field version integer|string the same
---@field address string

---@class moonsip.sdp.AnswerOptions
---@field address string? where we receive; default "127.0.0.1"
---@field port (integer|fun(media: moonsip.sdp.Media): integer)? default 9; 0 refuses the stream
---@field formats (string[]|fun(codec: moonsip.sdp.Codec, media: moonsip.sdp.Media): boolean)?
--- codecs to take, "PCMU" or "speex/16000"; default all offered
---@field media string[]? types of stream to take; default all
---@field direction moonsip.Direction? what we want; default "sendrecv"
---@field previous (string|moonsip.Description)? what we sent last in this session
---@field username string? default "-"
---@field session_name string? default "-"

---@class moonsip.sdp.Stream
---@field type string "audio"
---@field port integer?
---@field formats string[]? needed unless the type is "audio"
---@field direction moonsip.Direction?

---@class moonsip.sdp.OfferOptions
---@field address string? where we receive; default "127.0.0.1"
---@field port integer? default 9
---@field formats string[]? default { "PCMU", "PCMA", "telephone-event" }
---@field media (string|moonsip.sdp.Stream)[]? default { "audio" }, or what `previous` has
---@field direction moonsip.Direction? default "sendrecv"
---@field previous (string|moonsip.Description)? see `sdp.offer`
---@field session_id integer? default random
---@field version integer? default 1
---@field username string? default "-"
---@field session_name string? default "-"

--- Reads a body.
---
--- Lines may end in CRLF or LF.  v= comes first and o= stands once; what is not
--- understood is kept.  Fails with "EOFFER" when there is no body, "ESYNTAX",
--- and "ETOOBIG" over 64 KiB, 2048 lines, 4096 bytes in a line or 256 streams.
---@param text string?
---@return moonsip.Description? description
---@return moonsip.Error? err
function sdp.parse(text) end

--- Answers an offer in one step.
---
--- Streams keep their number, order and type; those we do not take get port 0.
--- Directions follow RFC 3264 6.1, so a hold is answered "recvonly".  Without
--- `previous` the session id of o= follows from the offer's o= and the version
--- is the offer's: answers in one session agree by themselves as long as our
--- options stay the same and the peer makes all the offers.  Otherwise give
--- `previous`: its o= is kept, and the version rises by one when the text
--- changed.
---
--- Fails like `sdp.parse`; with "ESYNTAX" for a stream without c= or an o=
--- number over 63 bits; "EOFFER" when the offer has fewer streams than
--- `previous`; "EUNSUPPORTED" when streams are offered and we take none, which
--- wants a 488.
---@param text string?
---@param options? moonsip.sdp.AnswerOptions
---@return string? text
---@return moonsip.Error? err
function sdp.answer(text, options) end

--- Makes an offer.
---
--- With `previous`, a description of ours, the same is offered again: o= kept,
--- `direction` set on every stream in use, what `media` has beyond the streams
--- of `previous` added behind them, the version raised by one when that changed
--- the text.  Fails only when `previous` cannot be read ("ESYNTAX").
---@param options? moonsip.sdp.OfferOptions
---@return string? text
---@return moonsip.Error? err
function sdp.offer(options) end

--- A session description.  `tostring` gives its text, with CRLF.
---@class moonsip.Description
---@field media moonsip.sdp.Media[]
---@field origin moonsip.sdp.Origin
---@field version integer|string the version in o=
---@field session_name string
---@field connection string? of the session
---@field attributes string[] of the session
local Description = {}

--- Like `sdp.answer` with this offer.
---@param options? moonsip.sdp.AnswerOptions
---@return string? text
---@return moonsip.Error? err
function Description:answer(options) end

--- Whether it may stand as an offer or an answer, and follow `before`.
---
--- "ESYNTAX" for a stream without c= or an o= number over 63 bits; "EOFFER"
--- when streams of `before` are missing (RFC 3264 8) or a dynamic payload type
--- changed its codec (RFC 3264 8.3.2).
---@param before? moonsip.Description
---@return true? ok
---@return moonsip.Error? err
function Description:check(before) end

--- Of the stream `index`, or of the first in use; nil when there is no stream.
---@param index? integer
---@return moonsip.Direction?
function Description:direction(index) end

--- Sets the direction of one stream, or of all; the version in o= stays.
---@param direction moonsip.Direction
---@param index? integer
---@return moonsip.Description self
function Description:set_direction(direction, index) end

--- True when a stream of that type is in use (its port is not 0).
---@param type string
---@return boolean
function Description:has_media(type) end

--- True when streams are in use and none of them wants to receive: sendonly,
--- inactive, or the address 0.0.0.0.
---@return boolean
function Description:is_hold() end

--- Line for line the same, but for the version in o=.
---@param other moonsip.Description
---@return boolean
function Description:same_as(other) end

return sdp
