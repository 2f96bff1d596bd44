-- What wrk asks of `portbook serve` and of its peers.
--
-- usage: wrk ... -s serve.lua URL -- WAY PROJECTS [HEADER VALUE]
--
--   get    existing services: GET, of as many services as there are projects
--   new    services that are not there yet, each by a PUT; each thread has projects of its own
--   mcp    POST to /mcp; PROJECTS is the body

local threads, made = 0, {}
local json = { ["Content-Type"] = "application/json" }

function setup(thread)
	thread:set("number", threads)
	threads = threads + 1
	made[threads] = thread
end

local ways = {}

function ways.get(n)
	local project = n % projects
	local path = string.format("/api/v1/projects/p%d/services/s%02d", project, project * 10 % 100)
	return wrk.format("GET", path)
end

-- One of each of its projects, then the next of each: TCP first, then UDP.
function ways.new(n)
	local half = projects / 2
	local project, service = number * half + n % half, math.floor(n / half)
	local path = string.format("/api/v1/projects/p%d/services/n%d", project, service)
	local body = service < 99 and "{}" or '{"protocol":"udp"}'
	return wrk.format("PUT", path, json, body)
end

function ways.mcp(n)
	return wrk.format("POST", "/mcp", json, body)
end

function init(args)
	way, count, refused = ways[args[1]], 0, 0
	body, projects = args[2], tonumber(args[2])
	if args[1] == "mcp" then
		json["Accept"] = "application/json, text/event-stream"
	end
	if args[3] then
		json[args[3]] = args[4]
	end
end

function request()
	count = count + 1
	return way(count - 1)
end

function response(status)
	if status >= 300 then
		refused = refused + 1
	end
end

function done(summary)
	local sum, errors = 0, summary.errors
	for _, thread in ipairs(made) do
		sum = sum + thread:get("refused")
	end
	print(string.format("requests_per_s %.3f", summary.requests / summary.duration * 1e6))
	print(string.format("refused %d", sum + errors.connect + errors.read + errors.write + errors.timeout))
end
