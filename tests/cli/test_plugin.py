"""contrib/claude-code: the plug-in is whole, and what it names is there and runs."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

PLUGIN = Path(__file__).resolve().parents[2] / "contrib/claude-code"
NAMES = ["port-allocate", "port-check", "port-cleanup", "port-config", "port-list",
         "port-register", "port-release"]
TEXTS = [f"commands/{name}.md" for name in NAMES] + ["skills/ports/SKILL.md", "README.md"]

# What stands for what a person says.
WORDS = {"SERVICE": "web", "PROJECT": "shop", "TYPE": "web", "PORT": "3100", "FORMAT": "dotenv",
         "PROJECT/SERVICE": "shop/web"}


def read_json(name):
    return json.loads((PLUGIN / name).read_text())


def front_matter(name):
    """The members between the first two lines of dashes."""
    head = (PLUGIN / name).read_text().split("---\n")[1]
    return dict(line.split(": ", 1) for line in head.splitlines())


def commands_of(name):
    """Each `portbook ...` of a text, with words of ours in place of what a person says."""
    text = (PLUGIN / name).read_text()
    found = re.findall(r"`(portbook [^`\n]+)`", text)
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL):
        found += re.findall(r"^portbook .*$", block, re.MULTILINE)
        found += re.findall(r"\$\((portbook [^)]*)\)", block)
    return [[WORDS.get(word, word) for word in shlex.split(line)[1:]] for line in found]


@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    return path


# Denials, questions and servers are no failures here.
MAY_LEAVE_WITH = {"audit": (0, 1), "check": (0, 1)}
# These need a terminal, or write outside of the project.
NOT_RUN = {("mcp",), ("free", "3100"), ("mcp", "install", "claude-code"),
           ("hook", "check-command"), ("release",)}


@pytest.mark.parametrize("name", TEXTS)
def test_commands__that_a_text_names_run(name, pb, shop):
    for words in commands_of(name):
        command = words[:1] if words[0] != "hook" else words[:2]
        assert pb("help", *command).code == 0, words
        if tuple(words) in NOT_RUN:
            continue
        run = pb(*words, cwd=shop)
        assert run.code in MAY_LEAVE_WITH.get(words[0], (0,)), run


def test_texts__name_commands_at_all():
    for name in TEXTS:
        assert commands_of(name), name


@pytest.mark.parametrize("name", NAMES)
def test_command__says_what_it_does_and_may_run_what_it_names(name, pb):
    head = front_matter(f"commands/{name}.md")
    assert set(head) == {"description", "argument-hint", "allowed-tools"}
    assert len(head["description"]) <= 100
    allowed = re.findall(r"Bash\(portbook ([^:)]+):\*\)", head["allowed-tools"])
    assert ", ".join(f"Bash(portbook {words}:*)" for words in allowed) == head["allowed-tools"]
    named = [" ".join(words) for words in commands_of(f"commands/{name}.md")]
    for words in allowed:
        assert pb("help", words.split()[0]).code == 0
        assert any(line.startswith(words) for line in named), words


def test_commands__that_take_away_are_not_run_without_a_question():
    for name in NAMES:
        allowed = front_matter(f"commands/{name}.md")["allowed-tools"]
        assert "release" not in allowed and "free" not in allowed
        assert "cleanup" not in allowed.replace("cleanup --dry-run", "").replace(
            "cleanup --report", "")


def test_commands__are_those_of_the_prompts(pb):
    messages = [{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"}}},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "prompts/list"}]
    run = pb("mcp", input="".join(json.dumps(m) + "\n" for m in messages), check=True)
    answers = [json.loads(line) for line in run.out.splitlines()]
    prompts = next(a["result"]["prompts"] for a in answers if a.get("id") == 2)
    assert sorted(prompt["name"] for prompt in prompts) == NAMES
    assert sorted(path.stem for path in (PLUGIN / "commands").glob("*")) == NAMES


def test_manifest__has_a_name_and_our_version(pb):
    manifest = read_json(".claude-plugin/plugin.json")
    assert re.fullmatch(r"[a-z][a-z0-9-]*", manifest["name"])
    assert manifest["version"] in pb.ok("version")
    market = read_json(".claude-plugin/marketplace.json")
    assert [plugin["name"] for plugin in market["plugins"]] == [manifest["name"]]
    assert (PLUGIN / market["plugins"][0]["source"]).resolve() == PLUGIN
    # Nothing but manifests is looked for in that folder.
    assert {path.name for path in (PLUGIN / ".claude-plugin").iterdir()} == \
        {"plugin.json", "marketplace.json"}


def test_hook__is_what_hook_install_writes(pb):
    written = json.loads(pb.ok("hook", "install", "claude-code", "--project", ".", "--print"))
    assert read_json("hooks/hooks.json") == written


def test_hook__denies_as_it_is_written(pb, shop):
    pb.ok("register", "blog/web", "3000", "--create")
    command = read_json("hooks/hooks.json")["hooks"]["PreToolUse"][0]["hooks"][0]["command"]
    message = {"tool_name": "Bash", "tool_input": {"command": "PORT=3000 npm start"},
               "cwd": str(shop)}
    done = subprocess.run(command, shell=True, input=json.dumps(message), text=True, cwd=shop,
                          env=pb.environment(), capture_output=True, check=True)
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_server__is_what_mcp_install_writes(pb):
    written = json.loads(pb.ok("mcp", "install", "claude-code", "--project", "--print"))
    server = read_json(".mcp.json")["mcpServers"]["portbook"]
    assert {"type": "stdio", **server} == written["mcpServers"]["portbook"]


def test_skill__has_a_name_and_says_when():
    head = front_matter("skills/ports/SKILL.md")
    assert head["name"] == "ports" and "Use before" in head["description"]
    assert len(head["description"]) <= 1024
