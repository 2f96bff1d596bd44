"""hook install claude-code and pre-commit: the files of others that they go into."""

import json
import os
import subprocess

import pytest

SETTINGS = """{
\t"$schema": "x",
\t"permissions": { "allow": ["Bash(ls:*)"] },
\t"hooks": {
\t\t"PreToolUse": [{ "matcher": "Edit", "hooks": [{ "type": "command", "command": "x" }] }],
\t\t"Stop": []
\t}
}
"""


def commands_in(path):
    groups = json.loads(path.read_text())["hooks"]["PreToolUse"]
    return [hook["command"] for group in groups for hook in group["hooks"]]


@pytest.fixture
def settings(pb):
    path = pb.home / ".claude/settings.json"
    path.parent.mkdir()
    return path


# --- claude-code

@pytest.mark.sanitize
def test_claude__is_the_user_s_settings_and_twice_is_once(pb):
    path = pb.home / ".claude/settings.json"
    assert pb("hook", "install", "claude-code", check=True).out == \
        f"{path} has commands looked at before they run; start the program again\n"
    assert commands_in(path) == [f"{pb.program} hook check-command"]
    before = path.read_bytes(), path.stat().st_ino
    assert pb.ok("hook", "install", "claude-code", "--user") == f"{path} does so already"
    assert (path.read_bytes(), path.stat().st_ino) == before


def test_claude__asks_the_book_that_was_named(pb, tmp_path):
    book = tmp_path / "it's mine.db"
    pb.ok("--book", book, "hook", "install", "claude-code")
    command = commands_in(pb.home / ".claude/settings.json")[0]
    pb.ok("--book", book, "register", "blog/web", "3000", "--create")
    message = {"tool_name": "Bash", "tool_input": {"command": "PORT=3000 npm start"}, "cwd": "/"}
    done = subprocess.run(["sh", "-c", command], input=json.dumps(message), text=True,
                          capture_output=True, env=pb.environment(), check=True)
    assert "'blog/web'" in done.stdout


@pytest.mark.sanitize
def test_claude__keeps_what_is_there_and_gives_it_back(pb, settings):
    for text in (SETTINGS, SETTINGS.replace("\n", "\r\n"), '{"a":1}', "{}"):
        settings.write_bytes(text.encode())
        settings.chmod(0o600)
        pb.ok("hook", "install", "claude-code")
        assert commands_in(settings)[-1].endswith(" hook check-command")
        assert settings.stat().st_mode & 0o777 == 0o600
        pb.ok("hook", "remove", "claude-code")
        assert settings.read_bytes() == text.encode()
    assert pb.ok("hook", "remove", "claude-code") == f"{settings} has nothing of portbook's"


def test_claude__follows_a_link_and_leaves_it(pb, settings, tmp_path):
    (tmp_path / "dotfiles.json").write_text(SETTINGS)
    settings.symlink_to(tmp_path / "dotfiles.json")
    pb.ok("hook", "install", "claude-code")
    assert settings.is_symlink() and len(commands_in(tmp_path / "dotfiles.json")) == 2


def test_claude__leaves_alone_what_it_does_not_understand(pb, settings):
    for text, where in (("{\n  // mine\n}\n", "settings.json:2:3: not JSON: "),
                        ("[]", "settings.json:1: "),
                        ('{"hooks": 1}', "settings.json:1: 'hooks' is no object")):
        settings.write_text(text)
        run = pb.fails(2, "hook", "install", "claude-code")
        assert f"'{settings}' is left as it is: " in run.err and where in run.err
        assert "--print" in run.err
        pb.fails(2, "hook", "remove", "claude-code")
        assert settings.read_text() == text


def test_claude__of_a_project_names_the_command_alone(pb, project_dir):
    shop = project_dir("shop")
    pb.ok("hook", "install", "claude-code", "--project", "shop", cwd=shop.parent)
    assert commands_in(shop / ".claude/settings.json") == ["portbook hook check-command"]
    pb.ok("hook", "remove", "claude-code", "--project", shop)
    assert json.loads((shop / ".claude/settings.json").read_text()) == {}
    assert not (pb.home / ".claude").exists()
    pb.fails(2, "hook", "install", "claude-code", "--project", shop, "--user")
    assert "no directory" in pb.fails(1, "hook", "install", "claude-code", "--project", "no").err


def test_claude__is_where_its_variable_says(pb, tmp_path):
    pb.ok("hook", "install", "claude-code", env={"CLAUDE_CONFIG_DIR": tmp_path})
    assert len(commands_in(tmp_path / "settings.json")) == 1


def test_claude__is_only_shown_with_print(pb):
    shown = json.loads(pb.ok("hook", "install", "claude-code", "--print"))
    assert shown["hooks"]["PreToolUse"][0]["matcher"] == "Bash"
    assert not (pb.home / ".claude").exists()


def test_options__of_settings_go_with_claude_code_only(pb, project_dir):
    shop = project_dir("shop")
    for option in ("--user", "--print", "--project=."):
        run = pb.fails(2, "hook", "install", "git", option, cwd=shop)
        assert "go with claude-code" in run.err


