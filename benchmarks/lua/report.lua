-- Numbers the threads, and prints what wrk measured as one line of JSON.
local threads = {}

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

local function total(name)
  local sum = 0
  for _, thread in ipairs(threads) do
    sum = sum + (thread:get(name) or 0)
  end
  return sum
end

function done(summary, latency, _)
  local e = summary.errors
  io.write(string.format(
    '\nREPORT {"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p99": %f, "statuses": %d, "sockets": %d, ' ..
    '"pages": %d, "polls": %d, "signs": %d, "confirms": %d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout,
    total("pages"), total("polls"), total("signs"), total("confirms")))
end
