"""Git worktrees: each is an instance of its project, wherever it is moved."""

import os
import shutil
import subprocess

import pytest


@pytest.fixture
def shop(pb, git, project_dir):
    """A repository whose main checkout has web on 3100."""
    path = project_dir("shop")
    assert pb.ok("get", "web", cwd=path) == "3100"
    return path


@pytest.fixture
def tree(pb, git, shop):
    """tree("fix"): a worktree of shop, made by git alone."""
    def make(name, *options, path=None):
        path = path or pb.base / "trees" / name
        git(shop, "worktree", "add", "-q", *(options or ("-b", name)), path)
        return path
    return make


def instances(pb, project="shop"):
    """{number: (branch, path)} of the instances in use, without the main checkout's."""
    return {i["instance"]: (i["branch"], i["worktreePath"])
            for i in pb.json("instance", "list", project)["instances"] if i["instance"] != 1}


# --- every command uses the worktree's own instance

@pytest.mark.parametrize("words", [
    ("get", "web"), ("get", "shop/web"), ("allocate", "web"), ("allocate", "shop/web"),
    ("env", "shop"), ("init",), ("get-port", "--type", "web"), ("register", "web", 2000),
    ("register", "shop/web", 2000)])
def test_worktree__first_use_enters_it(pb, shop, tree, words):
    fix = tree("fix")
    run = pb(*words, cwd=fix, check=True)
    assert instances(pb) == {2: ("fix", str(fix))}
    assert f"entered the worktree {fix} as instance 2 of 'shop'" in run.err
    assert pb.json("list", "--project", "shop@1")["ports"][0]["port"] == 3100


@pytest.mark.parametrize("words", [
    ("where",), ("list",), ("show",), ("status",), ("check", "3100"), ("release", "web"),
    ("release", "shop/web"), ("update", "web", "--notes", "n"), ("update", "shop/web", "--notes", "n"),
    ("summary",), ("history", "web"), ("instance", "list"), ("instance", "next")])
def test_worktree__reading_enters_nothing(pb, shop, tree, book, words):
    fix = tree("fix")
    before = book.dump()
    pb(*words, cwd=fix)
    assert book.dump() == before


def test_worktree__named_project_never_gives_the_main_checkouts_port(pb, shop, tree, error):
    """A script that names its project runs in all worktrees: no two of them on one port."""
    one, two = tree("one"), tree("two")
    ports = [pb.ok("get", "shop/web", cwd=path) for path in (shop, one, two, one)]
    assert ports == ["3100", "3190", "3180", "3190"]
    assert pb.ok("get", "shop@1/web", cwd=one) == "3100"
    three = tree("three")
    said = error("not-found", "release", "shop/web", cwd=three)
    assert str(three) in said["message"] and "shop@1" in said["hint"]


def test_worktree__named_project_of_another_repository_means_its_main_checkout(
        pb, tree, project_dir):
    other = project_dir("other")
    pb.ok("get", "web", cwd=other)
    fix = tree("fix")
    assert pb.json("get", "other/web", cwd=fix)["instance"] == 1
    assert instances(pb, "other") == {}


def test_worktree__detached_has_no_branch(pb, shop, tree):
    fix = tree("fix", "--detach")
    assert pb.ok("get", "web", cwd=fix) == "3190"
    assert instances(pb) == {2: (None, str(fix))}


def test_worktree__locked_is_one_like_others(pb, git, shop, tree):
    fix = tree("fix")
    git(shop, "worktree", "lock", fix)
    assert pb.ok("get", "web", cwd=fix) == "3190"


def test_worktree__inside_of_another_is_its_own(pb, git, shop, tree):
    outer = tree("outer")
    inner = tree("inner", path=outer / "deep" / "inner")
    assert pb.ok("get", "web", cwd=outer) == "3190"
    assert pb.ok("get", "web", cwd=inner) == "3180"
    assert pb.ok("get", "web", cwd=outer / "deep") == "3190"


def test_worktree__path_may_hold_blanks_and_quotes(pb, shop, tree):
    fix = tree("fix", path=shop.parent / "a 'fix' of \"mine\" – ü")
    assert pb.ok("get", "web", cwd=fix) == "3190"
    assert instances(pb) == {2: ("fix", str(fix))}


