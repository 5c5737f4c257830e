-- Lets run.py say with what method, headers and body wrk asks: W_METHOD, W_HEADERS (one a line), W_BODY.
wrk.method = os.getenv("W_METHOD") or "GET"
wrk.body = os.getenv("W_BODY")
for line in string.gmatch(os.getenv("W_HEADERS") or "", "[^\n]+") do
  local name, value = string.match(line, "^([^:]+): (.*)$")
  wrk.headers[name] = value
end
