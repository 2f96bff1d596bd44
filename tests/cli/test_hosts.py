"""Machines that share a book: two configurations act as two machines, beside each engine."""

import shutil
import sqlite3

import pytest


class Machine:
    """The program with a configuration of its own, and so a name of its own in the book."""

    def __init__(self, pb, name, book):
        self.pb, self.name = pb, name
        self.folder = pb.base / "machines" / name
        config = self.folder / "config" / "portbook" / "config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text(f"host: {name}\n" if name else "")
        self.env = {"XDG_CONFIG_HOME": self.folder / "config", "PORTBOOK_BOOK": book}

    def __call__(self, *args, **options):
        return self.pb(*args, env=self.env, **options)

    def ok(self, *args, **options):
        return self.pb.ok(*args, env=self.env, **options)

    def json(self, *args, **options):
        return self.pb.json(*args, env=self.env, **options)

    def fails(self, code, *args, **options):
        return self.pb.fails(code, *args, env=self.env, **options)

    def listed(self, *args):
        return {(p["host"], p["port"], f"{p['projectName']}@{p['instance']}/{p['serviceName']}")
                for p in self.json("list", *args)["ports"]}

    def checkout(self, git, name):
        """A repository that this machine alone has."""
        path = self.folder / name
        path.mkdir()
        git(path, "init", "-q", "-b", "main")
        git(path, "-c", "user.name=T", "-c", "user.email=t@example.invalid", "commit", "-q",
            "--allow-empty", "-m", "start")
        return path


@pytest.fixture(params=["sqlite", "postgres"])
def book(request, pb):
    if request.param == "sqlite":
        return pb.base / "shared.db"
    return request.getfixturevalue("shared").url()


@pytest.fixture
def laptop(pb, book):
    return Machine(pb, "laptop", book)


@pytest.fixture
def build1(pb, book):
    return Machine(pb, "build1", book)


def away(path):
    """As seen from another machine: nothing is there."""
    path.rename(path.with_name(path.name + ".away"))


def test_service__has_its_own_port_on_each_machine_and_the_project_its_number(laptop, build1):
    assert laptop.ok("get", "shop/web", "--create") == "3100"
    assert build1.ok("get", "shop/api") == "3100"
    assert build1.ok("get", "shop/web") == "3101"
    assert laptop.ok("get", "shop/web") == "3100"
    both = {("laptop", 3100, "shop@1/web"), ("build1", 3100, "shop@1/api"),
            ("build1", 3101, "shop@1/web")}
    assert laptop.listed() == build1.listed() == both
    assert laptop.listed("--host", "build1") == {e for e in both if e[0] == "build1"}
    build1.ok("release", "shop/web")
    assert laptop.listed("--search", "web") == {("laptop", 3100, "shop@1/web")}


def test_status__shows_all_machines_and_how_full_this_one_is(laptop, build1):
    laptop.ok("get", "shop/web", "--create")
    build1.ok("get", "shop/web")
    build1.ok("get", "blog/web", "--create")
    said = laptop.json("status")
    assert said["host"] == "laptop"
    assert said["hosts"] == [
        {"host": "build1", "services": 2, "allocatedPorts": 2, "thisMachine": False},
        {"host": "laptop", "services": 1, "allocatedPorts": 1, "thisMachine": True}]
    assert said["summary"]["services"] == said["summary"]["allocatedPorts"] == 3
    used = {p["projectName"]: p["allocatedPorts"] for p in said["projects"]}
    assert used == {"shop": 1, "blog": 0}
    shown = laptop.ok("status")
    assert "3 services across 2 projects on 2 hosts" in shown
    assert "\n  web: 3200  on build1\n" in shown and "\n  web: 3100\n" in shown
    only = laptop.json("status", "--host", "build1")
    assert [h["host"] for h in only["hosts"]] == ["build1"]
    assert {s["host"] for p in only["projects"] for s in p["services"]} == {"build1"}


def test_show__names_the_machine_and_the_others(laptop, build1):
    laptop.ok("get", "shop/web", "--create")
    build1.ok("get", "shop/web")
    said = laptop.json("show", "shop")
    assert (said["host"], said["otherHosts"]) == (
        "laptop", [{"host": "build1", "allocatedPorts": 1}])
    assert "\nhost       laptop; also build1 (1 port)\n" in laptop.ok("show", "shop")


