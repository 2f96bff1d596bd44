"""/mcp: what is of HTTP; the protocol itself has its tests in tests/mcp and tests/unit/mcp."""

import http.client
import json
import signal
import sqlite3

import pytest

NEWEST = "2026-07-28"
META = {"io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": {}}


def post(served, message, headers=None, over="tcp"):
    body = message if isinstance(message, (str, bytes)) else json.dumps(message)
    return served.ask("POST", "/mcp", body, headers=headers, over=over)


def call(served, tool, arguments, **options):
    answer = post(served, {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                           "params": {"name": tool, "arguments": arguments}}, **options)
    assert answer.status == 200, answer
    return answer.json["result"]


def test_mcp__initialize_and_list_of_tools(served):
    answer = post(served, {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"}}})
    assert answer.headers["Content-Type"] == "application/json"
    assert "Mcp-Session-Id" not in answer.headers
    assert answer.json["result"]["protocolVersion"] == "2025-11-25"
    done = post(served, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (done.status, done.bytes) == (202, b"")
    tools = post(served, {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}).json["result"]
    assert "get-port" in [t["name"] for t in tools["tools"]]


def test_mcp__keys_are_exact(served):
    """A JSON library that folds case takes what another one, before it, has passed over."""
    good = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert post(served, good).status == 200
    for key in good:
        wrong = {(k.upper() if k == key else k): v for k, v in good.items()}
        answer = post(served, wrong)
        assert answer.status == (202 if key == "id" else 400), (key, answer)
    assert call(served, "get-port", {"ProjectName": "shop", "serviceName": "web"})["isError"]
    nul = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
        "name": "get-port", "arguments": {"projectName": "shop\0x", "serviceName": "web"}}}
    assert post(served, nul).status == 400


def test_mcp__a_tool_changes_the_book_and_says_who_asked(shop):
    said = call(shop, "get-port", {"projectName": "shop", "serviceName": "api"})
    assert said["structuredContent"]["port"] == 3101
    event = shop.ok("GET", "/api/v1/history")["events"][-1]
    assert (event["subject"], event["actor"]) == ("shop/api", "someone at 127.0.0.1")


def test_mcp__refusals_are_answers(shop):
    said = call(shop, "release-port", {"projectName": "shop", "serviceName": "nothing"})
    assert said["isError"] is True


def modern(method, **params):
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": META}}


def test_mcp__newest_revision_holds_headers_against_the_message(shop):
    message = modern("tools/call", name="get-port",
                     arguments={"projectName": "shop", "serviceName": "web"})
    headers = {"MCP-Protocol-Version": NEWEST, "Mcp-Method": "tools/call", "Mcp-Name": "get-port"}
    answer = post(shop, message, headers)
    assert answer.status == 200 and answer.json["result"]["structuredContent"]["port"] == 3100
    for name in headers:
        wrong = post(shop, message, {**headers, name: "other"})
        assert (wrong.status, wrong.json["error"]["code"]) == (400, -32020), name
    gone = post(shop, modern("ping"), {"MCP-Protocol-Version": NEWEST, "Mcp-Method": "ping"})
    assert (gone.status, gone.json["error"]["code"]) == (404, -32601)


def test_mcp__what_is_no_message_is_400(served):
    for body, code in ((b"{", -32700), (b"[]", -32600), (b"\xff", -32700), (b"", -32700)):
        answer = post(served, body)
        assert (answer.status, answer.json["error"]["code"]) == (400, code), body


def test_mcp__takes_post_alone(served):
    for method in ("GET", "DELETE", "PUT"):
        answer = served.ask(method, "/mcp", over="tcp")
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
    assert served.ask("GET", "/.well-known/oauth-protected-resource", over="tcp").status == 404


def test_mcp__of_another_site_is_refused(served):
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert post(served, message, {"Origin": "https://evil.example"}).status == 403
    assert post(served, message, {"Origin": "null"}).status == 403
    assert post(served, message, {"Content-Type": "text/plain"}).status == 415


def test_mcp__long_messages_are_taken(shop):
    said = call(shop, "update-port", {"projectName": "shop", "serviceName": "web",
                                      "description": "x" * 1000000})
    assert said["isError"] is True


STREAM = {"Accept": "application/json, text/event-stream"}


def messages(text):
    """The messages of a whole stream."""
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines()
            if line.startswith("data: ")]


def test_mcp__progress_and_log_come_before_the_answer_to_who_takes_events(shop):
    message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "audit-ports", "arguments": {}, "_meta": {"progressToken": "p"}}}
    assert post(shop, message).headers["Content-Type"] == "application/json"
    answer = post(shop, message, STREAM)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/event-stream")
    *before, last = messages(answer.bytes.decode())
    assert before and {m["method"] for m in before} == {"notifications/progress"}
    assert last["id"] == 7 and last["result"]["isError"] is False
    plain = {**message, "params": {"name": "audit-ports", "arguments": {}}}
    assert post(shop, plain, STREAM).headers["Content-Type"] == "application/json"


