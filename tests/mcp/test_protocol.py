"""What every revision of the protocol asks of a server, over a pipe."""

import json
import signal

import pytest

from mcp_client import Refused, check, schema_of

TOOLS = ["get-port", "allocate-port", "list-ports", "audit-ports", "port-summary", "release-port",
         "update-port", "create-project", "register-port", "check-port", "list-listeners",
         "port-config", "cleanup-ports", "import-ports"]
READERS = {"list-ports", "audit-ports", "port-summary", "check-port", "list-listeners",
           "port-config"}
PROMPTS = ["port-allocate", "port-list", "port-release", "port-check", "port-config",
           "port-cleanup", "port-register"]


def test_schemas__of_the_protocol_are_there():
    if schema_of("2025-11-25") is None:
        pytest.skip("without ../shared/data/mcp answers are not held against the schemas")


def test_every_revision__is_answered_as_its_schema_says(any_client, shop):
    c = any_client
    assert [t["name"] for t in c.ask("tools/list")["tools"]] == TOOLS
    assert [p["name"] for p in c.ask("prompts/list")["prompts"]] == PROMPTS
    assert c.ask("prompts/get", {"name": "port-allocate",
                                 "arguments": {"project": "shop", "service": "web"}})
    uris = [r["uri"] for r in c.ask("resources/list")["resources"]]
    assert {"portbook://ports", "portbook://policy", "portbook://projects/shop"} <= set(uris)
    for uri in uris:
        (contents,) = c.ask("resources/read", {"uri": uri})["contents"]
        assert contents["uri"] == uri and contents["text"]
    assert c.ask("resources/templates/list")["resourceTemplates"]
    assert c.call("get-port", projectName="shop", serviceName="web")["port"] == 3100
    assert c.refusal("release-port", projectName="shop", serviceName="none")
    assert c.ask("completion/complete", {
        "ref": {"type": "ref/prompt", "name": "port-allocate"},
        "argument": {"name": "project", "value": "sh"}})["completion"] == {
            "values": ["shared-services", "shop"], "hasMore": False}
    assert c.end() == 0


def test_tools_list__says_of_each_tool_all_that_an_agent_needs(client):
    first = client.ask("tools/list")
    for tool in first["tools"]:
        name, takes, gives = tool["name"], tool["inputSchema"], tool["outputSchema"]
        assert tool["title"] and len(tool["description"]) > 40, name
        assert takes["type"] == gives["type"] == "object"
        assert not {"oneOf", "anyOf", "allOf"} & (set(takes) | set(gives))
        assert set(takes["required"]) <= set(takes["properties"])
        assert all(p["description"] for p in takes["properties"].values()), name
        assert all("items" in p for p in takes["properties"].values() if p["type"] == "array")
        assert tool["annotations"]["readOnlyHint"] is (name in READERS), name
        assert tool["annotations"]["destructiveHint"] is (name in ("release-port",
                                                                   "cleanup-ports")), name
        assert tool["annotations"]["openWorldHint"] is False
    required = {t["name"]: t["inputSchema"]["required"] for t in first["tools"]}
    for name in ("get-port", "allocate-port", "release-port", "update-port"):
        assert required[name] == ["projectName", "serviceName"]
    assert required["port-summary"] == ["projectName"]
    assert required["list-ports"] == required["audit-ports"] == []
    assert client.ask("tools/list") == first
    assert len(json.dumps(first)) < 60000


def test_modern_results__say_what_they_are_and_how_long_they_hold(modern, shop):
    for method, params, scope in (
            ("server/discover", {}, "public"), ("tools/list", {}, "public"),
            ("prompts/list", {}, "public"), ("resources/templates/list", {}, "public"),
            ("resources/list", {}, "private"),
            ("resources/read", {"uri": "portbook://ports"}, "private")):
        result = modern.ask(method, params)
        assert result["resultType"] == "complete" and result["cacheScope"] == scope, method
        assert result["ttlMs"] >= 0
        assert result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "portbook"
    for method in ("initialize", "ping", "logging/setLevel", "resources/subscribe", "no/such"):
        with pytest.raises(Refused) as refused:
            modern.ask(method)
        assert refused.value.code == -32601, method


