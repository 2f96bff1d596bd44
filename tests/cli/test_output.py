"""What the program says, and where: stdout for the answer, stderr for the rest, one exit status."""

import csv
import io
import json
import os
import re
import subprocess
import unicodedata

import pytest

from clilib import on_terminal

pytestmark = pytest.mark.sanitize

COMMANDS = ["allocate", "check", "env", "get", "get-port", "help", "history", "init",
            "instance add", "instance list", "instance next", "instance release", "instance set",
            "list", "move", "policy check", "policy list", "policy show", "policy use",
            "project add", "project add-block", "project archive", "project list",
            "project remove", "project rename", "project set", "project show", "register",
            "release", "reservations", "reserve", "show", "status", "summary", "unreserve",
            "update", "version", "where"]


@pytest.fixture
def shop(pb, project_dir):
    """A project with a web and an api."""
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    pb.ok("get", "api", cwd=path)
    return path


def columns(line):
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF")
               for c in line)


def without_colour(text):
    return re.sub(r"\033\[[0-9;]*m", "", text)


# --- get


def test_get__prints_the_number_and_nothing_else(pb, project_dir):
    run = pb("get", "web", cwd=project_dir("shop"))
    assert run.out == "3100\n" and run.code == 0
    assert "portbook: note: " in run.err


def test_get__says_nothing_where_all_is_ordinary(pb, shop):
    run = pb("get", "web", cwd=shop)
    assert (run.out, run.err, run.code) == ("3100\n", "", 0)


def test_quiet__leaves_out_the_notes(pb, project_dir):
    run = pb("get", "web", "--quiet", cwd=project_dir("shop"))
    assert (run.out, run.err) == ("3100\n", "")


@pytest.mark.parametrize("command, would", [
    (["get", "new/web", "--create"], "would enter the project 'new'"),
    (["get", "web"], "would enter the project 'fresh' for "),
    (["init"], "would enter the project 'fresh' for ")], ids=["create", "directory", "init"])
def test_dry_run__does_not_say_that_it_was_done(pb, project_dir, command, would):
    run = pb(*command, "--dry-run", cwd=project_dir("fresh"), check=True)
    assert f"note: {would}" in run.err and "entered" not in run.err


def test_dry_run__in_a_new_worktree_says_what_would_be(pb, git, project_dir):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    git(shop, "worktree", "add", "-q", shop.parent / "fix")
    run = pb("get", "web", "--dry-run", cwd=shop.parent / "fix", check=True)
    assert f"would enter the worktree {shop.parent / 'fix'} as instance 2 of 'shop'" in run.err


def test_get__a_dry_run_says_why_and_enters_nothing(pb, shop):
    run = pb("get", "db", "--dry-run", cwd=shop)
    assert run.out == "3102\n" and "would get 3102" in run.err
    assert "db" not in pb.ok("list", cwd=shop)


# --- errors and exit statuses


@pytest.mark.parametrize("args, code, text", [
    (["gett", "web"], 2, "did you mean: portbook get?"),
    (["get", "web", "--prot", "1"], 2, "did you mean --port?"),
    (["get"], 2, "usage: portbook get SERVICE"),
    (["get", "a", "b"], 2, "what to do with 'b'"),
    (["project"], 2, "add|add-block|"),
    (["get", "web", "--port", "65536"], 2, "'65536' is not a port"),
    (["get", ""], 2, "empty"),
    (["get", "no/web"], 1, "'no'"),
    (["release", "nothing"], 1, "nothing to release"),
    (["get", "web", "--color", "blue"], 2, "auto, always, never"),
    (["--book", "/proc/nothing/book.db", "list"], 5, "portbook: "),
])
def test_errors__say_what_is_wrong_and_what_to_do_next(pb, shop, args, code, text):
    run = pb(*args, cwd=shop)
    assert run.code == code, run
    assert run.out == "", run
    assert run.err.startswith("portbook: ") and text in run.err, run


@pytest.mark.parametrize("args, code, name", [
    (["gett", "--json"], 2, "invalid"),
    (["--json", "get", "web", "--frob"], 2, "invalid"),
    (["get", "no/web", "--json"], 1, "not-found"),
    (["release", "nothing", "--json"], 1, "nothing-to-release"),
    (["get", "other/x", "--create", "--port", "3100", "--json"], 3, "taken"),
])
def test_errors__with_json_are_one_object_on_stdout(pb, shop, args, code, name):
    run = pb(*args, cwd=shop)
    assert run.code == code and run.err == "", run
    error = json.loads(run.out)
    assert error["success"] is False and error["error"]["code"] == name
    assert error["error"]["message"]


