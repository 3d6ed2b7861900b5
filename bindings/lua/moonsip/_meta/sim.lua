---@meta moonsip.sim
error("a meta file is read by editors, never run")

--- Calls in virtual time, for specs: the real engine and unchanged scripts on a
--- network that exists only in memory.
---@class moonsip.sim
local sim = {}

---@class moonsip.sim.NetworkOptions
---@field seed integer? the same seed gives the same run (1)
---@field latency number|number[]? seconds, or { shortest, longest } (0.01)
---@field loss number? probability that a packet is lost (0)
---@field duplicate number? probability that it arrives twice (0)
---@field reorder number? probability that later ones overtake it (0)
---@field record boolean? keep what crossed, for ladders (true)

---@param options? moonsip.sim.NetworkOptions
---@return moonsip.sim.Network
function sim.network(options) end

---@class moonsip.sim.Packet
---@field from string "192.0.2.9:5060"
---@field to string
---@field text string
---@field lost boolean?

---@class moonsip.sim.Network
---@field filter? fun(packet: moonsip.sim.Packet): boolean|number|nil false loses the packet,
--- a number delays it by so many seconds
---@field log moonsip.sim.Packet[] what was sent, in order
local Network = {}

--- Seconds since the network was made.
---@return number
function Network:now() end

--- Lets so many seconds pass.
---@param seconds number
function Network:run(seconds) end

--- Lets time pass until nothing is on the way and nothing is due now.
function Network:settle() end

--- Calls fn after so many seconds.
---@param seconds number
---@param fn fun()
function Network:after(seconds, fn) end

---@class moonsip.sim.Node
---@field address string "192.0.2.1:5060"
---@field name string?
---@field receive fun(node: moonsip.sim.Node, text: string, from: string)

--- Adds a node of your own.
---@param node moonsip.sim.Node
function Network:add(node) end

--- Sends text from one "ip:port" to another.
---@param from string
---@param to string
---@param text string
function Network:transmit(from, to, text) end

--- Forgets what crossed so far: ladder and expect begin here.
function Network:clear() end

--- What crossed, as a drawing.
---@return string
function Network:ladder() end

--- Raises, with both drawings, unless what crossed is what this one shows.
---@param drawing string
function Network:expect(drawing) end

---@class moonsip.sim.AgentOptions
---@field address string "192.0.2.1:5060"
---@field name string? for ladders and URIs ("agent")
---@field script string? path of the script
---@field delegate moonsip.Script? instead of a script
---@field settings table<string, any>? as for sip.engine
---@field log? fun(level: string, call_id: string, text: string) where log lines go

---@param options moonsip.sim.AgentOptions
---@return moonsip.sim.Agent
function Network:agent(options) end

--- A user agent: the engine, a script, the network's clock.
---@class moonsip.sim.Agent
---@field address string
---@field name string
---@field log { level: string, call_id: string, text: string }[]
local Agent = {}

--- Loads the script again: true, or nil and why nothing changed.
---@return boolean? ok
---@return string? why
function Agent:reload() end

--- What lives now.
---@return { sessions: integer, ending: integer, requests: integer, outgoing: integer,
--- transactions: integer, timers: integer, tasks: integer, pool_bytes: integer }
function Agent:census() end

--- What happened so far, by the name the metrics use.
---@return table<string, integer>
function Agent:counters() end

--- While true nothing can be sent: every attempt is a transport error.
---@param down boolean
function Agent:link_down(down) end

--- The n-th allocation of the engine from now fails; 0 means none.
---@param n integer
---@return integer left of an earlier request: 0 when that one failed
function Agent:fail_after(n) end

--- Ends it without a word to anybody but what on_stop sends.
function Agent:close() end

--- Decides what a phone answers; nil: the usual, false: nothing yet.
---@alias moonsip.sim.OnRequest
---| fun(message: moonsip.sim.Message, call: moonsip.sim.Call?): moonsip.sim.AnswerOptions|false|nil

---@class moonsip.sim.PhoneOptions
---@field address string "192.0.2.9:5060"
---@field name string?
---@field uri string? its Contact and From
---@field on_request? moonsip.sim.OnRequest

---@class moonsip.sim.AnswerOptions
---@field status_code integer
---@field reason_phrase string?
---@field headers string[]?
---@field body string?
---@field contact string|false|nil

---@param options moonsip.sim.PhoneOptions
---@return moonsip.sim.Phone
function Network:phone(options) end

---@class moonsip.sim.RequestOptions
---@field method string?
---@field headers string[]? "Name: value" each
---@field body string|false|nil false: none
---@field content_type string?
---@field contact string|false|nil a URI; false: none
---@field cseq integer? instead of the next one
---@field branch string?
---@field to_tag string|false|nil
---@field ruri string?
---@field retransmit boolean? false: sent once
---@field ack table|false|nil of an INVITE: options of the ACK; false: none by itself
---@field prack table|false|nil of an INVITE: options of the PRACK; false: none by itself

