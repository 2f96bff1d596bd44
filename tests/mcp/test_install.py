"""`portbook mcp install`: the client's file has portbook, and what it says there starts one."""

import json
import stat
import subprocess

import pytest

# The file below the home, or in a project; the member that has the servers.
CLIENTS = {
    "claude-code": (".claude.json", ".mcp.json", "mcpServers"),
    "claude-desktop": ("config/Claude/claude_desktop_config.json", None, "mcpServers"),
    "cursor": (".cursor/mcp.json", ".cursor/mcp.json", "mcpServers"),
    "vscode": ("config/Code/User/mcp.json", ".vscode/mcp.json", "servers"),
}
CODEX = (".codex/config.toml", ".codex/config.toml")

PING = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}) + "\n"


@pytest.mark.parametrize("client", CLIENTS)
def test_install__writes_what_starts_it(pb, client):
    file, _, member = CLIENTS[client]
    path = pb.home / file
    assert str(path) in pb.ok("mcp", "install", client)
    entry = json.loads(path.read_text())[member]["portbook"]
    said = subprocess.run([entry["command"], *entry["args"]], input=PING, capture_output=True,
                          text=True, env=pb.environment(), check=True).stdout
    assert json.loads(said) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert entry.get("type") == ("stdio" if client in ("claude-code", "vscode") else None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert pb.json("mcp", "install", client)["changed"] is False
    assert path.read_bytes() == before


def test_install__knows_toml(pb):
    path = pb.home / CODEX[0]
    path.parent.mkdir()
    path.write_text('model = "x"\n\n[mcp_servers.other]\ncommand = "other"\n')
    pb.ok("mcp", "install", "codex")
    text = path.read_text()
    assert text.startswith('model = "x"\n\n[mcp_servers.other]\ncommand = "other"\n\n[mcp_')
    assert f'[mcp_servers.portbook]\ncommand = "{pb.program}"\nargs = ["mcp"]\n' in text


def test_install__for_a_project_names_the_command_that_all_have(pb):
    for client, (_, file, member) in CLIENTS.items():
        if file is None:
            pb.fails(2, "mcp", "install", client, "--project")
            continue
        pb.ok("mcp", "install", client, "--project")
        entry = json.loads((pb.work / file).read_text())[member]["portbook"]
        assert (entry["command"], entry["args"]) == ("portbook", ["mcp"])
        assert not (pb.home / CLIENTS[client][0]).exists()


def test_install__keeps_the_rest_and_takes_the_book_along(pb):
    path = pb.home / ".claude.json"
    path.write_text('{"numStartups": 7, "mcpServers": {"x": {"command": "y"}}}')
    path.chmod(0o640)
    pb.ok("mcp", "install", "claude-code", "--book", "/srv/book.db")
    now = json.loads(path.read_text())
    assert now["numStartups"] == 7 and now["mcpServers"]["x"] == {"command": "y"}
    assert now["mcpServers"]["portbook"]["args"] == ["--book", "/srv/book.db", "mcp"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_install__leaves_alone_what_it_cannot_read(pb):
    path = pb.home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {}} // mine\n')
    failed = pb.fails(2, "mcp", "install", "cursor")
    assert "is left as it is" in failed.err and "--print" in failed.err
    assert path.read_text() == '{"mcpServers": {}} // mine\n'


@pytest.mark.parametrize("words", [[], ["emacs"]])
def test_install__says_which_programs_it_knows(pb, words):
    assert "claude-code, " in pb.fails(2, "mcp", "install", *words).err


def test_print__writes_nothing(pb):
    shown = pb("mcp", "install", "vscode", "--print", check=True)
    assert json.loads(shown.out)["servers"]["portbook"]["args"] == ["mcp"]
    assert "config/Code/User/mcp.json" in shown.err
    assert not (pb.home / "config" / "Code").exists()


@pytest.mark.parametrize("words", [("install",), ("instal", "cursor"), ("install", "emacs"),
                                   ("--print",), ("install", "cursor", "more")])
def test_wrong_use__is_told(pb, words):
    assert pb.fails(2, "mcp", *words).out == ""


def test_install__heeds_the_clients_own_variables(pb):
    folder = pb.base / "elsewhere"
    pb.ok("mcp", "install", "codex", env={"CODEX_HOME": folder})
    pb.ok("mcp", "install", "claude-code", env={"CLAUDE_CONFIG_DIR": folder})
    assert sorted(f.name for f in folder.iterdir()) == [".claude.json", "config.toml"]
