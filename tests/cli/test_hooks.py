"""The hook that gives a new worktree its ports."""

import os
import stat
import subprocess

import pytest


@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    return path


@pytest.fixture
def git_in(pb):
    """git_in(folder, *words): git with the program's environment, as its hooks run portbook."""
    def run(folder, *words, env=None, status=0):
        done = subprocess.run(["git", "-C", folder, *map(str, words)], env=pb.environment(env),
                              capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == status, done.stderr
        return done
    return run


def hook_of(shop):
    return shop / ".git" / "hooks" / "post-checkout"


def write_hook(path, text, mode=0o755):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


# --- what it does

@pytest.mark.sanitize
def test_hook__gives_a_new_worktree_its_ports(pb, git_in, shop):
    pb.ok("get", "api", cwd=shop)
    run = pb("hook", "install", "git", cwd=shop, check=True)
    assert run.out == f"{hook_of(shop)} gives new worktrees their ports\n"
    done = git_in(shop, "worktree", "add", "../fix")
    fix = shop.parent / "fix"
    assert "WEB_PORT=3190" in (fix / ".ports.env").read_text()
    assert "API_PORT=3191" in (fix / ".ports.env").read_text()
    assert pb.ok("get", "web", cwd=fix) == "3190"
    assert "web: 3190" in done.stderr
    assert git_in(fix, "status", "--porcelain").stdout == ""
    git_in(shop, "worktree", "remove", fix)  # what it has written is not in git's way


def test_hook__runs_in_new_worktrees_only(pb, git_in, shop, book):
    pb.ok("hook", "install", "git", cwd=shop)
    before = book.dump()
    git_in(shop, "checkout", "-q", "-b", "other")
    git_in(shop, "checkout", "-q", "main", "--", "README.md")
    git_in(shop.parent, "clone", "-q", shop, "copy")
    assert book.dump() == before
    git_in(shop, "worktree", "add", "-q", "--detach", "../fix")
    after = book.dump()
    assert after != before
    git_in(shop.parent / "fix", "checkout", "-q", "-b", "later")
    assert book.dump() == after


def test_hook__can_be_left_out_once(pb, git_in, shop, book):
    pb.ok("hook", "install", "git", cwd=shop)
    before = book.dump()
    git_in(shop, "worktree", "add", "-q", "../fix", env={"PORTBOOK_HOOK": "0"})
    assert book.dump() == before


def test_hook__portbook_that_fails_or_is_gone_stops_no_git(pb, git_in, shop):
    pb.ok("hook", "install", "git", cwd=shop)
    damaged = pb.base / "damaged.db"
    damaged.write_bytes(b"no book" * 1000)
    done = git_in(shop, "worktree", "add", "-q", "../a", env={"PORTBOOK_BOOK": damaged})
    assert "damaged.db" in done.stderr
    done = git_in(shop, "worktree", "add", "-q", "../b", env={"PATH": "/usr/bin:/bin"})
    assert done.stderr == ""


def test_hook__and_worktree_add_enter_it_once(pb, git_in, shop):
    pb.ok("hook", "install", "git", cwd=shop)
    run = pb("worktree", "add", "../fix", cwd=shop, check=True)
    assert run.out.count("web: 3190") == 1 and "web: 3190" not in run.err
    assert len(pb.json("list", "--project", "shop@2")["ports"]) == 1


def test_hook__from_a_linked_worktree_is_the_repositorys(pb, git_in, shop):
    git_in(shop, "worktree", "add", "-q", "../one")
    pb.ok("hook", "install", "git", cwd=shop.parent / "one")
    assert hook_of(shop).exists()
    git_in(shop, "worktree", "add", "-q", "../two")
    assert (shop.parent / "two" / ".ports.env").exists()


def test_hook__of_a_bare_repository(pb, git_in, shop):
    bare = pb.base / "bare" / "blog.git"
    git_in(pb.base, "clone", "-q", "--bare", shop, bare)
    pb.ok("hook", "install", "git", cwd=bare)
    git_in(bare, "worktree", "add", "-q", "../one", "-b", "one")
    assert "WEB_PORT=" in (bare.parent / "one" / ".ports.env").read_text()
    assert git_in(bare.parent / "one", "status", "--porcelain").stdout == ""
    pb.ok("hook", "install", "git", cwd=bare)
    assert (bare / "info" / "exclude").read_text().splitlines().count(".ports.env") == 1
    git_in(bare, "worktree", "remove", "../one")


# --- hooks that are there

@pytest.mark.parametrize("script", [
    "#!/bin/sh\necho theirs >>../log\nexit 0\n", "#!/bin/bash -eu\necho theirs >>../log\n",
    "#!/usr/bin/env sh\necho theirs >>../log", "echo theirs >>../log\n",
    "#!/usr/bin/python3\nopen('../log', 'a').write('theirs\\n')\n"])
def test_install__keeps_the_hook_that_is_there(pb, git_in, shop, script):
    hook = write_hook(hook_of(shop), script)
    pb.ok("hook", "install", "git", cwd=shop)
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "fix" / ".ports.env").exists()
    assert (shop.parent / "log").read_text() == "theirs\n"
    run = pb("hook", "remove", "git", cwd=shop, check=True)
    assert "as it was" in run.out
    assert hook.read_text() == script and stat.S_IMODE(hook.stat().st_mode) == 0o755
    assert os.listdir(hook.parent).count("post-checkout.before-portbook") == 0


