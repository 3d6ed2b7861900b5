-- engine:attach(uv): runs an engine inside luv's loop.  The engine keeps its
-- own loop; luv only watches that loop's descriptor and its next deadline.
return function(engine, uv)
  local poll = uv.new_poll(engine:fd())
  local timer = uv.new_timer()
  local handle = {}

  function handle.detach()
    if poll then
      poll:close()
      timer:close()
      poll, timer = nil, nil
    end
  end

  local function turn()
    if not poll then
      return
    end
    if not engine:step() then
      return handle.detach()
    end
    local wait = engine:timeout()
    timer:stop()
    if wait then
      timer:start(math.ceil(wait * 1000), 0, turn)
    end
  end

  poll:start("r", turn)
  timer:start(0, 0, turn)
  return handle
end