---@class moonsip.sim.InviteOptions: moonsip.sim.RequestOptions
---@field to moonsip.sim.Agent|string
---@field rel100 true|"require"|nil
---@field call_id string?

--- A SIP client for specs.
---@class moonsip.sim.Phone
---@field address string
---@field calls table<string, moonsip.sim.Call>
---@field received moonsip.sim.Message[]
---@field requests moonsip.sim.Message[] requests outside calls
local Phone = {}

--- Calls; without `body` it offers phone:sdp().
---@param options moonsip.sim.InviteOptions
---@return moonsip.sim.Call
function Phone:invite(options) end

--- Sends a request outside a call; `to` and `method` are needed.
---@param options moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Phone:request(options) end

---@class moonsip.sim.SubscribeOptions: moonsip.sim.RequestOptions
---@field to moonsip.sim.Agent|string
---@field event string? value of Event
---@field expires integer?
---@field call_id string?
---@field on_notify? fun(message: moonsip.sim.Message): moonsip.sim.AnswerOptions|false|nil

--- Subscribes, or refers with `method = "REFER"`, and answers NOTIFYs.
---@param options moonsip.sim.SubscribeOptions
---@return moonsip.sim.Watcher
function Phone:subscribe(options) end

--- Sends bytes as they are.
---@param text string
---@param to moonsip.sim.Agent|string
function Phone:send(text, to) end

--- A session description.
---@param options? { version: integer?, port: integer?, direction: string?, media: string? }
---@return string
function Phone:sdp(options) end

--- Answers a request that on_request left open by returning false.
---@param message moonsip.sim.Message
---@param options moonsip.sim.AnswerOptions
function Phone:respond(message, options) end

---@class moonsip.sim.Watcher: moonsip.sim.Call
---@field latest moonsip.sim.Request the latest SUBSCRIBE, or the REFER
---@field notifies moonsip.sim.Message[]
---@field on_notify? fun(message: moonsip.sim.Message): moonsip.sim.AnswerOptions|false|nil
local Watcher = {}

--- Sends SUBSCRIBE again.
---@param options? moonsip.sim.SubscribeOptions
---@return moonsip.sim.Request
function Watcher:subscribe(options) end

--- The same with Expires: 0.
---@param options? moonsip.sim.SubscribeOptions
---@return moonsip.sim.Request
function Watcher:unsubscribe(options) end

--- "active;expires=600" of the latest NOTIFY.
---@return string?
function Watcher:substate() end

---@class moonsip.sim.Call
---@field state "calling"|"early"|"confirmed"|"failed"|"ended"
---@field invite moonsip.sim.Request the first INVITE
---@field response moonsip.sim.Message?
---@field responses moonsip.sim.Message[]
---@field requests moonsip.sim.Message[] what the other side asked
---@field on_request? moonsip.sim.OnRequest
---@field call_id string
---@field local_tag string
---@field remote_tag string?
---@field remote_target string
local Call = {}

---@param options moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:request(options) end

--- A re-INVITE; without `body` it offers phone:sdp().
---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:reinvite(options) end

---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:update(options) end

---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:info(options) end

---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:options(options) end

---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:message(options) end

---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:bye(options) end

---@param response moonsip.sim.Message a reliable provisional response
---@param options? moonsip.sim.RequestOptions
---@return moonsip.sim.Request
function Call:prack(response, options) end

--- Cancels the first INVITE, once a provisional response came.
---@param options? { now: boolean? } now: at once
function Call:cancel(options) end

---@class moonsip.sim.Request
---@field state "trying"|"proceeding"|"completed"|"timed_out"
---@field response moonsip.sim.Message?
---@field responses moonsip.sim.Message[] repeats too
---@field cancel_request moonsip.sim.Request?
local Request = {}

--- The status of the final response, or nil.
---@return integer?
function Request:status() end

--- How many copies of a status came.
---@param status integer
---@return integer
function Request:copies(status) end

--- Sends the same bytes again.
function Request:transmit() end

---@param options? moonsip.sim.RequestOptions
function Request:ack(options) end

---@param options? { now: boolean? }
function Request:cancel(options) end

--- A message as it was seen; fields are found on first use.
---@class moonsip.sim.Message
---@field text string
---@field is_request boolean
---@field method string of a response its CSeq's
---@field status_code integer?
---@field reason_phrase string?
---@field ruri string?
---@field cseq integer
---@field branch string
---@field call_id string
---@field from string
---@field to string
---@field from_tag string?
---@field to_tag string?
---@field contact string? URI text
---@field rseq integer?
---@field body string
---@field has_sdp boolean
---@field label string "INVITE", "200 INVITE"
local Message = {}

--- First value of a header, or nil.
---@param name string
---@return string?
function Message:header(name) end

---@param name string
---@return string[]
function Message:headers(name) end

--- True when the comma list of a header holds this token.
---@param name string
---@param token string
---@return boolean
function Message:lists(name, token) end

return sim