def test_discover_and_then_initialize__are_both_answered_on_one_pipe(connect):
    c = connect("2026-07-28")
    offered = c.ask("server/discover")["supportedVersions"]
    c.version = "2025-06-18"
    assert c.version in offered
    c.initialize()
    assert c.ask("ping") == {}
    c.version = "2026-07-28"
    assert c.ask("tools/list")["resultType"] == "complete"


def test_garbage__is_refused_and_the_next_message_is_answered(client):
    for junk in (b"", b"garbage", b"\xff\xfe\x00", b"\x00" * 100, b"{", b"[1,2]", b"[]", b"null",
                 b'{"jsonrpc":"2.0","id":1,"method":"x\\u0000"}', b"[" * 20000, b"{\"a\":" * 20000,
                 b'"' + b"a" * (1 << 20) + b'"'):
        client.send(junk)
        if junk:
            answer = client.receive()
            assert answer["id"] is None and answer["error"]["code"] in (-32700, -32600), answer
    assert client.ask("ping") == {}
    # A message over several writes, and two in one.
    client.process.stdin.write(b'{"jsonrpc":"2.0","id":"half",')
    client.process.stdin.write(b'"method":"ping"}\r\n{"jsonrpc":"2.0","id":"next","method":"ping"}\n')
    assert [client.receive()["id"] for _ in range(2)] == ["half", "next"]
    assert client.end() == 0


def test_long_messages__are_taken_up_to_a_limit_and_then_passed_over(client):
    said = client.refusal("get-port", projectName="shop", serviceName="a" * (1 << 20))
    assert "longer than" in said
    client.send(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":"' + b"a" * (17 << 20)
                + b'"}}')
    assert client.receive()["error"]["code"] == -32600
    assert client.ask("ping") == {}


def test_pipelined_requests__are_answered_in_their_order(client, shop):
    for n in range(500):
        client.send({"jsonrpc": "2.0", "id": f"n{n}", "method": "tools/call", "params": {
            "name": "get-port", "arguments": {"projectName": "shop", "serviceName": "web"}}})
    for n in range(500):
        answer = client.receive()
        assert answer["id"] == f"n{n}"
        assert answer["result"]["structuredContent"]["port"] == 3100


def test_end_of_input__ends_it_when_all_is_answered(pb):
    asked = "\n".join(json.dumps({"jsonrpc": "2.0", "id": n, "method": "ping"}) for n in range(50))
    run = pb("mcp", input=asked, check=True)  # no newline behind the last
    assert [json.loads(line)["id"] for line in run.out.splitlines()] == list(range(50))
    assert run.err == ""
    assert pb("mcp", input="", check=True).out == ""


def test_answered_allocation__survives_sigkill(connect, pb, shop):
    c = connect()
    port = c.call("allocate-port", projectName="shop", serviceName="api")["port"]
    c.process.send_signal(signal.SIGKILL)
    c.process.wait()
    assert pb.ok("get", "shop/api") == str(port)


def test_book_that_is_put_aside__is_not_written_into_any_more(client, pb, shop):
    web = {"projectName": "shop", "serviceName": "web"}
    assert client.call("get-port", **web)["port"] == 3100
    folder = pb.home / "data" / "portbook"
    folder.rename(folder.with_name("aside"))
    assert "knows no project" in client.refusal("get-port", **web)
    client.call("create-project", projectName="shop")
    assert client.call("get-port", **{**web, "serviceName": "api"})["port"] == 3100
    assert pb.ok("get", "shop/api") == "3100"
    folder.rename(folder.with_name("second"))
    folder.with_name("aside").rename(folder)
    assert client.call("get-port", **web) == {**client.call("get-port", **web), "created": False}
    assert pb.ok("get", "shop/web") == "3100"


def test_reader_that_goes__ends_it_without_a_word_on_stdout(connect):
    c = connect()
    c.process.stdout.close()
    c.send(b'{"jsonrpc":"2.0","id":1,"method":"ping"}\n{"jsonrpc":"2.0","id":2,"method":"ping"}')
    assert c.process.wait(timeout=30) != 0
    assert b"client" in c.process.stderr.read()


