"""portbook cleanup: what nobody needs any more is given back, and nothing else."""

import json
import shutil

import jsonschema
import pytest
from clilib import TOP

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def repository(pb, project_dir, git):
    """A repository with a worktree, both with ports: (its folder, the worktree's)."""
    folder, worktree = project_dir("shop"), pb.base / "shop-fix"
    git(folder, "worktree", "add", "-q", worktree)
    pb.ok("get", "web", cwd=folder)
    pb.ok("get", "web", cwd=worktree)
    pb.ok("get", "api", cwd=worktree)
    return folder, worktree


@pytest.fixture
def folder(pb):
    """folder("name"): a directory that is a project, with a web."""
    def make(name, *args):
        path = pb.base / name
        path.mkdir()
        pb.ok("init", path, "--project", name)
        pb.ok("get", f"{name}/web", *args)
        return path
    return make


def old(book, service, days):
    book.change("UPDATE port_allocations SET allocated_at = allocated_at - ?"
                " WHERE service_name = ?", days * DAY, service)


def names(rows):
    return sorted(f"{r['projectName']}/{r['serviceName']}" for r in rows)


def test_orphan__of_a_project_that_is_gone_is_released(pb, folder, answer, ports):
    gone = folder("gone")
    folder("here")
    shutil.rmtree(gone)
    said = answer("cleanup")
    assert names(said["released"]) == ["gone/web"] and said["count"] == 1
    assert said["released"][0]["reason"] == "orphan"
    assert said["released"][0]["why"] == f"'{gone}' is no more"
    assert list(ports().values()) == ["here/web"]
    assert answer("cleanup")["count"] == 0


def test_orphan__of_another_machine_is_none(pb, folder, answer):
    shutil.rmtree(folder("gone"))
    pb.ok("--host", "build1", "get", "far/web", "--create")
    pb.ok("project", "set", "far", "--path", pb.base / "far")
    answer("cleanup")
    assert [p["host"] for p in pb.json("list")["ports"]] == ["build1"]


def test_worktree__that_is_gone_gives_its_ports_back_and_its_instance_when_git_forgets_it(
        pb, repository, git, answer):
    folder, worktree = repository
    shutil.rmtree(worktree)
    said = answer("cleanup")
    assert names(said["released"]) == ["shop/api", "shop/web"] and said["instances"] == []
    assert {r["instance"] for r in said["released"]} == {2}
    git(folder, "worktree", "prune")
    said = answer("cleanup")
    assert [i["instance"] for i in said["instances"]] == [2]
    assert "git has no worktree" in said["instances"][0]["why"]
    assert pb.ok("get", "shop/web") == "3100"  # that of the main checkout


def test_instance__goes_with_all_it_holds(pb, repository, git, answer):
    folder, worktree = repository
    git(folder, "worktree", "remove", worktree)
    said = answer("cleanup", "--instances")
    assert said["released"] == [] and said["count"] == 2
    assert names(said["instances"][0]["ports"]) == ["shop/api", "shop/web"]
    assert [i["instance"] for i in pb.json("instance", "list", "shop")["instances"]] == [1]


def test_instance__of_a_worktree_that_was_moved_stays(pb, repository, git, answer):
    folder, worktree = repository
    git(folder, "worktree", "move", worktree, pb.base / "elsewhere")
    said = answer("cleanup", "--instances")
    assert said["instances"] == [] and said["count"] == 0


def test_instance__stays_where_one_of_its_ports_is_needed(pb, repository, git, answer, listen):
    folder, worktree = repository
    git(folder, "worktree", "remove", worktree)
    pid = listen(3190)
    for extra in ([], ["--yes"]):
        said = answer("cleanup", *extra)
        assert said["count"] == 0 and said["instances"] == []
        assert f"python3 (pid {pid}" in said["keptInstances"][0]["kept"]
        assert not said["keptInstances"][0]["needsYes"]


def test_instance__of_a_test_that_has_no_worktree_stays(pb, folder, answer):
    folder("shop")
    pb.ok("instance", "add", "shop", "--purpose", "ci")
    pb.ok("get", "shop@2/web")
    assert answer("cleanup")["count"] == 0


def test_instance__whose_repository_is_gone_too_goes(pb, repository, answer):
    for path in repository:
        shutil.rmtree(path)
    said = answer("cleanup")
    assert [i["instance"] for i in said["instances"]] == [2]
    assert "and its repository are no more" in said["instances"][0]["why"]
    assert pb.json("list")["count"] == 0