class Auditing:
    """A client that waits for an audit, and is told how far that is: the book's lock is another's,
    so that the audit cannot end before `release`."""

    def __init__(self, served, pb, after=(), **headers):
        """With `after`, messages, it is the first of a batch."""
        book = sqlite3.connect(pb.home / "data" / "portbook" / "book.db", isolation_level=None)
        book.execute("BEGIN IMMEDIATE")
        self.lock = book
        self.connection = served.connection("tcp")
        message = {"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
            "name": "audit-ports", "arguments": {}, "_meta": {"progressToken": "p"}}}
        self.connection.request("POST", "/mcp", json.dumps([message, *after] if after else message),
                                {**STREAM, **headers, "Content-Type": "application/json"})
        self.reply = self.connection.getresponse()

    def next(self):
        while line := self.reply.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None

    def is_cut_off(self):
        """Once it is: the answer has not come to its end."""
        try:
            self.reply.read()
        except (http.client.IncompleteRead, ConnectionError):
            return True
        return False

    def release(self):
        self.lock.execute("ROLLBACK")
        self.lock.close()


def test_mcp__progress_is_told_while_the_call_goes_on(shop, pb):
    audit = Auditing(shop, pb)
    first = audit.next()
    assert (first["method"], first["params"]["progressToken"]) == ("notifications/progress", "p")
    audit.release()
    *more, last = iter(audit.next, None)
    assert {m["method"] for m in more} <= {"notifications/progress"}
    assert last["id"] == 7 and last["result"]["isError"] is False


def test_mcp__a_stop_finishes_what_tells_how_far_it_is(shop, pb):
    audit = Auditing(shop, pb)
    audit.next()
    shop.process.send_signal(signal.SIGTERM)
    audit.release()
    *_, last = iter(audit.next, None)
    assert last["id"] == 7
    assert shop.process.wait(timeout=30) == 0


def test_mcp__who_leaves_in_the_middle_does_no_harm(shop, pb):
    audit = Auditing(shop, pb)
    audit.next()
    audit.reply.close()
    audit.connection.close()
    assert shop.ok("GET", "/api/v1/status")["success"]
    audit.release()
    assert call(shop, "audit-ports", {})["isError"] is False


@pytest.mark.sanitize
def test_mcp__who_is_cut_off_in_the_middle_of_a_batch_does_no_harm(serve, pb, token):
    """The message at hand is held against the headers, which went with the connection, and is the last."""
    pb.ok("get", "shop/web", "--create")
    eva, boss = token("eva"), token("boss")
    served = serve("--tokens", pb.base / "tokens")
    calls = [{"jsonrpc": "2.0", "id": n, "method": "tools/call", "params": {
        "name": "create-project", "arguments": {"projectName": f"p{n}"}}} for n in range(3)]
    audit = Auditing(served, pb, calls, **eva, **{"MCP-Protocol-Version": "2025-03-26"})
    assert audit.next()["method"] == "notifications/progress"
    pb.ok("token", "remove", "eva", "--tokens", pb.base / "tokens")
    assert audit.is_cut_off()
    # Who has had turns of its own since then has noticed.
    for _ in range(3):
        assert served.ask("GET", "/healthz").status == 200
    audit.release()
    assert call(served, "audit-ports", {}, headers=boss)["isError"] is False
    listed = served.ask("GET", "/api/v1/projects", headers=boss).json["projects"]
    names = [p["projectName"] for p in listed]
    assert "shop" in names and "p0" not in names, "what came after it was not begun"


class Listening:
    """A client of subscriptions/listen."""

    def __init__(self, served, **notifications):
        message = modern("subscriptions/listen", notifications=notifications)
        self.connection = served.connection("tcp")
        self.connection.request("POST", "/mcp", json.dumps(message), {
            **STREAM, "Content-Type": "application/json", "MCP-Protocol-Version": NEWEST,
            "Mcp-Method": "subscriptions/listen"})
        self.reply = self.connection.getresponse()
        assert self.reply.status == 200, self.reply.read()
        assert self.reply.headers["Content-Type"] == "text/event-stream"

    def next(self):
        while line := self.reply.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None


def test_mcp__who_listens_is_told_of_what_it_asked_for(shop, pb):
    events = Listening(shop, resourcesListChanged=True,
                       resourceSubscriptions=["portbook://projects/shop"])
    first = events.next()
    assert first["method"] == "notifications/subscriptions/acknowledged"
    assert first["params"]["notifications"] == {
        "resourcesListChanged": True, "resourceSubscriptions": ["portbook://projects/shop"]}
    call(shop, "create-project", {"projectName": "other"})
    assert events.next()["method"] == "notifications/resources/list_changed"
    pb.ok("get", "shop/api")  # another process
    told = events.next()
    assert (told["method"], told["params"]["uri"]) == ("notifications/resources/updated",
                                                       "portbook://projects/shop")
    assert told["params"]["_meta"] == {"io.modelcontextprotocol/subscriptionId": 1}


def test_mcp__who_listens_hears_of_the_end(shop):
    events = Listening(shop, resourcesListChanged=True)
    assert events.next()["method"] == "notifications/subscriptions/acknowledged"
    shop.process.send_signal(signal.SIGTERM)
    last = events.next()
    assert last["id"] == 1 and last["result"]["resultType"] == "complete"
    assert events.next() is None


def test_mcp__listening_without_a_stream_is_refused(shop):
    answer = post(shop, modern("subscriptions/listen", notifications={}), {
        "MCP-Protocol-Version": NEWEST, "Mcp-Method": "subscriptions/listen"})
    assert answer.json["error"]["code"] == -32600
