"""Git worktrees: each is an instance of its project, wherever it is moved."""

import fcntl
import os
import shutil
from pathlib import Path

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


def list_of(git, repository):
    return git(repository, "worktree", "list", "--porcelain") + "\n"


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


def test_worktree__without_ports_of_its_own_says_how_to_have_some(pb, shop, tree):
    fix = tree("fix")
    run = pb("env", cwd=fix)
    assert (run.code, run.out) == (0, "")
    assert "no ports are entered here; portbook init enters those of the main checkout" in run.err
    pb.ok("init", cwd=fix)
    assert pb.ok("env", cwd=fix) == "WEB_PORT=3190"


@pytest.mark.parametrize("words", [
    ("where",), ("list",), ("show",), ("status",), ("check", "3100"), ("release", "web"),
    ("release", "shop/web"), ("update", "web", "--notes", "n"), ("update", "shop/web", "--notes", "n"),
    ("summary",), ("history", "web"), ("instance", "list"), ("instance", "next")])
def test_worktree__reading_enters_nothing(pb, shop, tree, book, words):
    fix = tree("fix")
    before = book.dump()
    pb(*words, cwd=fix)
    assert book.dump() == before


@pytest.mark.sanitize
def test_worktree__named_project_never_gives_the_main_checkouts_port(pb, shop, tree, error):
    """A script that names its project runs in all worktrees: no two of them on one port."""
    one, two = tree("one"), tree("two")
    ports = [pb.ok("get", "shop/web", cwd=path) for path in (shop, one, two, one)]
    assert ports == ["3100", "3190", "3180", "3190"]
    assert pb.ok("get", "shop@1/web", cwd=one) == "3100"
    three = tree("three")
    said = error("not-found", "release", "shop/web", cwd=three)
    assert str(three) in said["message"] and "shop@1" in said["hint"]


def test_worktree__project_of_a_new_one_is_known(pb, shop, tree):
    fix = tree("fix")
    assert pb.json("project", "show", cwd=fix)["project"]["projectName"] == "shop"
    assert [i["instance"] for i in pb.json("instance", "list", cwd=fix)["instances"]] == [1]
    assert pb.json("instance", "next", cwd=fix)["instance"]["instance"] == 2
    assert "web: 3100" in pb.ok("show", cwd=fix)
    pb.ok("release", "shop", "--all", "--yes", cwd=fix)  # it is named
    assert pb.json("list")["ports"] == []


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


@pytest.mark.sanitize
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


# --- worktree list

def rows_of(answer):
    return {row["path"]: row for row in answer["worktrees"]}


@pytest.mark.sanitize
def test_list__is_what_git_lists_with_the_instances(pb, git, shop, tree, answer):
    known, new, missing = tree("known"), tree("new"), tree("missing")
    for path in (known, missing):
        pb.ok("get", "web", cwd=path)
    git(shop, "worktree", "lock", new)
    shutil.rmtree(missing)
    rows = rows_of(answer("worktree list", cwd=shop))
    listed = list_of(git, shop)
    assert list(rows) == sorted(line.removeprefix("worktree ") for line in listed.splitlines()
                                if line.startswith("worktree "))
    assert {os.path.basename(path): (row["state"], row["instance"], row["services"],
                                     row["isLocked"], row["isMissing"])
            for path, row in rows.items()} == {
        "shop": ("main", 1, 1, False, False), "known": ("known", 2, 1, False, False),
        "new": ("new", None, 0, True, False), "missing": ("known", 3, 1, False, True)}
    text = pb.ok("worktree", "list", cwd=known)
    assert "known, missing" in text and "new, locked" in text


def test_list__of_a_project_from_elsewhere_and_of_all(pb, git, shop, tree, project_dir, answer):
    fix = tree("fix")
    other = project_dir("other")
    pb.ok("get", "web", cwd=other)
    assert set(rows_of(answer("worktree list", "shop"))) == {str(shop), str(fix)}
    assert set(rows_of(answer("worktree list", "--all"))) == {str(shop), str(fix), str(other)}


def test_list__outside_of_git_says_so(pb, error):
    assert "no git repository" in error("invalid", "worktree list")["message"]


