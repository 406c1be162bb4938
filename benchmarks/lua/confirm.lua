-- Uses each link of a file once. Arguments: the file, the number of threads, requests a second of all together
-- (0: as many as it can). A thread whose links are used up asks for one that is not there, which is an error.
dofile("report.lua")
local forms = dofile("forms.lua")
local pace = dofile("pace.lua")
local links, used = {}, 0
confirms = 0

function init(args)
  local line = 0
  for link in io.lines(args[1]) do
    if line % tonumber(args[2]) == number then
      links[#links + 1] = link
    end
    line = line + 1
  end
  if tonumber(args[3]) > 0 then
    delay = pace(tonumber(args[3]) / tonumber(args[2]))
  end
end

function request()
  used = used + 1
  confirms = confirms + 1
  return forms.confirm(links[used] or "used-up")
end
