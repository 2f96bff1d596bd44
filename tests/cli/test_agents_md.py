"""agents-md: what agents are told of a project's ports, in a file of somebody's."""

import re
import shlex

import pytest


@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    for service in ("web", "api"):
        pb.ok("get", service, cwd=path)
    pb.ok("get", "dns", "--udp", cwd=path)
    return path


def test_block__has_services_and_no_numbers(pb, shop):
    said = pb.ok("agents-md", cwd=shop)
    assert "| web | `portbook get web` | `WEB_PORT` |" in said
    assert "| dns | `portbook get dns --udp` | `DNS_PORT` |" in said
    assert not re.search(r"\b310\d\b", said)
    assert not (shop / "AGENTS.md").exists()


def test_block__names_commands_that_run(pb, shop):
    said = pb.ok("agents-md", cwd=shop)
    commands = re.findall(r"(?:`|\$\()(portbook [^`)]+)", said)
    assert len(commands) >= 6
    for command in commands:
        words = command.replace("SERVICE", "web").replace("PORT", "3100")
        pb.ok(*shlex.split(words)[1:], cwd=shop)


def test_write__twice_changes_nothing_also_in_a_worktree(pb, shop, git):
    run = pb("agents-md", "--write", cwd=shop, check=True)
    assert run.out.endswith(f"{shop}/AGENTS.md is written\n")
    first = (shop / "AGENTS.md").read_bytes()
    assert pb.ok("agents-md", "--write", cwd=shop) == f"{shop}/AGENTS.md is up to date"
    git(shop, "add", "AGENTS.md")
    git(shop, "commit", "-q", "-m", "agents")
    pb.ok("worktree", "add", "../fix", cwd=shop)
    fix = shop.parent / "fix"
    pb.ok("get", "dns", "--udp", cwd=fix)
    assert pb.ok("agents-md", "--write", cwd=fix) == f"{fix}/AGENTS.md is up to date"
    assert (fix / "AGENTS.md").read_bytes() == first


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_write__keeps_what_is_around_it(pb, shop, end):
    head, tail = f"# Rules{end}{end}Be kind.{end}", f"{end}## More{end}no end"
    path = shop / "AGENTS.md"
    path.write_bytes(head.encode())
    path.chmod(0o640)
    pb.ok("agents-md", "--write", cwd=shop)
    with_block = path.read_bytes().decode()
    assert with_block.startswith(head + end + "<!-- >>> portbook")
    assert with_block.count("\n") == with_block.count(end)
    path.write_bytes((with_block + tail).encode())
    pb.ok("get", "db", cwd=shop)
    pb.ok("agents-md", "--write", cwd=shop)
    now = path.read_bytes().decode()
    assert now.startswith(head) and now.endswith(tail) and "| db |" in now
    assert now.count(">>> portbook") == 1
    assert path.stat().st_mode & 0o777 == 0o640


def test_write__follows_a_link_and_leaves_it(pb, shop):
    (shop / "AGENTS.md").write_text("# Rules\n")
    (shop / "CLAUDE.md").symlink_to("AGENTS.md")
    run = pb("agents-md", "--write", cwd=shop, check=True)
    assert run.err == "" and (shop / "CLAUDE.md").is_symlink()
    assert (shop / "AGENTS.md").read_text().count(">>> portbook") == 1
    pb.ok("agents-md", "--write", "--file", "CLAUDE.md", cwd=shop)
    assert (shop / "CLAUDE.md").is_symlink()
    assert (shop / "AGENTS.md").read_text().count(">>> portbook") == 1


def test_write__takes_claude_md_where_there_is_only_that(pb, shop):
    (shop / "CLAUDE.md").write_text("# Rules\n")
    pb.ok("agents-md", "--write", cwd=shop)
    assert ">>> portbook" in (shop / "CLAUDE.md").read_text()
    assert not (shop / "AGENTS.md").exists()


def test_write__says_that_there_is_a_second_file(pb, shop):
    (shop / "AGENTS.md").write_text("# Rules\n")
    (shop / "CLAUDE.md").write_text("# Others\n")
    run = pb("agents-md", "--write", cwd=shop, check=True)
    assert "portbook agents-md --file CLAUDE.md --write" in run.err
    (shop / "CLAUDE.md").write_text("@AGENTS.md\n")
    assert pb("agents-md", "--write", cwd=shop, check=True).err == ""


def test_file__that_is_not_understood_is_left_alone(pb, shop):
    text = "# Rules\n\n<!-- >>> portbook (x) >>> -->\nno end\n"
    (shop / "AGENTS.md").write_text(text)
    run = pb.fails(2, "agents-md", "--write", cwd=shop)
    assert "AGENTS.md:3: our lines start here, and do not end" in run.err
    assert (shop / "AGENTS.md").read_text() == text


def test_project__without_ports_has_nothing_to_tell(pb, project_dir):
    empty = project_dir("empty")
    pb.ok("project", "add", "empty", "--path", empty)
    assert "portbook get SERVICE" in pb.fails(1, "agents-md", cwd=empty).err