def test_observed__of_another_machine_is_unknown_and_its_ports_are_nobodys_here(
        laptop, build1, listen):
    build1.ok("get", "shop/web", "--create")
    assert [p["state"] for p in laptop.json("list", "--live")["ports"]] == ["unknown"]
    assert laptop.json("audit")["summary"]["allocated"] == 0
    listen(3100)
    assert laptop("check", "3100", "--host", "build1", json=True).json["ports"][0]["state"] == \
        "unknown"


def test_free__of_another_machines_port_is_refused_and_names_the_machine(laptop, build1):
    build1.ok("get", "shop/web", "--create")
    run = laptop.fails(1, "free", "shop/web")
    assert "'shop/web' has its port on 'build1' (3100), and none on 'laptop'" in run.err
    for command in ("free", "recover"):
        run = laptop.fails(2, command, "shop/web", "--host", "build1")
        assert "'build1' is another machine" in run.err and "'laptop' in the book" in run.err


@pytest.mark.parametrize("command", [["audit"], ["listeners"], ["cleanup"],
                                     ["adopt", "--dry-run"]])
def test_machine__that_is_another_is_not_looked_at(laptop, command):
    run = laptop.fails(2, *command, "--host", "build1")
    assert "'build1' is another" in run.err and "'laptop' in the book" in run.err
    assert run.out == ""
    root = ["--root", laptop.folder] if command[0] == "adopt" else []
    assert "another" not in laptop(*command, "--host", "Laptop", *root).err


def test_release__names_what_other_machines_keep(laptop, build1):
    laptop.ok("get", "shop/web", "--create")
    run = build1("release", "shop/web")
    assert "nothing to release" in run.err
    assert "shop/web in dev on laptop stays as it is (port 3100)" in run.err
    assert laptop.listed() == {("laptop", 3100, "shop@1/web")}


def test_orphan__is_none_where_the_path_may_be_another_machines(laptop, build1, git):
    shop = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=shop)
    build1.ok("get", "shop/web")
    away(shop)
    for machine in (build1, laptop):
        assert machine.listed("--orphans") == set()
        assert machine.json("cleanup")["count"] == 0


def test_orphan__is_one_where_the_project_is_on_this_machine_alone(laptop, build1, git):
    shop = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=shop)
    build1.ok("get", "blog/web", "--create")
    away(shop)
    assert build1.listed("--orphans") == set() and build1.json("cleanup")["count"] == 0
    assert laptop.listed("--orphans") == {("laptop", 3100, "shop@1/web")}


def test_release__of_all_names_the_machine_of_each(laptop, build1):
    laptop.ok("get", "shop/web", "--create")
    build1.ok("get", "shop/api")
    assert "released 3100 (shop/api)  on build1" in laptop.ok("release", "shop", "--all",
                                                              "--yes").splitlines()
    build1.ok("get", "shop/web")
    assert build1.ok("release", "shop/web") == "released 3100 (shop/web)"


@pytest.mark.parametrize("book", ["sqlite"], indirect=True)
def test_report__is_about_this_machine(laptop, build1, book, git):
    shop = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=shop)
    build1.ok("get", "shop/web")
    build1.ok("get", "blog/web", "--create")
    away(shop)
    with sqlite3.connect(book) as db:
        for table, column in (("port_allocations", "allocated_at"), ("projects", "created_at")):
            db.execute(f"UPDATE {table} SET {column} = {column} - ?", (90 * 86_400_000,))
    said = laptop.json("cleanup", "--report")
    assert [(p["projectName"], p["ports"], p["isGone"]) for p in said["inactive"]] == [
        ("shop", 1, False)]


def test_worktree__of_another_machine_is_left_alone_by_cleanup(laptop, build1, git):
    shop = laptop.checkout(git, "shop")
    fix = laptop.folder / "shop-fix"
    git(shop, "worktree", "add", "-q", fix)
    laptop.ok("get", "web", cwd=shop)
    laptop.ok("get", "web", cwd=fix)
    # What the other machine sees: neither the repository nor the worktree.
    shutil.rmtree(fix)
    away(shop)
    said = build1.json("cleanup", "--yes")
    assert (said["count"], said["instances"]) == (0, [])
    assert len(laptop.listed()) == 2
    assert build1.json("worktree", "list", "--all")["worktrees"] == []


