-- The two forms, as a browser sends them.
local headers = {["Content-Type"] = "application/x-www-form-urlencoded"}
local countries = {"KR", "US", "JP", "DE", "FR", "BR", "IN", "KE"}
local domains = {"mail.test", "post.test", "gmial.test", "university.test", "xn--bcher-kva.test", "a-long-name-of-a-firm.test"}
local forms = {}

function forms.sign(path, token, who, number)
  local country = countries[number % #countries + 1]
  local body = "form_token=" .. token .. "&name=Ana+Test+" .. number .. "&country=" .. country ..
    "&city=Seoul&comment=&list_name=full&email=" .. who .. number .. "%40" .. domains[number % #domains + 1]
  return wrk.format("POST", path, headers, body)
end

function forms.confirm(token)
  return wrk.format("POST", "/confirm/" .. token, headers, "name=Ana+Test&country=KR&city=&comment=&list_name=full")
end

return forms