def test_install__keeps_the_exit_status_of_the_hook_that_is_there(pb, git_in, shop):
    for script in ("#!/bin/sh\nexit 7\n", "#!/usr/bin/python3\nraise SystemExit(7)\n"):
        write_hook(hook_of(shop), script)
        pb.ok("hook", "install", "git", cwd=shop)
        git_in(shop, "checkout", "-q", "main", status=1)  # git's own, when its hook fails
        pb.ok("hook", "remove", "git", cwd=shop)


def test_install__does_not_switch_on_a_hook_that_is_off(pb, git_in, shop):
    hook = write_hook(hook_of(shop), "#!/bin/sh\necho theirs >>../log\n", 0o644)
    pb.ok("hook", "install", "git", cwd=shop)
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "fix" / ".ports.env").exists()
    assert not (shop.parent / "log").exists()
    pb.ok("hook", "remove", "git", cwd=shop)
    assert stat.S_IMODE(hook.stat().st_mode) == 0o644


def test_install__leaves_what_a_link_leads_to_alone(pb, git_in, shop):
    theirs = write_hook(shop / "tools" / "hook", "#!/bin/sh\necho theirs >>../log\n")
    hook_of(shop).parent.mkdir(exist_ok=True)
    hook_of(shop).symlink_to("../../tools/hook")
    before = theirs.read_text()
    pb.ok("hook", "install", "git", cwd=shop)
    assert theirs.read_text() == before
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "log").read_text() == "theirs\n"
    pb.ok("hook", "remove", "git", cwd=shop)
    assert os.readlink(hook_of(shop)) == "../../tools/hook"


@pytest.mark.parametrize("script", [None, "#!/bin/sh\nexit 0\n", "#!/usr/bin/python3\n"])
def test_install__twice_is_once(pb, shop, script):
    if script:
        write_hook(hook_of(shop), script)
    pb.ok("hook", "install", "git", cwd=shop)
    once = {path.name: path.read_bytes() for path in hook_of(shop).parent.iterdir()}
    run = pb("hook", "install", "git", cwd=shop, check=True)
    assert "does so already" in run.out
    assert {path.name: path.read_bytes() for path in hook_of(shop).parent.iterdir()} == once
    assert pb.json("hook", "install", "git", cwd=shop)["changed"] is False


