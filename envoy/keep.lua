-- Gives a list again for a moment without asking the service. Which and for how long stands in the metadata of the
-- RPC's route:
--   path     where REST reads it, without a slash at the end
--   seconds  how old an answer may get, counted from when it was asked for
-- A change through this port drops what is kept before its caller has the answer, so everybody reads their own writes.
-- All of this is one worker thread's own; Envoy runs with one (services/mesh/process.py). So it is one pod's own, too:
-- who changes something through one pod and then reads from another may get a list that is a second old.

local SELF = "keep"

-- With one of these a caller wants an answer of its own, or has a body that may have to be refused.
local OWN = {
  "authorization", "cookie", "cache-control", "pragma", "content-type", "content-length", "transfer-encoding",
}

local kept = {} -- by path, and only those of the metadata: it cannot grow
local events = 0 -- numbers reads and changes in their order; a clock could be set back
local last_change = 0
local settled = 0 -- when every process of the service has heard of the last change

-- A process hears of what another one changed by a notification, a few milliseconds after the commit. What it answers
-- until then must not be kept for a second.
local SETTLING_MS = 250

local function changed(now)
  kept = {}
  events = events + 1
  last_change = events
  settled = now + SETTLING_MS
end

local function is_plain(headers)
  for _, name in ipairs(OWN) do
    if headers:get(name) ~= nil then return false end
  end
  return true
end

function envoy_on_request(handle)
  local headers = handle:headers()
  local method = headers:get(":method")
  if method == "HEAD" or method == "OPTIONS" then return end
  if method ~= "GET" then
    -- Here, too, for a caller that hangs up and so never gets the answer. What others read before the service is done
    -- with that change may stay for its second.
    changed(handle:timestamp())
    handle:streamInfo():dynamicMetadata():set(SELF, "change", true)
    return
  end
  if not is_plain(headers) then return end
  local path = headers:get(":path")
  if string.sub(path, -1) == "/" then path = string.sub(path, 1, -2) end
  local now = handle:timestamp()
  local entry = kept[path]
  if entry ~= nil and now >= entry.began and now < entry.ends then
    return handle:respond(entry.headers, entry.body)
  end
  events = events + 1
  handle:streamInfo():dynamicMetadata():set(SELF, "read", { path = path, began = now, event = events })
end

function envoy_on_response(handle)
  local call = handle:streamInfo():dynamicMetadata():get(SELF)
  if call == nil then return end
  -- The head of a unary answer comes with its message, so what it changed is committed.
  if call.change then return changed(handle:timestamp()) end

  local read, rule, headers = call.read, handle:metadata(), handle:headers()
  if rule:get("path") ~= read.path or headers:get(":status") ~= "200" then return end
  local ends = read.began + 1000 * rule:get("seconds")
  local head = { [":status"] = "200" }
  for _, name in ipairs({ "content-type", "x-next-page-token" }) do
    head[name] = headers:get(name)
  end

  local body = handle:body() -- yields: meanwhile there may be a change, or the answer to a later read
  local entry = kept[read.path]
  if body == nil or read.event < last_change or read.began < settled then return end
  if entry ~= nil and read.event < entry.event then return end
  local text = body:getBytes(0, body:length())
  kept[read.path] = { headers = head, body = text, began = read.began, ends = ends, event = read.event }
end