def test_errors__name_the_holder_as_data_too(pb, shop):
    run = pb("get", "other/x", "--create", "--port", "3100", "--json", cwd=shop)
    holder = run.json["error"]["holder"]
    assert (holder["projectName"], holder["serviceName"]) == ("shop", "web")


def test_stdout__that_is_full_is_an_error(pb, shop):
    with open("/dev/full", "w", encoding="ascii") as full:
        run = subprocess.run(pb.command(["list"]), cwd=shop, env=pb.environment(), stdout=full,
                             stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 5
    assert "the answer cannot be written: No space left on device" in run.stderr


def test_stdout__that_is_closed_is_an_error_and_no_file_is_harmed(pb, shop):
    run = subprocess.run(["sh", "-c", '"$@" >&-', "sh", *pb.command(["list"])], cwd=shop,
                         env=pb.environment(), stderr=subprocess.PIPE, text=True, check=False)
    assert run.returncode == 5 and "cannot be written" in run.stderr
    assert pb.ok("get", "web", cwd=shop) == "3100"


def test_stdout__that_nobody_reads_any_more_ends_quietly(pb, shop):
    read_end, write_end = os.pipe()
    os.close(read_end)
    run = subprocess.run(pb.command(["list"]), cwd=shop, env=pb.environment(), stdout=write_end,
                         stderr=subprocess.PIPE, text=True, check=False)
    os.close(write_end)
    assert (run.returncode, run.stderr) == (5, "")


def test_json__can_be_asked_for_before_and_after_the_command(pb, shop):
    assert pb("--json", "get", "web", cwd=shop).json == pb("get", "web", "--json", cwd=shop).json


# --- list


def test_list__csv_has_all_columns_and_reads_back(pb, shop):
    awkward = 'a "quoted", text; and \\ more'
    pb.ok("update", "web", "--notes", awkward, cwd=shop)
    out = pb("list", "--format", "csv", check=True).out
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [row["port"] for row in rows] == ["3100", "3101"]
    assert rows[0]["notes"] == awkward
    assert {"projectName", "serviceName", "cloudflareHostname", "metadata"} <= set(rows[0])


def test_list__tsv_has_one_line_an_entry(pb, shop):
    pb.ok("update", "web", "--notes", "one, two \\", cwd=shop)
    lines = pb.ok("list", "--format", "tsv").split("\n")
    assert len(lines) == 3
    assert "one, two \\\\" in lines[1].split("\t")


def test_list__md_escapes_pipes(pb, shop):
    pb.ok("update", "web", "--description", "a|b", cwd=shop)
    assert "a\\|b" in pb.ok("list", "--format", "md")


def test_list__json_is_the_same_as_with_json(pb, shop):
    assert json.loads(pb.ok("list", "--format", "json")) == pb.json("list")


def test_list__cuts_nothing_in_a_pipe(pb, shop):
    text = "word " * 60 + "end"
    pb.ok("update", "web", "--description", text, cwd=shop)
    assert text in pb.ok("list")


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("command", ["list", "status", "show", "project list", "history",
                                     "reservations", "summary", "policy list", "worktree list",
                                     "help"])
def test_terminal__no_line_is_wider(pb, shop, width, command):
    if command == "help" and width < 80:
        pytest.skip("help is made for 80 columns")
    pb.ok("update", "web", "--description", "a description that goes on and on, " * 5,
          "--notes", "日本語の説明" * 10, "--unit", "shop.service", cwd=shop)
    shown, code = on_terminal(pb, *command.split(), cwd=shop, width=width)
    assert code == 0
    # the book's path is one word, which would have to be broken
    too_wide = [line for line in without_colour(shown).split("\n")
                if columns(line) > width and not line.startswith(("book", "path"))]
    assert not too_wide


def test_terminal__is_not_changed_by_what_was_entered(pb, shop):
    pb("update", "web", "--description", "\033]0;title\a\033[2J", cwd=shop)
    shown, _ = on_terminal(pb, "list", cwd=shop, width=200, env={"NO_COLOR": "1"})
    assert "\033" not in shown and "\a" not in shown


@pytest.mark.parametrize("args, env, coloured", [
    ([], {}, True),
    ([], {"NO_COLOR": "1"}, False),
    ([], {"NO_COLOR": ""}, True),
    ([], {"TERM": "dumb"}, False),
    (["--color", "never"], {}, False),
    (["--color", "always"], {"NO_COLOR": "1"}, True),
])
def test_colour__is_for_terminals_that_want_it(pb, shop, args, env, coloured):
    shown, _ = on_terminal(pb, "list", *args, cwd=shop, env=env)
    assert ("\033[" in shown) is coloured


def test_colour__always_also_in_a_pipe(pb, shop):
    assert "\033[" in pb.ok("list", "--color", "always")
    assert "\033[" not in pb.ok("list")


# --- one project, everything


def test_show__prints_range_use_and_services(pb, shop):
    pb.ok("update", "web", "--hostname", "shop.example.org", cwd=shop)
    out = pb.ok("show", cwd=shop)
    assert "3100-3199" in out and "2/100 (2%)" in out
    assert "web: 3100 (shop.example.org)" in out and "api: 3101\n" in out + "\n"


def test_status__opens_with_how_much_there_is(pb, shop):
    pb.ok("get", "other/x", "--create")
    assert pb.ok("status").startswith("3 services across 2 projects\n")


def test_summary__flags_more_than_80_percent_by_word_and_colour(pb, shop):
    for n in range(79):
        pb.ok("get", f"s{n}", cwd=shop)
    out = pb.ok("summary", "shop", "--color", "always")
    assert "81/100 (81%) over 80%" in out and "\033[1;33m81/100" in out
    assert "over 80%" in pb.ok("show", "shop")
    assert "over 80%" in pb.ok("status")


def test_where__says_what_to_type_next(pb, project_dir):
    path = project_dir("shop")
    out = pb.ok(cwd=path)
    assert str(path) in out and "portbook init" in out and "portbook help" in out
    pb.ok("get", "web", cwd=path)
    assert "web: 3100" in pb.ok(cwd=path)


def test_check__is_0_if_free_or_yours_and_1_if_not(pb, shop):
    assert pb("check", "3100,3150", cwd=shop).code == 0
    run = pb("check", "3100", "--project", "shared-services")
    assert run.code == 1 and "shop/web" in run.out
    assert pb("check", "3100", "--project", "shared-services", "--json").json["success"] is True


# --- release


def test_release__goes_on_after_a_target_that_fails(pb, shop):
    run = pb("release", "nothing", "web", "3101", cwd=shop)
    assert run.code == 1
    assert run.out == "released 3100 (shop/web)\nreleased 3101 (shop/api)\n"
    assert "nothing to release" in run.err


def test_release__with_json_is_one_object_for_all_targets(pb, shop):
    done = pb.json("release", "web", "3101", cwd=shop)
    assert [e["port"] for e in done["released"]] == [3100, 3101] and done["count"] == 2


def test_release__partly_failed_says_what_was_done_all_the_same(pb, shop):
    run = pb("release", "nothing", "web", "--json", cwd=shop)
    assert run.code == 1 and run.json["success"] is False
    assert [e["port"] for e in run.json["released"]] == [3100]


def test_release_all__asks_and_a_no_releases_nothing(pb, shop):
    shown, code = on_terminal(pb, "release", "shop", "--all", cwd=shop, answers=["n"])
    assert "web: 3100" in shown and code == 1
    assert pb.json("list")["count"] == 2
    _, code = on_terminal(pb, "release", "shop", "--all", cwd=shop, answers=["y"])
    assert code == 0 and pb.json("list")["count"] == 0


def test_release_all__without_anyone_to_ask_needs_yes(pb, shop):
    assert "--yes" in pb.fails(2, "release", "shop", "--all", cwd=shop).err
    pb.ok("release", "shop", "--all", "--yes", cwd=shop)
    assert pb.json("list")["count"] == 0


def test_worktree_remove__asks_where_a_hostname_leads_and_a_no_removes_nothing(pb, git, shop):
    fix = shop.parent / "fix"
    git(shop, "worktree", "add", "-q", fix)
    pb.ok("get", "web", "--hostname", "fix.example.org", cwd=fix)
    shown, code = on_terminal(pb, "worktree", "remove", fix, cwd=shop, answers=["n"])
    assert "'fix.example.org' leads to port 3190" in shown and code == 1
    assert fix.exists() and pb.json("get", "web", cwd=fix)["port"] == 3190
    shown, code = on_terminal(pb, "worktree", "remove", fix, cwd=shop, answers=["y"])
    assert "released 3190" in shown and code == 0 and not fix.exists()


def test_worktree_sync__fits_the_terminal(pb, git, shop):
    for name in ("a", "b"):
        git(shop, "worktree", "add", "-q", "-b", f"feature/{name}-" + "long-" * 10,
            shop.parent / ("folder-" * 12 + name))
    shown, code = on_terminal(pb, "worktree", "sync", cwd=shop, width=80)
    assert code == 0 and shown.count("entered") == 2
    assert not [line for line in without_colour(shown).split("\n") if columns(line) > 80]


# --- init and env


def test_init__writes_the_numbers_and_offers_the_rest(pb, project_dir):
    path = project_dir("shop")
    run = pb("init", cwd=path, check=True)
    assert "WEB_PORT=3100\n" in (path / ".ports.env").read_text()
    assert not (path / ".ports.env.example").exists() and "portbook init --yes" in run.err


def test_init__asks_on_a_terminal(pb, project_dir):
    path = project_dir("shop")
    shown, code = on_terminal(pb, "init", cwd=path, answers=["y", "n"])
    assert code == 0 and shown
    assert (path / ".ports.env.example").exists() and not (path / ".gitignore").exists()


def test_init__adds_one_line_to_gitignore_once(pb, project_dir):
    path = project_dir("shop")
    (path / ".gitignore").write_text("build")  # no newline at its end
    for _ in range(2):
        pb.ok("init", "--yes", cwd=path)
    assert (path / ".gitignore").read_text() == "build\n.ports.env\n"


def test_init__a_dry_run_writes_nothing(pb, project_dir):
    path = project_dir("shop")
    out = pb.ok("init", "--dry-run", "--yes", cwd=path)
    assert "would write" in out
    assert sorted(p.name for p in path.iterdir()) == [".git", "README.md"]
    assert pb.json("list")["count"] == 0


def test_init__with_json_says_what_was_written(pb, project_dir):
    path = project_dir("shop")
    assert pb.json("init", cwd=path)["written"] == [str(path / ".ports.env")]
    assert pb.json("init", cwd=path)["written"] == []


def test_init__keeps_a_symbolic_link_and_the_mode_of_its_target(pb, project_dir, base_dir):
    path = project_dir("shop")
    target = base_dir / "ports.env"
    target.write_text("")
    target.chmod(0o640)
    (path / ".ports.env").symlink_to(target)
    pb.ok("init", cwd=path)
    assert (path / ".ports.env").is_symlink() and "WEB_PORT" in target.read_text()
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("form, want", [
    ("dotenv", "API_PORT=3101\nWEB_PORT=3100"),
    ("export", "export API_PORT=3101\nexport WEB_PORT=3100"),
    ("fish", "set -gx API_PORT 3101\nset -gx WEB_PORT 3100"),
    ("json", '{"API_PORT":3101,"WEB_PORT":3100}'),
])
def test_env__in_every_format(pb, shop, form, want):
    assert pb.ok("env", "--format", form, cwd=shop) == want


def test_env__write_changes_the_file_only_when_it_has_to(pb, shop):
    assert "is written" in pb.ok("env", "--write", cwd=shop)
    before = (shop / ".ports.env").stat().st_ino
    assert "is up to date" in pb.ok("env", "--write", cwd=shop)
    assert (shop / ".ports.env").stat().st_ino == before


# --- help


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != "help"])
def test_help__of_every_command_fits_80_columns(pb, command):
    out = pb.ok(*command.split(), "--help")
    assert out.startswith(f"usage: portbook {command}")
    assert max(columns(line) for line in out.split("\n")) <= 80
    assert out == pb.ok("help", *command.split())


