"""An agent that is asked something in the middle of its request to /mcp.

None of portbook's own tools asks over HTTP, so these are the tools of the protocol's own tests, on
the code that portbook serves agents with.
"""

import http.client
import json
import signal
from pathlib import Path

import pytest

PORT = 3999
STREAM = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}



class Server:
    def __init__(self, pb, *words):
        program = Path(pb.program).parent / "tests" / "conformance-server"
        if not program.exists():
            pytest.skip("it is built with -Dtests=true only")
        pb.program = program
        self.process = pb.start(str(PORT), *words)
        assert self.process.stdout.readline() == "listening\n", self.process.stderr.read()

    def begin(self, message, headers=None):
        """The connection, and the reply, which may be a stream."""
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
        connection.request("POST", "/mcp", json.dumps(message), {**STREAM, **(headers or {})})
        return connection, connection.getresponse()

    def answer(self, number, headers=None, **more):
        _, reply = self.begin({"jsonrpc": "2.0", "id": number, **more}, headers)
        assert (reply.status, reply.read()) == (202, b"")


@pytest.fixture
def server(pb):
    """server(*words): one that ends with the test."""
    return lambda *words: Server(pb, *words)


def tool(name, **arguments):
    return {"jsonrpc": "2.0", "id": 7, "method": "tools/call",
            "params": {"name": name, "arguments": arguments}}


class Call:
    """One call in a stream."""

    def __init__(self, server, message, headers=None):
        self.connection, self.reply = server.begin(message, headers)
        assert (self.reply.status, self.reply.headers["Content-Type"]) == (
            200, "text/event-stream"), self.reply.read()

    def next(self):
        while line := self.reply.readline():
            if line.startswith(b"data: "):
                return json.loads(line[6:])
        return None

    def close(self):
        self.reply.close()
        self.connection.close()


def said(answer):
    assert answer["id"] == 7
    return answer["result"]["content"][0]["text"]


ACCEPTED = {"result": {"action": "accept", "content": {"username": "eva", "email": "e@x.example"}}}
NOT_ANSWERED = "The client did not answer."


def test_asked__in_the_stream_and_answered_by_another_request(server):
    s = server()
    call = Call(s, tool("test_elicitation", message="Who?"))
    asked = call.next()
    assert (asked["method"], asked["params"]["message"]) == ("elicitation/create", "Who?")
    s.answer(asked["id"], **ACCEPTED)
    assert said(call.next()).startswith("User response: action=accept, content={")
    assert call.next() is None


def test_asked__nobody_else_waits_meanwhile(server):
    s = server()
    calls = [Call(s, tool("test_sampling", prompt=f"{n}")) for n in range(3)]
    asked = [c.next() for c in calls]
    assert len({a["id"] for a in asked}) == 3
    _, other = s.begin(tool("test_simple_text"))
    assert "simple text" in said(json.loads(other.read()))
    for n in (2, 0, 1):
        assert asked[n]["params"]["messages"][0]["content"]["text"] == str(n)
        s.answer(asked[n]["id"], result={"role": "assistant", "model": "m",
                                         "content": {"type": "text", "text": f"{n}!"}})
        assert said(calls[n].next()) == f"LLM response: {n}!"


def test_asked__who_refuses_or_is_not_able_to_is_asked_once(server):
    s = server()
    call = Call(s, tool("test_elicitation"))
    s.answer(call.next()["id"], error={"code": -32601, "message": "Method not found"})
    answer = call.next()
    assert said(answer) == NOT_ANSWERED and answer["result"]["isError"] is True


def test_asked__an_answer_to_nobody_is_passed_over(server):
    s = server()
    call = Call(s, tool("test_elicitation"))
    number = call.next()["id"]
    for wrong in ("portbook-1", number[:-1], 1, "", number + "0"):
        s.answer(wrong, **ACCEPTED)
    # The right one, but of a request of ours, not of theirs.
    _, reply = s.begin({"jsonrpc": "2.0", "id": number, "method": "ping"})
    assert json.loads(reply.read())["result"] == {}
    s.answer(number, **ACCEPTED)
    assert "action=accept" in said(call.next())
    s.answer(number, **ACCEPTED)  # too late


def test_asked__without_a_stream_nobody_is(server):
    _, reply = server().begin(tool("test_elicitation"), {"Accept": "application/json"})
    assert reply.headers["Content-Type"] == "application/json"
    assert said(json.loads(reply.read())) == NOT_ANSWERED


def test_asked__in_a_batch_nobody_is(server):
    """What has been done before it would be done again."""
    _, reply = server().begin([tool("test_simple_text"), tool("test_sampling")])
    first, second = json.loads(reply.read())
    assert "simple text" in said(first) and said(second) == NOT_ANSWERED


@pytest.mark.sanitize
def test_asked__who_never_answers_is_waited_for_so_long_and_no_longer(server):
    answer = Call(server("1"), tool("test_elicitation"))
    assert answer.next()["method"] == "elicitation/create"
    assert said(answer.next()) == NOT_ANSWERED


@pytest.mark.sanitize
def test_asked__who_leaves_meanwhile_does_no_harm(server):
    s = server()
    call = Call(s, tool("test_elicitation"))
    number = call.next()["id"]
    call.close()
    s.answer(number, **ACCEPTED)
    _, other = s.begin(tool("test_simple_text"))
    assert "simple text" in said(json.loads(other.read()))


@pytest.mark.sanitize
def test_asked__a_stop_waits_for_no_answer(server):
    s = server()
    call = Call(s, tool("test_elicitation"))
    call.next()
    s.process.send_signal(signal.SIGTERM)
    assert said(call.next()) == NOT_ANSWERED
    assert call.next() is None and s.process.wait(timeout=30) == 0


@pytest.mark.sanitize
def test_asked__what_is_required_step_by_step_is_asked_so(server):
    """The tool says what it requires as the newest revision has it; it is run again each time."""
    s = server()
    call = Call(s, tool("test_input_required_result_multi_round"))
    for step, content in (("Step 1", {"name": "Eva"}), ("Step 2", {"color": "red"})):
        asked = call.next()
        assert asked["params"]["message"].startswith(step)
        s.answer(asked["id"], result={"action": "accept", "content": content})
    assert "state-ok" in said(call.next())
    call = Call(s, tool("test_input_required_result_multiple_inputs"))
    asked = {a["method"]: a["id"] for a in (call.next(), call.next(), call.next())}
    for method, result in (("roots/list", {"roots": []}), ("elicitation/create", {
            "action": "accept", "content": {"name": "Eva"}}), ("sampling/createMessage", {
                "role": "assistant", "model": "m", "content": {"type": "text", "text": "x"}})):
        s.answer(asked[method], result=result)
    assert said(call.next()).startswith("Hello, Eva!")


def test_asked__again_for_what_was_refused_is_the_end(server):
    s = server()
    call = Call(s, tool("test_input_required_result_elicitation"))
    s.answer(call.next()["id"], error={"code": -1, "message": "no"})
    error = call.next()["error"]
    assert error["code"] == -32603 and "elicitation/create" in error["message"]


def test_asked__nobody_answers_for_another(pb, server, token):
    eva, bob = token("eva"), token("bob")
    s = server("60000", str(pb.base / "tokens"))
    call = Call(s, tool("test_elicitation"), eva)
    number = call.next()["id"]
    s.answer(number, bob, **{"result": {"action": "cancel"}})
    s.answer(number, eva, **ACCEPTED)
    assert "action=accept" in said(call.next())
