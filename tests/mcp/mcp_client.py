"""A client of `portbook mcp`, which holds each answer against the protocol's own schemas.

Those are read from ../shared/data/mcp, beside the checkout; the project carries no copy. Without
them the answers are still looked at, but not held against them.
"""

import functools
import json
import os
import select
from pathlib import Path

import jsonschema

TOP = Path(__file__).resolve().parent.parent.parent
SCHEMAS = Path(os.environ.get("MCP_SCHEMAS", TOP.parent / "shared" / "data" / "mcp"))

MODERN = "2026-07-28"
OLDER = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]

RESULTS = {"initialize": "InitializeResult", "server/discover": "DiscoverResult",
           "tools/list": "ListToolsResult", "tools/call": "CallToolResult",
           "prompts/list": "ListPromptsResult", "prompts/get": "GetPromptResult",
           "resources/list": "ListResourcesResult", "resources/read": "ReadResourceResult",
           "resources/templates/list": "ListResourceTemplatesResult",
           "completion/complete": "CompleteResult", "ping": "EmptyResult",
           "logging/setLevel": "EmptyResult", "resources/subscribe": "EmptyResult",
           "resources/unsubscribe": "EmptyResult", "subscriptions/listen":
           "SubscriptionsListenResult"}

NOTIFICATIONS = {"notifications/progress": "ProgressNotification",
                 "notifications/message": "LoggingMessageNotification",
                 "notifications/tools/list_changed": "ToolListChangedNotification",
                 "notifications/prompts/list_changed": "PromptListChangedNotification",
                 "notifications/resources/updated": "ResourceUpdatedNotification",
                 "notifications/resources/list_changed": "ResourceListChangedNotification",
                 "notifications/subscriptions/acknowledged":
                 "SubscriptionsAcknowledgedNotification"}


@functools.cache
def schema_of(version):
    path = SCHEMAS / f"{version}.schema.json"
    return json.loads(path.read_text()) if path.exists() else None


def check(version, name, value):
    """`value` is a `name` of this revision."""
    schema = schema_of(version)
    if schema is None:
        return
    place = "$defs" if "$defs" in schema else "definitions"
    whole = {"$ref": f"#/{place}/{name}", place: schema[place]}
    jsonschema.validate(value, whole, cls=jsonschema.Draft7Validator)


class Refused(Exception):
    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.data = error["code"], error.get("data")


class Client:
    """Talks to one process, a line each way."""

    def __init__(self, process, version):
        self.process, self.version, self.last = process, version, 0
        self.told = []  # what came and was no answer

    def send(self, message):
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def receive(self, timeout=30):
        """The next line; None when the other side has closed."""
        ready, _, _ = select.select([self.process.stdout], [], [], timeout)
        assert ready, "no answer"
        line = self.process.stdout.readline()
        assert not line or line.endswith(b"\n")
        return json.loads(line.decode("utf-8")) if line else None

    def meta(self, **more):
        if self.version != MODERN:
            return {"_meta": more} if more else {}
        return {"_meta": {"io.modelcontextprotocol/protocolVersion": MODERN,
                          "io.modelcontextprotocol/clientCapabilities": {},
                          "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
                          **more}}

    def begin(self, method, params=None, **meta):
        """Ask, and go on; the request's id."""
        self.last += 1
        self.send({"jsonrpc": "2.0", "id": self.last, "method": method,
                   "params": {**(params or {}), **self.meta(**meta)}})
        return self.last

    def take(self, message):
        """Something that is no answer."""
        check(self.version, NOTIFICATIONS[message["method"]], message)
        self.told.append(message)

    def wait(self, number, method):
        """The result of that request."""
        while True:
            message = self.receive()
            if "method" not in message:
                break
            self.take(message)
        assert message["jsonrpc"] == "2.0" and message["id"] == number, message
        if "error" in message:
            raise Refused(message["error"])
        check(self.version, RESULTS[method], message["result"])
        return message["result"]

    def ask(self, method, params=None, **meta):
        return self.wait(self.begin(method, params, **meta), method)

    def notify(self, method, params=None):
        self.send({"jsonrpc": "2.0", "method": method, "params": params or {}})

    def call(self, tool, **arguments):
        """What a tool answers; it has to succeed, and to say the same twice."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        assert not result["isError"], result["content"][0]["text"]
        (content,) = result["content"]
        assert json.loads(content["text"]) == result["structuredContent"]
        assert result["structuredContent"]["success"] is True
        return result["structuredContent"]

    def refusal(self, tool, **arguments):
        """What an agent is told; the tool has to refuse."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        assert result["isError"] is True and "structuredContent" not in result
        (content,) = result["content"]
        return content["text"]

    def initialize(self, capabilities=None):
        answer = self.ask("initialize", {
            "protocolVersion": self.version, "capabilities": capabilities or {},
            "clientInfo": {"name": "test", "version": "1"}})
        assert answer["protocolVersion"] == self.version
        self.notify("notifications/initialized")
        return answer

    def end(self):
        """Close our side; its exit status."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        assert rest == b"", rest
        return self.process.wait(timeout=30)