def test_help__lists_every_command(pb):
    out = pb.ok("help")
    assert pb.ok("--help") == out
    assert [c for c in COMMANDS if f"\n  {c} " not in out] == []


def test_version__is_one_line(pb):
    assert re.fullmatch(r"portbook \d+\.\d+\.\d+", pb.ok("version"))
    assert pb.ok("--version") == pb.ok("version")


# --- policies


def test_policy_use__takes_a_file_with_any_name(pb, base_dir):
    text = pb.ok("policy", "show", "types").replace("name: types", "name: mine")
    for name in ("mine.yaml", "mine"):
        (base_dir / name).write_text(text + "\n")
        assert "mine" in pb.ok("policy", "use", name, cwd=base_dir)


def test_policy_check__names_file_and_line(pb, base_dir):
    (base_dir / "bad.yaml").write_text("name: bad\nranges:\n  - name: a\n    ports: 9-3\n")
    run = pb.fails(1, "policy", "check", "bad.yaml", cwd=base_dir)
    assert re.search(r"^bad\.yaml:4:\d+: error: '9-3'", run.out), run


def test_policy_use__from_env_needs_a_variable(pb):
    assert "none of the variables" in pb.fails(2, "policy", "use", "environments",
                                               "--from-env").err
    pb.ok("policy", "use", "environments", "--from-env", env={"DEV_PORT_START": "8200"})


# --- history


def test_history__takes_a_port_a_service_or_a_project(pb, shop):
    for word in ("3100", "shop/web", "shop", "web"):
        assert "shop/web" in pb.ok("history", word, cwd=shop), word
    assert "shop/api" not in pb.ok("history", "web", cwd=shop)


def test_history__tells_what_was_changed(pb, shop):
    pb.ok("update", "web", "--notes", "hello", cwd=shop)
    assert "notes: none -> hello" in pb.ok("history", "shop/web")
