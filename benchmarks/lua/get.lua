-- One page again and again. Argument: the ETag that the reader has already, if any.
dofile("report.lua")

function init(args)
  if args[1] then
    wrk.headers["If-None-Match"] = args[1]
  end
end
