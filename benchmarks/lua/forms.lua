-- The two forms, as a browser sends them.
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
local countries = {"KR", "US", "JP", "DE", "FR", "BR", "IN", "KE"}
local forms = {}

function forms.sign(path, token, who, number)
  local country = countries[number % #countries + 1]
  local body = "form_token=" .. token .. "&name=Ana+Test+" .. number .. "&country=" .. country ..
    "&city=Seoul&comment=&list_name=full&email=" .. who .. number .. "%40mail.test"
  return wrk.format("POST", path, headers, body)
end

function forms.confirm(token)
  return wrk.format("POST", "/confirm/" .. token, headers, "name=Ana+Test&country=KR&city=&comment=&list_name=full")
end

return forms
