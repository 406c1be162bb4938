-- Keeps a thread to a rate: each request has its moment, and one that is early waits for it. wrk itself knows
-- no rate. What it reports as latency begins with the sending, not with the moment.
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } moment; int clock_gettime(int, moment *);")
local at = ffi.new("moment")

local function now()
  ffi.C.clock_gettime(1, at)
  return tonumber(at.s) * 1000 + tonumber(at.ns) / 1e6
end

return function(per_second)
  local apart, due = 1000 / per_second, nil
  return function()
    local clock = now()
    due = math.max((due or clock) + apart, clock - 1000)
    return math.max(0, math.floor(due - clock + 0.5))
  end
end
