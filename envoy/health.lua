-- Answers /health of the gateway: of each service whether a process of it lives, and whether one is ready, as Envoy's
-- own health checks see it. The admin interface is asked for it, which nobody else reaches through this port, and at
-- most once a second, however many ask.

local KEPT_MS = 1000
local READY = "_ready" -- what services/mesh/clusters.py adds to the name of the cluster that asks for that

local answer = nil -- the last one
local asked = 0 -- when it was asked for

-- Of each cluster whether any of its hosts is healthy. A line is `thresholds::127.0.0.1:50051::health_flags::healthy`.
local function healthy_clusters(text)
  local found = {}
  for cluster, rest in string.gmatch(text, "([%w_]+)::([^\n]*)") do
    local flags = string.match(rest, "::health_flags::(.*)$")
    found[cluster] = found[cluster] or flags == "healthy"
  end
  return found
end

local function answer_of(text)
  local healthy, names = healthy_clusters(text), {}
  for cluster in pairs(healthy) do
    if string.sub(cluster, -#READY) == READY then table.insert(names, string.sub(cluster, 1, -#READY - 1)) end
  end
  table.sort(names)
  local all_alive, all_ready, parts = #names > 0, true, {}
  for i, name in ipairs(names) do
    local alive = healthy[name] == true
    local ready = alive and healthy[name .. READY]
    all_alive, all_ready = all_alive and alive, all_ready and ready
    parts[i] = string.format('"%s":{"alive":%s,"ready":%s}', name, tostring(alive), tostring(ready))
  end
  local word = all_alive and all_ready and "ok" or "degraded"
  return {
    status = all_alive and "200" or "503",
    body = string.format('{"status":"%s","services":{%s}}', word, table.concat(parts, ",")),
  }
end

local function is_asked_for(path)
  return path == "/health" or path == "/health/" or string.match(path, "^/health/?%?") ~= nil
end

function envoy_on_request(handle)
  if not is_asked_for(handle:headers():get(":path")) then return end
  local now = handle:timestamp()
  -- Who comes while another one's question is under way gets the answer before it; a clock may be set back.
  if answer == nil or now - asked >= KEPT_MS or now < asked then
    asked = now
    local headers, text = handle:httpCall(
      "admin", { [":method"] = "GET", [":path"] = "/clusters", [":authority"] = "admin" }, "",
      -- No trace tells of it: it would name an address of the inside.
      { timeout_ms = 1000, trace_sampled = false }
    )
    answer = answer_of(headers[":status"] == "200" and text or "")
  end
  handle:respond({ [":status"] = answer.status, ["content-type"] = "application/json" }, answer.body)
end