def test_worktree__path_with_a_line_break_is_refused_and_nothing_is_entered(
        pb, shop, tree, error, book):
    fix = tree("fix", path=shop.parent / "two\nlines")
    before = book.dump()
    said = error("invalid", "get", "web", cwd=fix)
    assert "control characters" in said["message"]
    assert book.dump() == before


def test_worktree__of_a_bare_repository(pb, git, shop):
    bare = pb.base / "bare" / "blog.git"
    git(pb.base, "clone", "-q", "--bare", shop, bare)
    one, two = bare.parent / "one", bare.parent / "two"
    for path in (one, two):
        git(bare, "worktree", "add", "-q", "-b", path.name, path)
    assert [pb.json("get", "blog/web", "--create", cwd=one)["instance"],
            pb.json("get", "web", cwd=one)["projectName"]] == [1, "blog"]
    assert [pb.json("get", "web", cwd=path)["instance"] for path in (one, two)] == [2, 3]


def test_worktree__submodule_is_a_project_and_its_worktree_an_instance_of_it(
        pb, git, shop, project_dir):
    big = project_dir("big")
    git(big, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", shop, "parts/lib")
    assert pb.json("get", "web", cwd=big / "parts" / "lib")["projectName"] == "lib"
    git(big / "parts" / "lib", "worktree", "add", "-q", "-b", "fix", big.parent / "lib-fix")
    said = pb.json("get", "web", cwd=big.parent / "lib-fix")
    assert (said["projectName"], said["instance"]) == ("lib", 2)


def test_worktree__two_at_once_get_an_instance_each(pb, shop, tree):
    paths = [tree(name) for name in ("one", "two", "three", "four")]
    runs = [pb.start("get", "web", cwd=path) for path in paths]
    ports = [run.communicate(timeout=60)[0].strip() for run in runs]
    assert sorted(ports) == ["3160", "3170", "3180", "3190"]
    assert sorted(path for _, path in instances(pb).values()) == sorted(map(str, paths))


def test_worktree__several_at_once_enter_one_only_once(pb, shop, tree):
    fix = tree("fix")
    runs = [pb.start("get", "web", cwd=fix) for _ in range(4)]
    assert {run.communicate(timeout=60)[0] for run in runs} == {"3190\n"}
    assert len(instances(pb)) == 1


@pytest.mark.parametrize("variables", [
    {"GIT_DIR": "main/.git"}, {"GIT_DIR": "main/.git", "GIT_WORK_TREE": "main"},
    {"GIT_COMMON_DIR": "main/.git"}, {"GIT_INDEX_FILE": "main/.git/index"}])
def test_worktree__variables_of_a_hook_do_not_mislead(pb, shop, tree, variables):
    """A hook's own git says where it runs; the directory is what counts."""
    fix = tree("fix")
    env = {name: value.replace("main", str(shop)) for name, value in variables.items()}
    assert pb.ok("get", "web", cwd=fix, env=env) == "3190"


def test_worktree__of_an_ordinary_user(pb, as_nobody, git):
    base = pb.base / "nobody"
    base.mkdir()
    os.chown(base, 65534, 65534)
    for path in (pb.base, *pb.base.parents):
        if not os.stat(path).st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)

    def git_as_nobody(*words):
        run = as_nobody("git", "-c", "user.name=n", "-c", "user.email=n@example.invalid", *words,
                        cwd=base)
        assert run.returncode == 0, run.stderr
    git_as_nobody("init", "-q", "-b", "main", "shop")
    git_as_nobody("-C", "shop", "commit", "-q", "--allow-empty", "-m", "start")
    git_as_nobody("-C", "shop", "worktree", "add", "-q", "../fix")
    assert pb.ok("get", "web", cwd=base / "shop", user=65534) == "3100"
    assert pb.ok("get", "web", cwd=base / "fix", user=65534) == "3190"


# --- moving

def move_by_git(git, shop, old, new):
    git(shop, "worktree", "move", old, new)


def move_by_hand(git, shop, old, new):
    old.rename(new)


def move_and_repair(git, shop, old, new):
    old.rename(new)
    git(shop, "worktree", "repair", new)


MOVES = pytest.mark.parametrize("move", [move_by_git, move_by_hand, move_and_repair])