def test_list__from_inside_a_bare_repository(pb, git, shop, answer):
    bare = pb.base / "bare" / "blog.git"
    git(pb.base, "clone", "-q", "--bare", shop, bare)
    git(bare, "worktree", "add", "-q", "-b", "one", bare.parent / "one")
    pb.ok("get", "web", cwd=bare.parent / "one")
    rows = rows_of(answer("worktree list", cwd=bare / "refs"))
    assert rows[str(bare)]["isBare"] and rows[str(bare.parent / "one")]["instance"] == 2


# --- worktree sync

@pytest.mark.sanitize
def test_sync__enters_what_is_new_and_follows_what_moved(pb, git, shop, tree, answer, book):
    known, moved, new = tree("known"), tree("moved"), tree("new")
    for path in (known, moved):
        pb.ok("get", "web", cwd=path)
    git(known, "checkout", "-q", "-b", "later")
    elsewhere = shop.parent / "elsewhere"
    git(shop, "worktree", "move", moved, elsewhere)
    before = book.dump()
    trial = answer("worktree sync", "--dry-run", cwd=shop)
    assert book.dump() == before
    said = answer("worktree sync", cwd=shop)
    assert said["worktrees"] == trial["worktrees"]
    assert {path: row["action"] for path, row in rows_of(said).items()} == {
        str(shop): "none", str(known): "updated", str(elsewhere): "moved", str(new): "entered"}
    assert rows_of(said)[str(elsewhere)]["previousPath"] == str(moved)
    assert instances(pb) == {2: ("later", str(known)), 3: ("moved", str(elsewhere)),
                             4: ("new", str(new))}
    assert pb.ok("get", "web", cwd=elsewhere) == "3180"


def test_sync__twice_changes_nothing(pb, shop, tree, book):
    tree("fix")
    pb.ok("worktree", "sync", cwd=shop)
    before = book.dump()
    run = pb("worktree", "sync", cwd=shop, check=True)
    assert run.out == "" and "the book and git agree" in run.err
    assert book.dump() == before


@pytest.mark.sanitize
def test_sync__releases_what_git_removed_and_touches_no_other(pb, git, shop, tree, answer, ports):
    gone, stays = tree("gone"), tree("stays")
    for path in (gone, stays):
        pb.ok("get", "web", cwd=path)
    git(shop, "worktree", "remove", gone)
    said = answer("worktree sync", cwd=shop)
    assert (said["released"], rows_of(said)[str(gone)]["released"]) == (1, 1)
    assert instances(pb) == {3: ("stays", str(stays))}
    assert ports() == {3100: "shop/web", 3180: "shop/web"}