def test_remove__twice_or_where_nothing_is_changes_nothing(pb, shop):
    run = pb("hook", "remove", "git", cwd=shop, check=True)
    assert "nothing of portbook's" in run.out
    pb.ok("hook", "install", "git", cwd=shop)
    pb.ok("hook", "remove", "git", cwd=shop)
    assert not hook_of(shop).exists()
    write_hook(hook_of(shop), "#!/usr/bin/python3\n")
    assert pb.json("hook", "remove", "git", cwd=shop)["changed"] is False
    assert hook_of(shop).read_text() == "#!/usr/bin/python3\n"


def test_remove__lines_that_came_later_stay(pb, shop):
    pb.ok("hook", "install", "git", cwd=shop)
    with open(hook_of(shop), "a", encoding="ascii") as file:
        file.write("echo later\n")
    pb.ok("hook", "remove", "git", cwd=shop)
    assert hook_of(shop).read_text() == "#!/bin/sh\necho later\n"


def test_remove__two_hooks_of_others_are_not_made_one(pb, shop):
    write_hook(hook_of(shop), "#!/usr/bin/python3\n")
    pb.ok("hook", "install", "git", cwd=shop)
    with open(hook_of(shop), "a", encoding="ascii") as file:
        file.write("echo later\n")
    run = pb.fails(3, "hook", "remove", "git", cwd=shop)
    assert "lines of others" in run.err
    assert "echo later" in hook_of(shop).read_text()


def test_install__kept_hook_of_before_is_not_written_over(pb, shop):
    write_hook(hook_of(shop), "#!/usr/bin/python3\n")
    kept = write_hook(hook_of(shop).parent / "post-checkout.before-portbook", "precious")
    run = pb.fails(3, "hook", "install", "git", cwd=shop)
    assert "is there already" in run.err
    assert kept.read_text() == "precious" and hook_of(shop).read_text() == "#!/usr/bin/python3\n"


# --- core.hooksPath

def test_hooks_path__of_the_repository_is_heeded(pb, git_in, shop):
    git_in(shop, "config", "core.hooksPath", ".githooks")
    run = pb("hook", "install", "git", cwd=shop / ".git" / "..", check=True)
    hook = shop / ".githooks" / "post-checkout"
    assert hook.exists() and not hook_of(shop).exists()
    assert "commit it" in run.err
    git_in(shop, "add", ".githooks")
    git_in(shop, "commit", "-q", "-m", "hooks")
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "fix" / ".ports.env").exists()


def test_hooks_path__from_a_folder_below_is_the_same(pb, git_in, shop):
    git_in(shop, "config", "core.hooksPath", ".githooks")
    (shop / "src").mkdir()
    pb.ok("hook", "install", "git", cwd=shop / "src")
    assert (shop / ".githooks" / "post-checkout").exists()


def test_hooks_path__absolute(pb, git_in, shop):
    elsewhere = pb.base / "hooks of shop"
    git_in(shop, "config", "core.hooksPath", elsewhere)
    run = pb("hook", "install", "git", cwd=shop, check=True)
    assert (elsewhere / "post-checkout").exists() and run.err == ""
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "fix" / ".ports.env").exists()


def test_hooks_path__of_all_repositories_is_left_alone(pb, shop):
    everywhere = pb.base / "everywhere"
    config = pb.base / "gitconfig"
    config.write_text(f"[core]\n\thooksPath = {everywhere}\n")
    run = pb.fails(2, "hook", "install", "git", cwd=shop, env={"GIT_CONFIG_GLOBAL": config})
    assert "for all repositories (global)" in run.err and str(everywhere) in run.err
    assert not everywhere.exists() and not hook_of(shop).exists()


