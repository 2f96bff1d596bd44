"""What portbook's own tools have no use for, and the protocol's core can: another catalogue."""

import pytest

from mcp_client import MODERN, OLDER, TOP, Client, Refused

PROGRAM = TOP / "build" / "tests" / "fixture-pipe"

pytestmark = pytest.mark.skipif(not PROGRAM.exists(), reason="it is built with -Dtests=true only")


@pytest.fixture
def fixtures(pb):
    """fixtures(version, capabilities): a client of the catalogue that the protocol's tests want."""
    def run(version=OLDER[-1], capabilities=None):
        pb.program = PROGRAM
        process = pb.start(text=False, stdin=-1, bufsize=0)
        client = Client(process, version)
        if version != MODERN:
            client.initialize(capabilities)
        return client
    return run


def say(client, name, **more):
    """The text that a tool answers."""
    result = client.ask("tools/call", {"name": name, "arguments": {}, **more})
    return result["content"][0]["text"]


@pytest.mark.parametrize("version", [OLDER[-1], MODERN])
def test_catalogue__of_others_is_served_as_its_schema_says(fixtures, version):
    c = fixtures(version)
    assert len(c.ask("tools/list")["tools"]) == 25
    kinds = {}
    for name in ("test_simple_text", "test_image_content", "test_audio_content",
                 "test_embedded_resource", "test_multiple_content_types", "test_error_handling"):
        result = c.ask("tools/call", {"name": name})
        kinds[name] = [content["type"] for content in result["content"]]
    assert kinds["test_multiple_content_types"] == ["text", "image", "resource"]
    assert result["isError"] is True
    for uri in ("test://static-text", "test://static-binary", "test://template/123/data"):
        assert c.ask("resources/read", {"uri": uri})["contents"][0]["uri"] == uri
    for name in [p["name"] for p in c.ask("prompts/list")["prompts"]][:4]:
        arguments = {"arg1": "a", "arg2": "b", "resourceUri": "test://x"}
        assert c.ask("prompts/get", {"name": name, "arguments": arguments})["messages"]


def test_request_of_the_server__is_answered_by_the_client(fixtures):
    c = fixtures(capabilities={"sampling": {}, "elicitation": {}})
    number = c.begin("tools/call", {"name": "test_sampling", "arguments": {"prompt": "Hi"}})
    asked = c.receive()
    assert asked["method"] == "sampling/createMessage"
    assert asked["params"]["messages"][0]["content"]["text"] == "Hi"
    c.send({"jsonrpc": "2.0", "id": asked["id"], "result": {
        "role": "assistant", "model": "m", "content": {"type": "text", "text": "Hello"}}})
    assert c.wait(number, "tools/call")["content"][0]["text"] == "LLM response: Hello"
    number = c.begin("tools/call", {"name": "test_elicitation", "arguments": {"message": "Who?"}})
    asked = c.receive()
    assert asked["params"]["message"] == "Who?"
    c.send({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -1, "message": "no"}})
    assert c.wait(number, "tools/call")["isError"] is True


def test_client_without_the_capability__is_not_asked(fixtures):
    assert fixtures().ask("tools/call", {"name": "test_sampling"})["isError"] is True
    with pytest.raises(Refused) as refused:
        say(fixtures(MODERN), "test_missing_capability")
    assert refused.value.code == -32021
    assert refused.value.data == {"requiredCapabilities": {"sampling": {}}}


def test_log_and_progress__come_before_the_answer_to_who_wants_them(fixtures):
    c = fixtures()
    assert say(c, "test_tool_with_logging") and c.told == []
    c.ask("logging/setLevel", {"level": "info"})
    c.ask("tools/call", {"name": "test_tool_with_logging"})
    assert [m["params"]["data"] for m in c.told] == [
        "Tool execution started", "Tool processing data", "Tool execution completed"]
    c.told.clear()
    c.ask("tools/call", {"name": "test_tool_with_progress"}, progressToken=7)
    assert [(m["params"]["progress"], m["params"]["total"]) for m in c.told] == [
        (0, 100), (50, 100), (100, 100)]


CAPABLE = {"elicitation": {}, "sampling": {}, "roots": {}}
ELICITED = {"action": "accept", "content": {"name": "Eva"}}


def require(client, name, capabilities=None, **params):
    """The whole result of a tool that may require input."""
    meta = {"io.modelcontextprotocol/clientCapabilities": CAPABLE if capabilities is None
            else capabilities}
    number = client.begin("tools/call", {"name": name, "arguments": {}, **params}, **meta)
    answer = client.receive()
    assert answer["id"] == number
    return answer.get("result") or answer["error"]


def test_answer_that_requires_input__goes_on_when_all_of_it_is_there(fixtures):
    c = fixtures(MODERN)
    name = "test_input_required_result_elicitation"
    asked = require(c, name)
    assert asked["resultType"] == "input_required" and list(asked["inputRequests"]) == ["user_name"]
    for wrong in ({"other": {}}, {"user_name": 7}, []):
        assert require(c, name, inputResponses=wrong) == asked
    done = require(c, name, inputResponses={"user_name": ELICITED, "more": {}})
    assert done["resultType"] == "complete" and "Hello, Eva!" in done["content"][0]["text"]


def test_state_of_a_request__comes_back_unchanged_or_is_refused(fixtures):
    c = fixtures(MODERN)
    name = "test_input_required_result_multi_round"
    first = require(c, name)
    second = require(c, name, requestState=first["requestState"],
                     inputResponses={"step1": ELICITED})
    assert list(second["inputRequests"]) == ["step2"]
    assert second["requestState"] != first["requestState"]
    done = require(c, name, requestState=second["requestState"],
                   inputResponses={"step2": ELICITED})
    assert "state-ok" in done["content"][0]["text"]
    refused = require(c, name, requestState=first["requestState"] + "x",
                      inputResponses={"step1": ELICITED})
    assert refused["code"] == -32602


def test_input__is_only_asked_of_who_can_give_it(fixtures):
    c = fixtures(MODERN)
    asked = require(c, "test_input_required_result_capabilities", capabilities={"sampling": {}})
    assert list(asked["inputRequests"]) == ["greeting"]


def test_lists_that_change__are_told_to_who_asked_for_them(fixtures):
    c = fixtures(MODERN)
    only_prompts = c.begin("subscriptions/listen", {"notifications": {"promptsListChanged": True}})
    both = c.begin("subscriptions/listen", {"notifications": {
        "promptsListChanged": True, "toolsListChanged": True}})
    assert [c.receive()["params"]["_meta"] for _ in range(2)]
    say(c, "test_trigger_tool_change")
    told = c.receive()
    assert told["method"] == "notifications/tools/list_changed"
    assert told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] == both
    say(c, "test_trigger_prompt_change")
    tags = [c.receive()["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"]
            for _ in range(2)]
    assert sorted(tags) == [only_prompts, both]
    older = fixtures()
    say(older, "test_trigger_tool_change")
    assert older.receive()["method"] == "notifications/tools/list_changed"