def test_temporary__is_released_after_its_time_and_not_while_it_listens(
        pb, folder, book, answer, listen):
    folder("shop")
    port = pb.ok("get", "shop/demo", "--temporary", "--for", "1h")
    assert answer("cleanup")["count"] == 0
    book.change("UPDATE port_allocations SET expires_at = 1000 WHERE service_name = 'demo'")
    assert answer("cleanup", "--orphans")["count"] == 0
    listen(int(port))
    kept = answer("cleanup")["kept"]
    assert names(kept) == ["shop/demo"] and "listens there" in kept[0]["kept"]


def test_temporary__whose_time_is_over_goes(pb, folder, book, answer):
    folder("shop")
    pb.ok("get", "shop/demo", "--temporary", "--for", "1h")
    book.change("UPDATE port_allocations SET expires_at = 1000 WHERE service_name = 'demo'")
    said = answer("cleanup")
    assert names(said["released"]) == ["shop/demo"]
    assert said["released"][0]["reason"] == "expired"


def test_idle__is_only_reported_unless_it_is_asked_for(pb, folder, book, answer):
    folder("shop")
    old(book, "web", 8)
    said = answer("cleanup")
    assert said["count"] == 0 and names(said["idle"]) == ["shop/web"] and said["idleDays"] == 7
    assert said["idle"][0]["why"].startswith("never seen listening, entered 20")
    said = answer("cleanup", "--idle")
    assert names(said["released"]) == ["shop/web"] and said["idle"] == []


def test_idle__says_when_nobody_has_looked(pb, folder, book, listen):
    folder("shop")
    pb.ok("get", "shop/api")
    for service in ("web", "api"):
        old(book, service, 30)
    note = "no audit has seen a port in use for 7 days"
    assert note in pb("cleanup", "--dry-run", check=True).err
    book.change("UPDATE port_allocations SET last_verified_at = allocated_at + ?"
                " WHERE service_name = 'api'", 28 * DAY)
    assert note not in pb("cleanup", "--dry-run", "--idle", check=True).err
    assert "for 1 day:" in pb("cleanup", "--idle", "1", check=True).err


@pytest.mark.parametrize("words, gone", [(["--idle"], True), (["--idle", "8"], True),
                                         (["--idle=9"], False), (["--idle", "9"], False)])
def test_idle__takes_days_or_is_a_week(pb, folder, book, answer, words, gone):
    folder("shop")
    old(book, "web", 8)
    assert answer("cleanup", *words)["count"] == gone


def test_idle__is_not_who_listens_now_or_was_seen(pb, folder, book, answer, listen):
    folder("shop")
    pb.ok("get", "shop/api")
    pb.ok("get", "shop/worker")
    for service in ("web", "api", "worker"):
        old(book, service, 30)
    listen(3100)
    book.change("UPDATE port_allocations SET last_verified_at = allocated_at + ?"
                " WHERE service_name = 'api'", 28 * DAY)
    said = answer("cleanup", "--idle", "7")
    assert names(said["released"]) == ["shop/worker"]
    said = answer("cleanup", "--idle", "1")
    assert names(said["released"]) == ["shop/api"]
    assert said["released"][0]["why"].startswith("not seen listening since 20")
    assert said["released"][0]["lastSeenAt"]


def test_listening__keeps_a_port_whoever_it_is_and_whatever_is_said(pb, folder, answer, listen):
    gone = folder("gone")
    shutil.rmtree(gone)
    pid = listen(3100)
    for extra in ([], ["--yes"], ["--orphans", "--yes"]):
        said = answer("cleanup", *extra)
        assert said["released"] == [] and names(said["kept"]) == ["gone/web"]
        assert f"python3 (pid {pid}" in said["kept"][0]["kept"] and not said["kept"][0]["needsYes"]


@pytest.mark.parametrize("extra, word", [(["--hostname", "shop.example.org"], "shop.example.org"),
                                         (["--env", "production"], "production")])
def test_precious__goes_only_with_yes(pb, folder, answer, extra, word):
    gone = folder("gone")
    pb.ok("release", "gone", "--all", "--yes")
    pb.ok("get", "gone/api", *extra)
    shutil.rmtree(gone)
    said = answer("cleanup")
    assert said["count"] == 0 and said["kept"][0]["needsYes"]
    assert word in said["kept"][0]["kept"]
    assert "(with --yes it goes, too)" in pb.ok("cleanup")
    assert names(answer("cleanup", "--yes")["released"]) == ["gone/api"]