@MOVES
@pytest.mark.parametrize("words", [("get", "web"), ("get", "shop/web"), ("env", "--write")])
def test_move__keeps_the_ports_and_the_book_learns_of_it(pb, git, shop, tree, move, words):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    pb.ok("get", "api", cwd=fix)
    move(git, shop, fix, new)
    run = pb(*words, cwd=new, check=True)
    assert f"instance 2 of 'shop' has moved from {fix} to {new}" in run.err
    assert instances(pb) == {2: ("fix", str(new))}
    assert [pb.ok("get", name, cwd=new) for name in ("web", "api")] == ["3190", "3191"]
    assert pb("get", "web", cwd=new, check=True).err == ""


@MOVES
def test_move__is_seen_by_who_only_looks_and_nothing_is_written(pb, git, shop, tree, move, book):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    move(git, shop, fix, new)
    before = book.dump()
    said = pb.json("where", cwd=new)
    assert (said["instance"]["instance"], [p["port"] for p in said["ports"]]) == (2, [3190])
    assert book.dump() == before


def test_move__dry_run_says_what_would_be(pb, git, shop, tree, book):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    move_by_git(git, shop, fix, new)
    before = book.dump()
    run = pb("get", "web", "--dry-run", cwd=new, check=True)
    assert run.out == "3190\n" and f"would move from {fix} to {new}" in run.err
    assert book.dump() == before


@MOVES
def test_move__on_another_branch_keeps_the_ports_by_gits_name(pb, git, shop, tree, move):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    git(fix, "checkout", "-q", "-b", "another")
    move(git, shop, fix, new)
    assert pb.ok("get", "web", cwd=new) == "3190"
    assert instances(pb) == {2: ("another", str(new))}


def test_move__of_a_second_time_keeps_the_ports(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    for name in ("second", "third"):
        new = shop.parent / name
        move_by_git(git, shop, fix, new)
        assert pb.ok("get", "web", cwd=new) == "3190"
        fix = new


def test_move__of_all_at_once_gives_each_its_own(pb, git, shop, tree):
    """Git calls both worktrees `app`, so to say: app and app1. One has changed its branch since."""
    folder = shop.parent / "work"
    paths = {name: tree(name, path=folder / name / "app") for name in ("one", "two", "three")}
    ports = {name: pb.ok("get", "web", cwd=path) for name, path in paths.items()}
    git(paths["one"], "checkout", "-q", "-b", "later")
    folder.rename(shop.parent / "elsewhere")
    new = {name: shop.parent / "elsewhere" / name / "app" for name in paths}
    git(shop, "worktree", "repair", *new.values())
    assert {name: pb.ok("get", "web", cwd=path) for name, path in new.items()} == ports


def test_move__changes_no_other_worktree(pb, git, shop, tree):
    one, two = tree("one"), tree("two")
    for path in (one, two):
        pb.ok("get", "web", cwd=path)
    new = shop.parent / "moved"
    move_by_git(git, shop, one, new)
    pb.ok("get", "web", cwd=new)
    assert instances(pb) == {2: ("one", str(new)), 3: ("two", str(two))}
    assert pb.ok("get", "web", cwd=two) == "3180"


def test_copy__of_a_worktree_is_not_a_move(pb, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    copy = shop.parent / "copy"
    shutil.copytree(fix, copy)
    assert pb.ok("get", "web", cwd=copy) == "3180"
    assert pb.ok("get", "web", cwd=fix) == "3190"


def test_new__worktree_after_another_was_removed_is_not_that_one_moved(pb, git, shop, tree):
    """The same branch, the same name for git; but it was made after the instance was entered."""
    fix = tree("fix")
    pb.ok("get", "web", "--hostname", "fix.example.org", cwd=fix)
    git(shop, "worktree", "remove", fix)
    again = shop.parent / "other" / "fix"
    git(shop, "worktree", "add", "-q", again, "fix")
    assert pb.json("get", "web", cwd=again)["instance"] == 3
    assert {p["instance"]: p["cloudflareHostname"] for p in pb.json("list")["ports"]} == {
        1: None, 2: "fix.example.org", 3: None}


def test_new__worktree_at_the_place_of_a_removed_one_has_its_ports(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    git(shop, "worktree", "remove", fix)
    assert pb.ok("get", "web", cwd=tree("fix2", path=fix)) == "3190"


def test_worktree__repository_that_cannot_be_read_makes_it_a_new_one(pb, git, shop, tree):
    """As in a container that has only the worktree."""
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    new = shop.parent / "moved"
    fix.rename(new)
    (shop / ".git").rename(shop / "away")
    assert pb.json("get", "web", cwd=new)["instance"] == 3