# --- pre-commit

@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    pb.ok("register", "blog/web", "3000", "--create")
    pb.ok("hook", "install", "pre-commit", cwd=path)
    return path


@pytest.fixture
def commit(pb):
    """commit(folder, *words): git commit there; the finished process."""
    def run(folder, *words, status=0, env=None):
        done = subprocess.run(["git", "-C", folder, "commit", "-m", "x", *words], text=True,
                              env=pb.environment(env), capture_output=True, timeout=60,
                              check=False)
        assert done.returncode == status, done
        return done
    return run


def test_pre_commit__refuses_another_s_port(shop, git, commit):
    (shop / ".env").write_text("PORT=3000\n")
    git(shop, "add", ".env")
    done = commit(shop, status=1)
    assert ".env:1" in done.stderr and "blog/web" in done.stderr and "3100" in done.stderr
    (shop / ".env").write_text("PORT=3100\n")
    git(shop, "add", ".env")
    commit(shop)


def test_pre_commit__looks_at_what_would_be_committed(shop, git, commit):
    (shop / ".env").write_text("PORT=3000\n")
    git(shop, "add", ".env")
    (shop / ".env").write_text("PORT=3100\n")
    commit(shop, status=1)
    commit(shop, "-a")
    (shop / ".env").write_text("PORT=3000\n")
    (shop / "other").write_text("x")
    git(shop, "add", "other")
    commit(shop)
    commit(shop, ".env", status=1)


def test_pre_commit__works_in_worktrees_by_their_own_ports(pb, shop, git, commit):
    pb.ok("worktree", "add", "../fix", cwd=shop)
    fix = shop.parent / "fix"
    (fix / ".env").write_text("PORT=3100\n")
    git(fix, "add", ".env")
    assert "shop/web" in commit(fix, status=1).stderr
    (fix / ".env").write_text(f"PORT={pb.ok('get', 'web', cwd=fix)}\n")
    git(fix, "add", ".env")
    commit(fix)


def test_pre_commit__is_left_out_once_or_where_the_book_knows_nothing(pb, shop, git, commit,
                                                                      project_dir):
    (shop / ".env").write_text("PORT=3000\n")
    git(shop, "add", ".env")
    commit(shop, env={"PORTBOOK_HOOK": "0"})
    new = project_dir("new")
    pb.ok("hook", "install", "pre-commit", cwd=new)
    (new / ".env").write_text("PORT=3000\n")
    git(new, "add", ".env")
    commit(new)


def test_pre_commit__without_portbook_is_in_nobody_s_way(shop, git, commit, tmp_path):
    (shop / ".env").write_text("PORT=3000\n")
    git(shop, "add", ".env")
    for name in ("git", "sh", "mktemp", "rm"):
        os.symlink(f"/usr/bin/{name}" if os.path.exists(f"/usr/bin/{name}") else f"/bin/{name}",
                   tmp_path / name)
    commit(shop, env={"PATH": tmp_path})


def test_pre_commit__ended_by_ctrl_c_leaves_no_folder_behind(pb, shop, git, tmp_path):
    (shop / ".env").write_text("PORT=3100\n")
    git(shop, "add", ".env")
    program, folder = tmp_path / "bin" / "portbook", tmp_path / "folders"
    program.parent.mkdir()
    folder.mkdir()
    # A terminal sends it to all that run there, git and the shells, too.
    program.write_text("#!/bin/sh\ncase $1 in\nwhere) echo shop ;;\n"
                       "lint) ls -A >&2; kill -INT 0 ;;\nesac\n")
    program.chmod(0o755)
    path = f"{program.parent}:/usr/bin:/bin"
    # Its stderr ends when the last of them has ended.
    done = subprocess.run(["git", "-C", shop, "commit", "-m", "x"], text=True, check=False,
                          env=pb.environment({"PATH": path, "TMPDIR": folder}), timeout=60,
                          capture_output=True, start_new_session=True)
    assert ".env" in done.stderr and done.returncode != 0 and not list(folder.iterdir())


def test_pre_commit__goes_beside_the_hook_that_is_there(pb, shop, git, commit):
    pb.ok("hook", "remove", "pre-commit", cwd=shop)
    hook = shop / ".git/hooks/pre-commit"
    assert not hook.exists()
    hook.write_text("#!/bin/sh\necho theirs >> ran\n")
    hook.chmod(0o755)
    run = pb("hook", "install", "pre-commit", cwd=shop, check=True)
    assert run.out == f"{hook} lets no port of another's be committed\n"
    assert pb.ok("hook", "install", "pre-commit", cwd=shop) == f"{hook} does so already"
    (shop / ".env").write_text("PORT=3000\n")
    git(shop, "add", ".env")
    commit(shop, status=1)
    assert not (shop / "ran").exists()
    (shop / ".env").write_text("PORT=3100\n")
    git(shop, "add", ".env")
    commit(shop)
    assert (shop / "ran").read_text() == "theirs\n"
    pb.ok("hook", "remove", "pre-commit", cwd=shop)
    assert hook.read_text() == "#!/bin/sh\necho theirs >> ran\n"
