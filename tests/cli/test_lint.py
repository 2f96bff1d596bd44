"""lint: what a project's files say about ports, held against the book."""

import json
import os
import re
import stat
import subprocess

import jsonschema
import pytest

from npm import PACKAGES

COMPOSE = """services:
  web:
    ports:
      - "3000:80"  # the page
"""


@pytest.fixture
def shop(pb, project_dir):
    """A checkout of the project shop, which has web 3100 and api 3101."""
    path = project_dir("shop")
    pb.ok("project", "add", "shop", "--number", 1, "--path", path)
    pb.ok("get", "web", cwd=path)
    pb.ok("get", "api", cwd=path)
    return path


@pytest.fixture
def lint(pb, shop):
    """lint(status, *options): its lines on stdout."""
    def run(status, *options, cwd=shop):
        return pb.fails(status, "lint", *options, cwd=cwd).out.splitlines()
    return run


def write(folder, name, text):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# --- what is said


def test_lint__says_it_like_a_compiler_and_refuses(shop, lint):
    write(shop, "compose.yaml", COMPOSE)
    assert lint(1) == [
        "compose.yaml:4:10: error: 3000 is entered nowhere; use 3100, the port of 'shop/web' "
        "[unregistered]",
        "1 error, 0 warnings; 1 port in 1 file"]


def test_lint__is_silent_of_what_is_right(shop, lint):
    write(shop, "compose.yaml", COMPOSE.replace("3000", "3100"))
    assert lint(0, "--quiet") == []
    assert lint(0) == ["0 errors, 0 warnings; 1 port in 1 file"]


def test_lint__names_the_owner(pb, shop, answer, project_dir):
    blog = project_dir("blog")
    port = int(pb.ok("get", "web", cwd=blog))
    write(shop, ".env", f"PORT={port}\n")
    finding, = answer("lint", cwd=shop, status=1)["findings"]
    assert finding["owner"]["projectName"] == "blog" and finding["owner"]["port"] == port
    assert finding["rule"] == "other-project" and finding["fixable"]
    assert finding["instead"] == {"port": 3100, "serviceName": "web", "variable": "WEB_PORT",
                                  "entered": True}


def test_lint__a_service_without_a_port_is_told_how_to_get_one(shop, answer, pb):
    write(shop, "compose.yaml", "services: {cache: {ports: ['6379:6379']}}\n")
    finding, = answer("lint", cwd=shop, status=1)["findings"]
    command = re.search(r"'portbook (.*?)'", finding["hint"])[1].split()
    assert finding["instead"] == {"port": int(pb.ok(*command)), "serviceName": "cache",
                                  "variable": "CACHE_PORT", "entered": False}


def test_lint__another_instance_is_an_error_but_a_default_is_not(pb, shop, git, lint, answer):
    write(shop, "package.json", '{"scripts":{"dev":"vite --port ${WEB_PORT:-3100}"}}')
    write(shop, "Procfile", "web: vite --port 3100\n")
    git(shop, "add", ".")
    git(shop, "-c", "user.name=x", "-c", "user.email=x@example.org", "commit", "-qm", "x")
    tree = shop.parent / "tree"
    git(shop, "worktree", "add", "-q", tree)
    port = int(pb.ok("get", "web", cwd=tree))
    finding, = answer("lint", cwd=tree, status=1)["findings"]
    assert (finding["file"], finding["rule"]) == ("Procfile", "other-instance")
    assert finding["instead"]["port"] == port
    assert lint(0, "--quiet") == []


def test_lint__in_a_directory_that_is_not_known_says_how_to_enter_it(pb, project_dir):
    path = project_dir("new")
    write(path, ".env", "PORT=3000\n")
    result = pb.fails(1, "lint", cwd=path)
    assert "portbook init" in result.out
    assert "new" not in pb.ok("project", "list"), "a look entered something"


def test_lint__warnings_are_refused_with_strict_alone(shop, lint):
    write(shop, "app.js", "app.listen(3000)\n")
    assert "warning" in lint(0)[0]
    assert "warning" in lint(1, "--strict")[0]


def test_lint__names_are_as_seen_from_here(pb, shop, lint):
    write(shop, "apps/x/Procfile", "web: vite --port 3000\n")
    assert lint(1)[0].startswith("apps/x/Procfile:1:18: ")
    assert lint(1, "apps")[0].startswith("apps/x/Procfile:1:18: ")
    assert lint(1, "apps/x/Procfile")[0].startswith("apps/x/Procfile:1:18: ")
    assert lint(1, cwd=shop / "apps")[0].startswith("x/Procfile:1:18: ")
    assert lint(1, shop, cwd=pb.base)[0].partition("apps")[0] in (f"{shop}/", "projects/shop/")