def test_progress__is_told_to_who_asks_for_it(client, shop):
    client.ask("tools/call", {"name": "audit-ports", "arguments": {}}, progressToken="p1")
    told = [m["params"] for m in client.told]
    assert told and all(p["progressToken"] == "p1" for p in told)
    steps = [p["progress"] for p in told]
    assert steps == sorted(set(steps)), "it grows with each"
    client.told.clear()
    client.call("audit-ports")
    assert client.told == []


def test_cancelled_request__is_undone_and_not_answered(client, pb, shop):
    rows = "".join(f"| {port} | shop | s{port} |\n" for port in range(10000, 12000))
    content = f"| Port | Project | Service |\n|---|---|---|\n{rows}"
    number = client.last + 1
    # Both are in the pipe before the first is read: what it does is called off while it is done.
    asked = json.dumps({"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {
        "_meta": {"progressToken": 1}, "name": "import-ports",
        "arguments": {"content": content, "format": "md", "dryRun": False}}})
    off = json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled",
                      "params": {"requestId": number}})
    client.last += 1
    client.send(f"{asked}\n{off}".encode())
    assert client.ask("ping") == {}
    assert len(pb.json("list")["ports"]) == 1


def test_resources__that_are_watched_are_told_of_changes_by_others(connect, pb, shop):
    c = connect()
    c.ask("resources/list")
    c.ask("resources/subscribe", {"uri": "portbook://projects/shop"})
    with pytest.raises(Refused):
        c.ask("resources/subscribe", {"uri": "portbook://nothing"})
    pb.ok("get", "shop/api")
    c.take(c.receive())
    pb.ok("project", "add", "other")
    c.take(c.receive())
    assert [(m["method"], m["params"].get("uri")) for m in c.told] == [
        ("notifications/resources/updated", "portbook://projects/shop"),
        ("notifications/resources/list_changed", None)]
    c.ask("resources/unsubscribe", {"uri": "portbook://projects/shop"})
    pb.ok("get", "shop/db")
    pb.ok("project", "add", "third")
    assert c.receive()["method"] == "notifications/resources/list_changed"


def test_subscription__is_acknowledged_tagged_and_ended_by_the_client(modern, pb, shop):
    number = modern.begin("subscriptions/listen", {"notifications": {
        "toolsListChanged": True, "resourcesListChanged": True,
        "resourceSubscriptions": ["portbook://ports"]}})
    modern.take(modern.receive())
    pb.ok("get", "shop/api")
    modern.take(modern.receive())
    tag = {"io.modelcontextprotocol/subscriptionId": number}
    assert [m["params"] for m in modern.told] == [
        {"_meta": tag, "notifications": {"resourcesListChanged": True,
                                         "resourceSubscriptions": ["portbook://ports"]}},
        {"_meta": tag, "uri": "portbook://ports"}]
    modern.notify("notifications/cancelled", {"requestId": number})
    modern.told.clear()
    pb.ok("get", "shop/db")
    modern.call("list-ports")
    assert modern.told == []
    with pytest.raises(Refused) as refused:
        modern.ask("subscriptions/listen")
    assert refused.value.code == -32602


def test_log__has_notices_where_the_client_wants_them(client, modern, shop):
    arguments = {"projectName": "shop", "serviceName": "new", "preferredPort": 4000}
    client.call("get-port", **arguments)
    assert client.told == []
    client.ask("logging/setLevel", {"level": "info"})
    client.call("get-port", **{**arguments, "serviceName": "newer"})
    assert [m["params"]["level"] for m in client.told] == ["notice"]
    modern.ask("tools/call", {"name": "get-port",
                              "arguments": {**arguments, "serviceName": "newest"}},
               **{"io.modelcontextprotocol/logLevel": "debug"})
    assert len(modern.told) == 1
    modern.call("get-port", **{**arguments, "serviceName": "last"})
    assert len(modern.told) == 1


def test_first_answer__makes_no_book(pb):
    run = pb("mcp", input=json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize",
                                      "params": {"protocolVersion": "2025-11-25"}}) + "\n")
    assert run.code == 0 and json.loads(run.out)["id"] == 1
    assert not (pb.home / "data" / "portbook").exists()
    check("2025-11-25", "InitializeResult", json.loads(run.out)["result"])