def test_path__of_another_machine_accuses_nobody(laptop, build1, git, serve):
    shop = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=shop)
    away(shop)
    build1.ok("get", "shop/web")
    there = build1.folder / "srv"
    there.mkdir()
    serve("python3", "-c", "import socket, sys\ns = socket.create_server(('127.0.0.1', 3100))\n"
          "print('listening', flush=True)\nsys.stdin.read()", cwd=there)
    said = build1("audit", json=True).json
    assert [(row["verdict"], row["reason"]) for row in said["unverified"]] == [
        ("unknown", "the project is on another machine, too, and its path may be the one there")]
    assert said["conflicts"] == []


def test_checkout__of_the_same_project_on_another_machine_is_said_by_init(laptop, build1, git):
    there = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=there)
    away(there)
    here = build1.checkout(git, "shop")
    first = build1("get", "web", cwd=here)
    assert first.out == "3200\n"
    assert "portbook undo, then portbook init --project shop" in first.err
    build1.ok("undo", "--yes", cwd=here)
    run = build1("init", "--project", "shop", cwd=here)
    assert "as instance 2 of 'shop'" in run.err
    assert build1.ok("get", "web", cwd=here) == "3190"
    assert build1.json("where", cwd=here)["project"]["projectName"] == "shop"
    rows = build1.json("worktree", "list", cwd=here)["worktrees"]
    assert [(r["instance"], r["state"], r["services"]) for r in rows] == [(2, "main", 1)]
    rows = build1.json("instance", "list", "shop")["instances"]
    assert [(r["instance"], r["host"], r["services"]) for r in rows] == [
        (1, "laptop", 0), (2, "build1", 1)]
    assert "HOST" in build1.ok("instance", "list", "shop")
    assert laptop.listed() == {("laptop", 3100, "shop@1/web"), ("build1", 3190, "shop@2/web")}


def test_checkout__that_is_here_twice_is_no_other_machines(laptop, build1, git):
    one = laptop.checkout(git, "shop")
    laptop.ok("get", "web", cwd=one)
    build1.ok("get", "shop/web")
    other = laptop.folder / "more"
    other.mkdir()
    assert "lives in" in laptop.fails(3, "init", "--project", "shop", cwd=other).err


def test_completion__knows_the_machines_of_any_policy(pb):
    book = pb.base / "shared.db"
    laptop, build1 = Machine(pb, "laptop", book), Machine(pb, "build1", book)
    laptop.ok("policy", "use", "environments")
    build1.ok("get", "shop/web", "--create")
    offered = laptop.ok("__complete", "--", "list", "--host", "").splitlines()
    assert [line.split("\t")[0] for line in offered[:-1]] == ["laptop", "build1"]


@pytest.mark.parametrize("name", ["Build_1.example.org", "a", "x" * 63])
def test_name__of_a_machine_is_folded_like_other_names(pb, name):
    machine = Machine(pb, name, pb.base / "shared.db")
    assert machine.json("get", "shop/web", "--create")["host"] == name.lower()


def test_shared_book__warns_of_machines_without_a_name(pb, empty):
    nobody = Machine(pb, "", empty.url())
    words = "this machine is 'localhost' in a shared book"
    assert words in nobody("setup").err and "host: NAME" in nobody("setup").err
    assert any(words in notice for notice in nobody.json("setup", "--dry-run")["notices"])
    assert words in nobody("status").err
    found = [c for c in nobody.json("doctor")["checks"] if c["check"] == "host"]
    assert [c["severity"] for c in found] == ["warning"] and "host: NAME" in found[0]["remedy"]
    named = Machine(pb, "laptop", empty.url())
    assert named("status").err == "" and named("setup").err == ""
    assert not [c for c in named.json("doctor")["checks"] if c["check"] == "host"]


def test_shared_book__takes_nothing_for_gone_where_the_machine_has_no_name(pb, shared, git):
    nobody = Machine(pb, "", shared.url())
    shop = nobody.checkout(git, "shop")
    nobody.ok("get", "web", cwd=shop)
    shutil.rmtree(shop)
    run = nobody("cleanup")
    assert "no directory is taken for gone" in run.err
    assert nobody.listed() == {("localhost", 3100, "shop@1/web")}
    assert nobody.listed("--orphans") == set()