def test_lint__a_path_that_is_not_there_or_not_read_is_an_error(shop, error):
    write(shop, "x.txt", "")
    error("not-found", "lint", "nowhere", cwd=shop)
    assert "x.txt" in error("invalid", "lint", "x.txt", cwd=shop)["message"]
    error("not-found", "lint", "--project", "nobody", cwd=shop)
    error("invalid", "lint", "--format", "xml", cwd=shop)


# --- which files


def test_lint__reads_what_git_knows_and_env_files(shop, lint):
    write(shop, ".gitignore", ".env*\nbuilt/\n")
    for name in ("built/Procfile", "node_modules/a/Procfile", "new/Procfile"):
        write(shop, name, "web: vite --port 3000\n")
    for name in (".env", "new/.env.local", "built/.env"):
        write(shop, name, "PORT=3000\n")
    assert [line.split(":")[0] for line in lint(1)[:-1]] == [".env", "new/.env.local",
                                                            "new/Procfile"]


def test_lint__without_git_it_walks(pb, project_dir):
    path = project_dir("plain", git=False)
    for name in ("a/b/Procfile", "node_modules/a/Procfile", ".hidden/Procfile", "c/.git/x",
                 "c/Procfile"):
        write(path, name, "web: vite --port 3000\n")
    lines = pb.fails(1, "lint", cwd=path).out.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["a/b/Procfile"]


def test_lint__runs_nothing_that_the_repository_names(shop, git, lint):
    hook = write(shop, "hook", f"#!/bin/sh\ntouch {shop}/ran\n")
    hook.chmod(0o755)
    git(shop, "config", "core.fsmonitor", hook)
    lint(0)
    assert not (shop / "ran").exists()


def test_lint__links_are_followed_within_the_folder_and_a_file_is_read_once(pb, shop, answer):
    outside = write(pb.base, "outside.env", "PORT=3000\n")
    write(shop, "settings/dev.txt", "PORT=3000\n")
    (shop / ".env").symlink_to("settings/dev.txt")
    (shop / ".env.out").symlink_to(outside)
    (shop / ".env.twice").symlink_to(".env")
    (shop / ".env.gone").symlink_to("nowhere")
    (shop / "Procfile").mkdir()
    os.mkfifo(shop / ".env.pipe")
    found = answer("lint", cwd=shop, status=1)
    assert [f["file"] for f in found["findings"]] == [".env"] and found["files"] == 1


def test_lint__what_is_not_understood_is_said_with_its_line_and_left_alone(shop, lint):
    bad = write(shop, "compose.yaml", COMPOSE + "  api: [\n")
    big = write(shop, ".env", "PORT=3000\n" + "#" * 1100000)
    lines = lint(0, "--fix")
    assert len(lines) == 3 and "[not-understood]" in lines[0] and "[not-understood]" in lines[1]
    assert re.match(r"compose\.yaml:\d+:\d+: warning: ", lines[1])
    assert bad.read_text().endswith("[\n") and big.stat().st_size > 1100000


def test_lint__portbook_yaml_and_comments_say_what_is_left_alone(shop, lint, error):
    write(shop, ".env", "PORT=3000 # portbook: ignore\nAPI_PORT=3001\nDB_PORT=5432\n")
    write(shop, "old/x.env", "PORT=3000\n")
    config = write(shop, "portbook.yaml", "lint:\n  ignore: [old/]\n  allow: [5432]\n")
    assert [line.split(": ")[0] for line in lint(1)[:-1]] == [".env:2:10"]
    assert lint(0, cwd=shop / "old")[-1].endswith("0 files")
    config.write_text("lint:\n  ignroe: [old/]\n")
    assert "ignore" in str(error("invalid", "lint", cwd=shop))


# --- putting things right


def test_lint__fix_shows_what_changes_and_keeps_all_else(shop, lint):
    text = "# a\r\nexport PORT = '3000' # b\r\n\r\nX=3000"
    real = write(shop, "env/real.txt", text)
    real.chmod(0o640)
    (shop / ".env").symlink_to("env/real.txt")
    shown = lint(1, "--diff")
    assert "-export PORT = '3000' # b" in shown and real.read_bytes() == text.encode()
    lines = lint(0, "--fix")
    assert "+export PORT = '3100' # b" in lines and ".env is written" in lines
    assert real.read_bytes() == text.replace("'3000'", "'3100'").encode()
    assert (shop / ".env").is_symlink() and stat.S_IMODE(real.stat().st_mode) == 0o640
    before = real.stat()
    assert lint(0, "--fix") == ["0 errors, 0 warnings; 1 port in 1 file"]
    assert real.stat().st_mtime_ns == before.st_mtime_ns, "it was written again"


