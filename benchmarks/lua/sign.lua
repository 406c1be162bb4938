-- Signs with a new address each time. Arguments: the page's form token, a word for the addresses of this run.
dofile("report.lua")
local forms = dofile("forms.lua")
local token, who
signs = 0

function init(args)
  token, who = args[1], args[2] .. "." .. number .. "."
end

function request()
  signs = signs + 1
  return forms.sign(wrk.path, token, who, signs)
end