def test_hooks_path__husky_9_has_its_scripts_above_the_folder_it_makes_anew(pb, git_in, shop):
    (shop / ".husky" / "_").mkdir(parents=True)
    (shop / ".husky" / "_" / ".gitignore").write_text("*\n")
    write_hook(shop / ".husky" / "_" / "post-checkout",
               '#!/usr/bin/env sh\ns="$(dirname "$(dirname "$0")")/post-checkout"\n'
               '[ ! -f "$s" ] && exit 0\nsh -e "$s" "$@"\n')
    theirs = "echo theirs >>../log\n"
    script = write_hook(shop / ".husky" / "post-checkout", theirs, 0o644)
    git_in(shop, "config", "core.hooksPath", ".husky/_")
    run = pb("hook", "install", "git", cwd=shop, check=True)
    assert "portbook worktree add" in run.err  # there is no husky in a worktree that is new
    assert "portbook init" in script.read_text()
    git_in(shop, "config", "core.hooksPath", shop / ".husky" / "_")
    git_in(shop, "worktree", "add", "-q", "../fix")
    assert (shop.parent / "fix" / ".ports.env").exists()
    assert (shop.parent / "log").read_text() == "theirs\n"
    git_in(shop, "config", "core.hooksPath", ".husky/_")
    pb.ok("hook", "remove", "git", cwd=shop)
    assert script.read_text() == theirs and stat.S_IMODE(script.stat().st_mode) == 0o644


def test_hooks_path__ignored_folder_is_not_in_a_new_worktree(pb, git_in, shop):
    git_in(shop, "config", "core.hooksPath", ".hooks")
    (shop / ".gitignore").write_text(".hooks\n")
    run = pb("hook", "install", "git", cwd=shop, check=True)
    assert "git ignores" in run.err and "portbook worktree add" in run.err


# --- what is no place for one

def test_install__outside_of_git_says_so(pb):
    run = pb.fails(2, "hook", "install", "git")
    assert "not a git repository" in run.err


def test_install__what_git_says_of_anothers_repository_is_said(pb, shop):
    os.chown(shop, 65534, 65534)
    os.chown(shop / ".git", 65534, 65534)
    run = pb.fails(2, "hook", "install", "git", cwd=shop)
    assert "dubious ownership" in run.err and not hook_of(shop).exists()


def test_install__of_another_kind_says_so(pb, shop):
    run = pb.fails(2, "hook", "install", "svn", cwd=shop)
    assert "'svn'" in run.err and "git, pre-commit, claude-code" in run.err


def test_install__needs_no_book(pb, shop):
    before = sorted(path.name for path in (pb.home / "data").rglob("*"))
    pb.ok("hook", "install", "git", cwd=shop, env={"PORTBOOK_BOOK": pb.base / "none.db"})
    assert not (pb.base / "none.db").exists()
    assert sorted(path.name for path in (pb.home / "data").rglob("*")) == before


def test_install__hooks_folder_that_is_not_there_is_made(pb, git_in, shop):
    folder = hook_of(shop).parent
    for path in folder.iterdir() if folder.exists() else ():
        path.unlink()
    if folder.exists():
        folder.rmdir()
    pb.ok("hook", "install", "git", cwd=shop)
    assert hook_of(shop).stat().st_mode & 0o111


def test_install__where_nothing_may_be_written_changes_nothing(pb, shop):
    hook = write_hook(hook_of(shop), "#!/usr/bin/python3\n")
    for path in (pb.base, *pb.base.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    config = pb.base / "gitconfig"
    config.write_text("[safe]\n\tdirectory = *\n")
    config.chmod(0o644)
    run = pb.fails(6, "hook", "install", "git", cwd=shop, user=65534,
                   env={"GIT_CONFIG_GLOBAL": config})
    assert str(hook) in run.err
    assert hook.read_text() == "#!/usr/bin/python3\n" and len(list(hook.parent.glob("post-checkout*"))) == 1


def test_hook__variables_of_a_surrounding_hook_do_not_mislead(pb, shop, project_dir):
    other = project_dir("other")
    pb.ok("hook", "install", "git", cwd=shop,
          env={"GIT_DIR": other / ".git", "GIT_WORK_TREE": other})
    assert hook_of(shop).exists() and not hook_of(other).exists()