def test_lint__what_fix_writes_into_compose_is_what_config_writes(pb, shop, lint):
    path = write(shop, "compose.yaml", COMPOSE)
    lint(0, "--fix")
    fixed = path.read_bytes()
    assert b'"${WEB_PORT:-3100}:80"  # the page' in fixed
    pb.ok("config", "--format", "docker-compose", "--write", "--file", "compose.yaml", cwd=shop)
    assert path.read_bytes() == fixed


def test_lint__ended_while_it_writes_leaves_a_whole_file(pb, shop, strace):
    old, new = "PORT=3000\n", "PORT=3100\n"
    for call in ("write", "fsync", "rename,renameat,renameat2"):
        path = write(shop, ".env", old)
        run = strace(["-f", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL"],
                     pb.program, "lint", "--fix", shop)
        assert run.returncode != 0, call
        assert path.read_text() in (old, new), call
    assert pb.ok("lint", "--fix", cwd=shop) and path.read_text() == new


def test_lint__five_thousand_rules_are_read_and_put_right(shop, lint):
    text = "".join(f"X{i}_PORT={10000 + i} # a\n" for i in range(5000)) + "WEB_PORT=3000\n"
    path = write(shop, ".env", text)
    lines = lint(1, "--fix")
    assert len([line for line in lines if ": error: " in line]) == 5000
    assert path.read_text() == text.replace("=3000", "=3100")


# --- for programs

# The specification's own schema, whole; Microsoft's package for tests of such logs has it.
SARIF_SCHEMA = PACKAGES / "@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"


@pytest.fixture
def sarif(lint):
    """sarif(1, ...): the log that lint prints, and with which exit status."""
    def run(code, *args):
        return json.loads("\n".join(lint(code, "--format", "sarif", *args)))
    return run


def test_lint__sarif_says_what_where_and_by_which_rule(shop, sarif):
    write(shop, "ü b%/compose.yaml", COMPOSE)
    write(shop, "app.py", "app.run(port=3000)\n")
    run, = sarif(1)["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert run["tool"]["driver"]["name"] == "portbook" and len(set(rules)) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    places = [r["locations"][0]["physicalLocation"] for r in run["results"]]
    assert [(p["artifactLocation"]["uri"], p["region"]["startColumn"]) for p in places] == [
        ("app.py", 14), ("%C3%BC%20b%25/compose.yaml", 10)]
    assert [r["level"] for r in run["results"]] == ["warning", "error"]
    (shop / "app.py").unlink()
    subprocess.run(["rm", "-r", shop / "ü b%"], check=True)
    assert sarif(0)["runs"][0]["results"] == []


def test_lint__sarif_is_valid_by_the_specification_s_schema(shop, sarif):
    if not SARIF_SCHEMA.exists():
        pytest.skip("SARIF's schema is not installed: run tools/install-node")
    schema = jsonschema.Draft4Validator(json.loads(SARIF_SCHEMA.read_text()))
    schema.validate(sarif(0))
    write(shop, "ü b%/compose.yaml", COMPOSE)
    write(shop, "app.py", "app.run(port=3000)\n")
    write(shop, "Dockerfile", "EXPOSE 80\n")
    write(shop, "Procfile", "web: vite --port 3200\n")
    write(shop, "supabase/config.toml", "[api\n")
    log = sarif(1, "--all")
    assert {r["level"] for r in log["runs"][0]["results"]} == {"note", "warning", "error"}
    schema.validate(log)
    # It is one that would see what is wrong.
    log["runs"][0]["results"][0]["place"] = 1
    assert not schema.is_valid(log)


def test_lint__github_s_annotations_are_escaped(shop, lint):
    write(shop, "a,b:c%\n/Procfile", "web: vite --port 3000\n")
    assert lint(1, "--format", "github") == [
        "::error file=a%2Cb%3Ac%25%0A/Procfile,line=1,col=18,title=portbook%3A unregistered::"
        "3000 is entered nowhere; use 3100, the port of 'shop/web'"]


def test_lint__json_is_what_its_schema_says(shop, answer, lint):
    write(shop, "Dockerfile", "FROM x\nEXPOSE 80\n")
    write(shop, "compose.yaml", COMPOSE)
    said = answer("lint", cwd=shop, status=1)
    assert (said["errors"], said["warnings"], said["notes"]) == (1, 0, 1)
    assert [f["severity"] for f in said["findings"]] == ["error"]
    assert json.loads("\n".join(lint(1, "--format", "json"))) == said
    said = answer("lint", "--all", cwd=shop, status=1)
    assert [f["severity"] for f in said["findings"]] == ["note", "error"]


def test_lint__a_name_that_would_move_the_cursor_is_made_safe(shop, lint):
    write(shop, "a\x1b[2J/Procfile", "web: vite --port 3000\n")
    assert "\x1b" not in "\n".join(lint(1))