def test_sync__keeps_what_is_only_missing_until_git_prunes_it(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    shutil.rmtree(fix)
    pb.ok("worktree", "sync", cwd=shop)
    assert list(instances(pb)) == [2]
    git(shop, "worktree", "prune")
    pb.ok("worktree", "sync", cwd=shop)
    assert instances(pb) == {}


def test_sync__keeps_what_is_locked_on_a_drive_that_is_away(pb, git, shop, tree):
    fix = tree("fix")
    git(shop, "worktree", "lock", fix)
    pb.ok("get", "web", cwd=fix)
    shutil.rmtree(fix)
    git(shop, "worktree", "prune")
    pb.ok("worktree", "sync", cwd=shop)
    assert list(instances(pb)) == [2]


@pytest.mark.parametrize("why", ["listener", "hostname", "production"])
def test_sync__keeps_what_somebody_may_need(pb, git, shop, tree, listen, answer, why):
    fix = tree("fix")
    options = {"hostname": ("--hostname", "fix.example.org"),
               "production": ("--env", "production")}.get(why, ())
    pb.ok("get", "web", *options, cwd=fix)
    git(shop, "worktree", "remove", fix)
    if why == "listener":
        listen(3190)
    said = answer("worktree sync", cwd=shop)
    row = rows_of(said)[str(fix)]
    assert (row["action"], said["kept"], said["released"]) == ("kept", 1, 0)
    assert "port 3190" in row["message"]
    assert list(instances(pb)) == [2]
    pb.ok("worktree", "remove", fix, "--yes", cwd=shop)
    assert instances(pb) == {}


def test_sync__leaves_a_copy_that_git_never_knew_alone(pb, git, shop, book):
    copy = shop.parent / "copy"
    shutil.copytree(shop, copy)
    pb.ok("instance", "add", "shop@5", "--path", copy)
    plain = shop.parent / "deployed"
    plain.mkdir()
    pb.ok("instance", "add", "shop@6", "--path", plain)
    before = book.dump()
    pb.ok("worktree", "sync", cwd=shop)
    assert book.dump() == before


def test_sync__says_what_has_no_room_and_enters_the_others(pb, git, shop, tree, use_policy):
    use_policy("name: two\nranges:\n  - name: all\n    ports: 20000-20089\n    block: 30\n"
               "    slice: 10\n    slices: top\n", "--keep-entries")
    paths = [tree(name) for name in ("a", "b", "c")]
    run = pb.fails(4, "worktree", "sync", "--json", cwd=shop)
    rows = rows_of(run.json)
    assert [rows[str(path)]["action"] for path in paths] == ["entered", "entered", "refused"]
    assert "has room for 3 instances" in rows[str(paths[2])]["message"]
    assert len(instances(pb)) == 2
    text = pb.fails(4, "worktree", "sync", cwd=shop)
    assert "refused" in text.out and "has room for 3 instances" in text.out


def test_sync__refuses_a_path_that_the_book_cannot_have_and_goes_on(pb, shop, tree):
    odd, fine = tree("odd", path=shop.parent / "a\nb"), tree("z")
    run = pb.fails(2, "worktree", "sync", "--json", cwd=shop)
    rows = rows_of(run.json)
    assert rows[str(odd)]["action"] == "refused" and rows[str(fine)]["action"] == "entered"
    assert "\n" not in pb.fails(2, "worktree", "sync", cwd=shop).out.strip().partition("\n")[2]


def test_sync__of_all_projects(pb, git, shop, tree, project_dir, answer):
    fix = tree("fix")
    other = project_dir("other")
    pb.ok("get", "web", cwd=other)
    other_fix = other.parent / "other-fix"
    git(other, "worktree", "add", "-q", other_fix)
    pb.ok("project", "add", "nowhere", "--path", pb.base / "nowhere")
    pb.ok("project", "add", "no-git", "--path", pb.work)
    said = answer("worktree sync", "--all")
    assert said["entered"] == 2
    assert instances(pb)[2][1] == str(fix) and instances(pb, "other")[2][1] == str(other_fix)


def test_sync__in_a_repository_that_is_new_enters_its_project(pb, git, project_dir, answer):
    blog = project_dir("blog")
    git(blog, "worktree", "add", "-q", blog.parent / "fix")
    assert answer("worktree sync", cwd=blog)["entered"] == 1
    assert pb.json("project", "show", "blog")["project"]["path"] == str(blog)


def test_sync__repository_that_cannot_be_read_is_no_reason_to_release(pb, git, shop, tree, error):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    shutil.rmtree(fix)
    shutil.rmtree(shop / ".git" / "worktrees")
    (shop / ".git" / "worktrees").write_text("")
    error("io", "worktree sync", cwd=shop)
    assert list(instances(pb)) == [2]
    run = pb("worktree", "sync", "--all", check=True)
    assert "'shop' is left out" in run.err
    assert list(instances(pb)) == [2]


# --- worktree add

@pytest.mark.sanitize
def test_add__makes_a_worktree_with_the_main_checkouts_services(pb, git, shop):
    pb.ok("get", "api", "--type", "api", cwd=shop)
    pb.ok("get", "dns", "--udp", cwd=shop)
    fix = shop.parent / "fix"
    run = pb("worktree", "add", "../fix", cwd=shop, check=True)
    assert git(fix, "branch", "--show-current").strip() == "fix"
    assert instances(pb) == {2: ("fix", str(fix))}
    assert {(p["serviceName"], p["protocol"]) for p in pb.json("list", "--project", "shop@2")[
        "ports"]} == {("web", "tcp"), ("api", "tcp"), ("dns", "udp")}
    assert "WEB_PORT=3190\n" in (fix / ".ports.env").read_text()
    assert "shop@2, " in run.out and "web: 3190" in run.out and f"wrote {fix}/.ports.env" in run.out
    assert git(fix, "status", "--porcelain") == ""


def test_add__enters_what_is_declared(pb, git, shop):
    (shop / "portbook.yaml").write_text("project: shop\nservices:\n  web: {}\n  db: {}\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "declare")
    said = pb.json("worktree", "add", "../fix", cwd=shop)
    assert {p["serviceName"] for p in said["ports"]} == {"web", "db"}
    assert said["instance"]["instance"] == 2 and said["written"]


def test_add__gives_gits_options_to_git(pb, git, shop):
    git(shop, "branch", "old")
    pb.ok("worktree", "add", "../a", "-b", "new", "HEAD", cwd=shop)
    pb.ok("worktree", "add", "../b", "old", cwd=shop)
    pb.ok("worktree", "add", "--detach", "--lock", "../c", "--", "--reason", "a drive", cwd=shop)
    pb.ok("worktree", "add", "../d", "--", "-B", "old2", "--no-checkout", cwd=shop)
    listed = list_of(git, shop)
    assert "refs/heads/new\n" in listed and "refs/heads/old\n" in listed
    assert "detached\nlocked a drive\n" in listed and "refs/heads/old2\n" in listed
    assert not (shop.parent / "d" / "README.md").exists()
    assert len(instances(pb)) == 4


@pytest.mark.sanitize
def test_add__what_git_refuses_enters_nothing(pb, git, shop, tree, book):
    fix = tree("fix")
    before = book.dump()
    run = pb.fails(2, "worktree", "add", fix, cwd=shop)
    assert "already exists" in run.err and "git refused" in run.err
    said = pb.fails(2, "worktree", "add", "../x", "no-such-commit", "--json", cwd=shop)
    assert "no-such-commit" in said.json["error"]["message"] and said.err == ""
    assert book.dump() == before


def test_add__what_the_book_refuses_is_not_made(pb, git, shop, tree, use_policy):
    use_policy("name: two\nranges:\n  - name: all\n    ports: 20000-20099\n    block: 20\n"
               "    slice: 10\n    slices: top\n", "--keep-entries")
    pb.ok("worktree", "add", "../a", cwd=shop)
    run = pb.fails(4, "worktree", "add", "../b", cwd=shop)
    assert "has room for 2 instances" in run.err
    assert not (shop.parent / "b").exists()
    assert "branch refs/heads/b\n" not in list_of(git, shop)
    run = pb.fails(2, "worktree", "add", "../two\nlines", cwd=shop)
    assert "control characters" in run.err and not (shop.parent / "two\nlines").exists()


def test_add__book_that_cannot_be_opened_makes_no_worktree(pb, shop):
    damaged = pb.base / "damaged.db"
    damaged.write_bytes(b"no book" * 1000)
    pb.fails(5, "worktree", "add", "../fix", cwd=shop, env={"PORTBOOK_BOOK": damaged})
    assert not (shop.parent / "fix").exists()


def test_add__option_in_the_place_of_the_path_is_refused(pb, shop):
    run = pb.fails(2, "worktree", "add", "--", "-b", "fix", "../fix", cwd=shop)
    assert "stands where the path has to be" in run.err
    assert not (shop.parent / "fix").exists()


def test_add__without_git_says_so(pb, shop):
    run = pb.fails(1, "worktree", "add", "../fix", cwd=shop, env={"PATH": "/nonexistent"})
    assert "there is no git on PATH" in run.err


def test_add__from_a_hook_of_another_repository(pb, git, shop, project_dir):
    """git runs hooks with GIT_DIR and its like set; ours goes by the directory."""
    other = project_dir("other")
    env = {"GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_INDEX_FILE": other / "index",
           "GIT_PREFIX": "sub/"}
    pb.ok("worktree", "add", "../fix", cwd=shop, env=env)
    assert "/fix\n" in list_of(git, shop)
    assert "/fix\n" not in list_of(git, other)


def test_add__path_with_blanks_in_a_repository_with_blanks(pb, git, project_dir):
    shop = project_dir("my shop")
    pb.ok("worktree", "add", "../a 'new' one", "-b", "new", cwd=shop)
    assert (shop.parent / "a 'new' one" / ".ports.env").exists()


def test_add__two_at_once(pb, git, shop):
    runs = [pb.start("worktree", "add", f"../{name}", cwd=shop) for name in ("a", "b")]
    for run in runs:
        out, err = run.communicate(timeout=60)
        assert run.returncode == 0, err
    assert sorted(path for _, path in instances(pb).values()) == [
        str(shop.parent / name) for name in ("a", "b")]


def waits_for_lock(pid):
    return any("-> FLOCK" in line and line.split()[5] == str(pid)
               for line in Path("/proc/locks").read_text().splitlines())


def test_add__waits_for_another_of_the_same_repository(pb, shop):
    """A git that adds a worktree fails where it reads what another has half written."""
    git_folder = os.open(shop / ".git", os.O_RDONLY)
    fcntl.flock(git_folder, fcntl.LOCK_EX)
    run = pb.start("worktree", "add", "../fix", cwd=shop)
    while not waits_for_lock(run.pid):
        assert run.poll() is None
    assert not (shop.parent / "fix").exists()
    os.close(git_folder)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 0 and (shop.parent / "fix").exists(), err


def test_add__does_not_ignore_what_is_ignored_or_tracked(pb, git, shop):
    exclude = shop / ".git" / "info" / "exclude"
    (shop / ".gitignore").write_text(".ports.env\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "ignore")
    pb.ok("worktree", "add", "../a", cwd=shop)
    assert ".ports.env" not in (exclude.read_text() if exclude.exists() else "")
    (shop / ".gitignore").write_text("")
    (shop / ".ports.env").write_text("A=1\n")
    git(shop, "add", "-A", "-f")
    git(shop, "commit", "-q", "-m", "track")
    pb.ok("worktree", "add", "../b", cwd=shop)
    assert ".ports.env" not in (exclude.read_text() if exclude.exists() else "")
    git(shop, "rm", "-q", ".ports.env")
    git(shop, "commit", "-q", "-m", "neither")
    for name in ("c", "d"):
        pb.ok("worktree", "add", f"../{name}", cwd=shop)
    assert exclude.read_text().splitlines().count(".ports.env") == 1


# --- worktree remove

@pytest.mark.sanitize
def test_remove__takes_the_worktree_and_its_instance_and_nothing_else(pb, git, shop, tree, ports):
    pb.ok("worktree", "add", "../fix", cwd=shop)
    stays = tree("stays")
    pb.ok("get", "web", cwd=stays)
    fix = shop.parent / "fix"
    run = pb("worktree", "remove", "../fix", cwd=shop, check=True)
    assert run.out == f"removed {fix}\nreleased 3190 (shop@2/web)\n"
    assert not fix.exists() and "fix\n" not in list_of(git, shop)
    assert instances(pb) == {3: ("stays", str(stays))}
    assert ports() == {3100: "shop/web", 3180: "shop/web"}


@pytest.mark.sanitize
def test_remove__what_git_refuses_keeps_its_ports(pb, git, shop, tree, book):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    (fix / "work").write_text("not committed")
    before = book.dump()
    run = pb.fails(2, "worktree", "remove", fix, cwd=shop)
    assert "untracked files" in run.err
    assert book.dump() == before and (fix / "work").exists()
    said = pb.fails(2, "worktree", "remove", fix, "--json", cwd=shop).json
    assert "untracked files" in said["error"]["message"]
    pb.ok("worktree", "remove", fix, "--force", cwd=shop)
    assert instances(pb) == {} and not fix.exists()


def test_remove__locked_worktree_stays_until_forced_twice(pb, git, shop, tree, book):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    git(shop, "worktree", "lock", fix)
    before = book.dump()
    pb.fails(2, "worktree", "remove", fix, cwd=shop)
    pb.fails(2, "worktree", "remove", fix, "--force", cwd=shop)
    assert book.dump() == before and fix.exists()
    pb.ok("worktree", "remove", fix, "--force", "--", "--force", cwd=shop)
    assert instances(pb) == {}


@pytest.mark.parametrize("where", ["main", "inside", "elsewhere"])
def test_remove__from_anywhere_and_by_the_end_of_its_path(pb, shop, tree, where):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    cwd = {"main": shop, "inside": fix, "elsewhere": pb.work}[where]
    name = {"main": "fix", "inside": ".", "elsewhere": fix}[where]
    pb.ok("worktree", "remove", name, cwd=cwd)
    assert instances(pb) == {} and not fix.exists()


def test_remove__end_of_a_path_that_two_have_is_nobodys(pb, shop, tree):
    tree("a", path=shop.parent / "one" / "app")
    tree("b", path=shop.parent / "two" / "app")
    run = pb.fails(1, "worktree", "remove", "app", cwd=shop)
    assert "no worktree" in run.err


def test_remove__of_one_that_git_removed_releases_its_ports(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    git(shop, "worktree", "remove", fix)
    run = pb("worktree", "remove", fix, check=True)
    assert "released 3190" in run.out
    assert instances(pb) == {}
    assert "no worktree" in pb.fails(1, "worktree", "remove", fix, cwd=shop).err


def test_remove__of_one_whose_folder_was_deleted(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    shutil.rmtree(fix)
    pb.ok("worktree", "remove", fix, cwd=shop)
    assert instances(pb) == {} and "/fix\n" not in list_of(git, shop)


def test_remove__of_one_that_moved_and_was_not_used_since(pb, git, shop, tree):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    git(shop, "worktree", "move", fix, new)
    pb.ok("worktree", "remove", new, cwd=shop)
    assert instances(pb) == {} and not new.exists()


def test_remove__of_one_without_ports_is_gits_alone(pb, git, project_dir, book):
    blog = project_dir("blog")
    git(blog, "worktree", "add", "-q", "../fix")
    before = book.dump()
    run = pb("worktree", "remove", "../fix", cwd=blog, check=True)
    assert run.out == f"removed {blog.parent / 'fix'}\n" and run.err == ""
    assert book.dump() == before and not (blog.parent / "fix").exists()


def test_remove__main_checkout_is_refused(pb, shop, tree):
    tree("fix")
    run = pb.fails(2, "worktree", "remove", shop, cwd=shop)
    assert "main checkout" in run.err and shop.exists()


def test_remove__dry_run_removes_nothing(pb, shop, tree, book):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    before = book.dump()
    run = pb("worktree", "remove", fix, "--dry-run", cwd=shop, check=True)
    assert run.out == f"would remove {fix}\nwould release 3190 (shop@2/web)\n"
    assert book.dump() == before and fix.exists()


def test_remove__asks_where_somebody_listens(pb, shop, tree, listen):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    listen(3190)
    run = pb.fails(3, "worktree", "remove", fix, cwd=shop)
    assert "listens on port 3190 of 'shop@2/web'" in run.err and "--yes" in run.err
    assert fix.exists() and list(instances(pb)) == [2]
    pb.ok("worktree", "remove", fix, "--yes", cwd=shop)
    assert instances(pb) == {}


def test_remove__operation_refuses_while_git_has_the_worktree(pb, shop, tree):
    """Git first: else an instance would be given back under a worktree in use."""
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    fake = pb.base / "fake"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nexit 0\n")
    (fake / "git").chmod(0o755)
    run = pb.fails(3, "worktree", "remove", fix, cwd=shop, env={"PATH": f"{fake}:{os.environ['PATH']}"})
    assert "git still has the worktree" in run.err
    assert list(instances(pb)) == [2]


def test_remove__book_that_cannot_be_written_keeps_the_worktree(pb, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    damaged = pb.base / "damaged.db"
    damaged.write_bytes(b"no book" * 1000)
    pb.fails(5, "worktree", "remove", fix, cwd=shop, env={"PORTBOOK_BOOK": damaged})
    assert fix.exists()


def test_remove__killed_between_git_and_the_book_is_finished_by_the_next(pb, git, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    fake = pb.base / "fake"
    fake.mkdir()
    (fake / "git").write_text('#!/bin/sh\nPATH=${PATH#*:}\ngit "$@" || exit\n'
                              'case "$*" in *"worktree remove"*) kill -9 $PPID;; esac\n')
    (fake / "git").chmod(0o755)
    run = pb("worktree", "remove", fix, cwd=shop, env={"PATH": f"{fake}:{os.environ['PATH']}"})
    assert run.code == -9 and not fix.exists() and list(instances(pb)) == [2]
    pb.ok("worktree", "remove", fix, cwd=shop)
    assert instances(pb) == {}


def test_remove__gits_signal_is_said(pb, shop, tree):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    fake = pb.base / "fake"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\nkill -9 $$\n")
    (fake / "git").chmod(0o755)
    run = pb.fails(5, "worktree", "remove", fix, cwd=shop,
                   env={"PATH": f"{fake}:{os.environ['PATH']}"})
    assert "signal 9" in run.err and list(instances(pb)) == [2]


def test_git__has_the_usual_signals(pb, shop):
    """portbook ignores SIGPIPE; git must not, or `git log | head` in a hook would go on."""
    fake = pb.base / "fake"
    fake.mkdir()
    (fake / "git").write_text("#!/bin/sh\ngrep SigIgn /proc/self/status >&2\nexit 1\n")
    (fake / "git").chmod(0o755)
    run = pb.fails(2, "worktree", "add", "../fix", cwd=shop,
                   env={"PATH": f"{fake}:{os.environ['PATH']}"})
    ignored = int(run.err.split("SigIgn:")[1].split()[0], 16)
    assert not ignored & (1 << 12 | 1 << 24 | 1 << 1 | 1 << 2), hex(ignored)


# --- as an ordinary user

def test_worktree__commands_of_an_ordinary_user(pb, as_nobody):
    base = pb.base / "nobody"
    base.mkdir()
    os.chown(base, 65534, 65534)
    for path in (pb.base, *pb.base.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    shop = base / "shop"
    for words in (["init", "-q", "-b", "main", shop],
                  ["-C", shop, "commit", "-q", "--allow-empty", "-m", "start"]):
        run = as_nobody("git", "-c", "user.name=n", "-c", "user.email=n@example.invalid", *words,
                        cwd=base)
        assert run.returncode == 0, run.stderr
    pb.ok("get", "web", cwd=shop, user=65534)
    pb.ok("hook", "install", "git", cwd=shop, user=65534)
    run = as_nobody("git", "-C", shop, "worktree", "add", "-q", "../a")
    assert run.returncode == 0 and "WEB_PORT=3190" in (base / "a" / ".ports.env").read_text()
    pb.ok("worktree", "add", "../b", cwd=shop, user=65534)
    assert "WEB_PORT=3180" in (base / "b" / ".ports.env").read_text()
    assert (base / "b" / ".ports.env").stat().st_uid == 65534
    for name in ("a", "b"):
        pb.ok("worktree", "remove", f"../{name}", cwd=shop, user=65534)
    assert [p["port"] for p in pb.json("list", user=65534)["ports"]] == [3100]
    pb.ok("hook", "remove", "git", cwd=shop, user=65534)


def test_worktree_add__what_this_user_may_not_do_enters_nothing(pb, shop, book):
    """Another user's repository: git refuses, and says so."""
    for path in (pb.base, *pb.base.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    run = pb.fails(2, "worktree", "add", pb.home_of(65534) / "fix", cwd=shop, user=65534)
    assert "dubious ownership" in run.err
    assert pb.json("list", user=65534)["ports"] == []


# --- what other commands take for gone

@MOVES
def test_cleanup__does_not_take_what_moved_for_gone(pb, git, shop, tree, answer, ports, move):
    fix, new = tree("fix"), shop.parent / "moved"
    pb.ok("get", "web", cwd=fix)
    move(git, shop, fix, new)
    if move is move_by_hand:
        git(shop, "worktree", "repair", new)  # until then nobody but the worktree knows
    assert ports("--orphans") == {}
    said = answer("cleanup", "--orphans", "--instances", "--yes")
    assert said["released"] == [] and ports() == {3100: "shop/web", 3190: "shop/web"}
    assert pb.ok("get", "web", cwd=new) == "3190"


def test_cleanup__leaves_a_locked_worktree_on_a_drive_that_is_away(pb, git, shop, tree, ports):
    fix = tree("fix")
    pb.ok("get", "web", cwd=fix)
    git(shop, "worktree", "lock", fix)
    fix.rename(pb.base / "away")
    assert ports("--orphans") == {}
    pb.ok("cleanup", "--orphans", "--instances", "--yes")
    assert list(instances(pb)) == [2]
    git(shop, "worktree", "unlock", fix)
    git(shop, "worktree", "prune")
    pb.ok("cleanup", "--instances", "--yes")
    assert instances(pb) == {}