def test_selection__is_only_what_is_asked_for(pb, repository, git, folder, book, answer):
    main, worktree = repository
    gone = folder("gone")
    shutil.rmtree(gone)
    git(main, "worktree", "remove", worktree)
    old(book, "api", 8)
    book.change("UPDATE port_allocations SET allocated_at = allocated_at - ?"
                " WHERE port_number = 3100", 8 * DAY)
    def would(*words):
        said = answer("cleanup", "--dry-run", *words)
        return names(said["released"]), len(said["instances"])
    assert would("--instances") == ([], 1)
    assert would("--orphans") == (["gone/web", "shop/api", "shop/web"], 0)
    assert would("--idle") == (["shop/api", "shop/web"], 0)
    assert would("--instances", "--idle") == (["shop/web"], 1)
    assert would() == (["gone/web"], 1)
    assert would("--project", "shop") == ([], 1)


def test_dry_run__changes_nothing(pb, repository, git, folder, book, answer):
    shutil.rmtree(folder("gone"))
    git(repository[0], "worktree", "remove", repository[1])
    before = book.dump()
    said = answer("cleanup", "--dry-run")
    assert said["dryRun"] and said["count"] == 3 and book.dump() == before
    said = pb("cleanup", "--dry-run", check=True)
    assert "would release 3200 (gone/web)" in said.out and "3 ports and 1 instance" in said.out
    assert book.dump() == before


def test_undo__takes_all_of_it_back(pb, repository, git, folder, answer):
    shutil.rmtree(folder("gone"))
    git(repository[0], "worktree", "remove", repository[1])
    before = pb.json("list"), pb.json("instance", "list", "shop")
    assert answer("cleanup")["count"] == 3
    said = answer("undo", "--yes")
    assert said["operation"] == "cleanup" and len(said["rows"]) == 4
    after = pb.json("list"), pb.json("instance", "list", "shop")
    assert after == before


def test_history__says_what_was_cleaned_and_by_whom(pb, folder):
    shutil.rmtree(folder("gone"))
    pb.ok("cleanup")
    release, cleanup = pb.json("history", "--limit", "2")["events"]
    assert (release["operation"], release["subject"]) == ("release", "gone/web")
    assert (cleanup["operation"], cleanup["subject"]) == ("cleanup", "1 port, 0 instances")
    pb.ok("cleanup")  # nothing is nothing to tell
    assert pb.json("history", "--limit", "1")["events"][0]["seq"] == cleanup["seq"]


def test_clean__is_the_same_by_another_name(pb, folder):
    shutil.rmtree(folder("gone"))
    assert "released 3100 (gone/web)" in pb.ok("clean")


def test_nothing__is_said_to_be_nothing(pb, folder):
    folder("here")
    assert "nothing to clean away" in pb("cleanup", check=True).err


def test_report__names_inactive_projects_owners_and_ranges(pb, folder, book, answer, listen):
    for name in ("quiet", "busy", "fresh"):
        folder(name)
    pb.ok("project", "set", "quiet", "--owner", "eva")
    pb.ok("project", "set", "busy", "--owner", "eva")
    pb.ok("get", "busy/api")
    old(book, "web", 45)
    book.change("UPDATE port_allocations SET allocated_at = allocated_at + ?"
                " WHERE port_number = 3300", 45 * DAY)
    listen(3200)
    before = book.dump()
    said = json_report(pb, "cleanup", "--report")
    assert [p["projectName"] for p in said["inactive"]] == ["quiet"]
    assert said["inactive"][0]["days"] == 45 and not said["inactive"][0]["isGone"]
    assert said["owners"] == [{"owner": "eva", "projects": 2, "ports": 3, "inUse": 1},
                              {"owner": None, "projects": 1, "ports": 1, "inUse": 0}]
    assert {r["rangeName"]: r["allocatedPorts"] for r in said["ranges"]}["projects"] == 4
    assert json_report(pb, "cleanup", "--report", "--idle", "46")["inactive"] == []
    text = pb.ok("cleanup", "--report")
    assert "INACTIVE PROJECT" in text and "quiet" in text and "projects" in text
    none = pb("cleanup", "--report", "--idle", "46", check=True)
    assert none.out.startswith("OWNER") and "no project is inactive for 46 days" in none.err
    assert book.dump() == before


def json_report(pb, *args):
    said = pb.json(*args)
    schema = json.loads((TOP / "schemas" / "cleanup-report.json").read_text())["output"]
    jsonschema.validate(said, schema)
    assert set(said) <= set(schema["properties"])
    return said


def test_report__takes_nothing_of_cleaning(pb):
    assert "--report changes nothing" in pb.fails(2, "cleanup", "--report", "--yes").err
