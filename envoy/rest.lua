-- Gives a transcoded answer the shape that REST clients read. What to do stands in the route's metadata:
--   list      the field whose array is the whole answer; next_page_token moves to a header
--   id        the first field of what was created, which makes the answer a 201
--   location  where that is read, up to the id

local function is_json(headers)
  local kind = headers:get("content-type")
  return kind ~= nil and string.sub(kind, 1, 16) == "application/json"
end

-- Users choose the values in the array, so both ends are anchored: inside a JSON string every quote has a backslash,
-- hence `],"next_page_token":"` directly before the end can only be the message's own.
local function unwrap(text, field)
  local head = '^{"' .. field .. '":'
  local items, token = string.match(text, head .. '(%[.*%]),"next_page_token":"([^"]*)"}$')
  if items == nil then
    items = string.match(text, head .. "(%[.*%])}$")
  end
  return items, token
end

local function escape(id)
  return (string.gsub(id, "[^%w%-%._~]", function(c) return string.format("%%%02X", string.byte(c)) end))
end

local function created_id(text, field)
  local head = '^{"' .. field .. '":'
  return string.match(text, head .. '(%-?%d+)[,}]') or string.match(text, head .. '"([^"\\]+)"')
end

function envoy_on_response(handle)
  local headers = handle:headers()
  if not is_json(headers) then return end
  -- What only a gRPC client reads.
  headers:remove("grpc-status")
  headers:remove("grpc-message")
  headers:remove("grpc-accept-encoding")

  local rule = handle:metadata()
  local list, id, location = rule:get("list"), rule:get("id"), rule:get("location")
  if (list == nil and id == nil) or headers:get(":status") ~= "200" then return end

  local body = handle:body()  -- yields: what was taken from the handle before is dead
  if body == nil then return end
  local text = body:getBytes(0, body:length())
  if list ~= nil then
    local items, token = unwrap(text, list)
    if items ~= nil then body:setBytes(items) end
    if token ~= nil and token ~= "" then handle:headers():replace("x-next-page-token", token) end
    return
  end
  local value = created_id(text, id)
  handle:headers():replace(":status", "201")
  if value ~= nil then handle:headers():replace("location", location .. escape(value)) end
end
