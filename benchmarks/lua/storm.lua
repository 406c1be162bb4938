-- Ten page views, two polls, one signature, one confirmation, over and over. The links to confirm with come
-- from the mails: a file for each thread, which grows while this runs. Arguments: path of the petition, its
-- path in the API, form token, folder of the links, seconds until nobody signs or confirms any more, so that
-- every form that was sent is answered before the end.
dofile("report.lua")
local forms = dofile("forms.lua")
local page, poll, token, file, path, until_, buffer = nil, nil, nil, nil, nil, nil, ""
local turn = 0
local turns = {"v", "v", "p", "v", "v", "s", "v", "v", "v", "p", "v", "v", "c", "v"}
pages, polls, signs, confirms = 0, 0, 0, 0

function init(args)
  page, poll = wrk.format("GET", args[1]), wrk.format("GET", args[2])
  path, token = args[1] .. "/sign", args[3]
  file = io.open(args[4] .. "/links-" .. number, "r")
  until_ = os.time() + tonumber(args[5])
end

local function next_link()
  file:seek("cur", 0) -- forgets that the end was reached: there may be more by now
  local part = file:read("*l")
  if not part then
    return nil
  end
  file:seek("cur", -1)
  if file:read(1) ~= "\n" then -- half a line
    buffer = buffer .. part
    return nil
  end
  part, buffer = buffer .. part, ""
  return part
end

local function form()
  if os.time() >= until_ then
    return nil
  end
  if turns[turn] == "s" then
    signs = signs + 1
    return forms.sign(path, token, "storm." .. number .. ".", signs)
  end
  local link = next_link()
  if link then
    confirms = confirms + 1
    return forms.confirm(link)
  end
end

function request()
  turn = turn % #turns + 1
  local kind = turns[turn]
  if kind == "p" then
    polls = polls + 1
    return poll
  end
  -- The very first request of a thread is a page view: wrk makes one to look at, and does not send it.
  local sent = (kind == "s" or kind == "c") and form()
  if not sent then
    pages = pages + 1
  end
  return sent or page
end
