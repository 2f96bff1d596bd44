"""portbook undo: the last change of the book, all of it, back."""

import json
import re
import sqlite3

import pexpect
import pytest


@pytest.fixture
def terminal(pb):
    """terminal("undo"): the program with a person before it."""
    started = []

    def start(*args):
        started.append(pexpect.spawn(str(pb.program), list(args), cwd=str(pb.work), timeout=30,
                                     env=pb.environment(), encoding="utf-8", dimensions=(24, 80)))
        return started[-1]

    yield start
    for child in started:
        child.close(force=True)


def ended(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


@pytest.fixture
def picture(pb):
    """What is entered, as answers say it; released rows and the history do not count.

    Nor does an instance 1 that has nothing: it stands and falls with its project.
    """
    def take():
        entries = pb.json("list")["ports"]
        projects = pb.json("project", "list")["projects"]
        instances = [i for p in projects
                     for i in pb.json("instance", "list", p["projectName"])["instances"]
                     if i["instance"] != 1 or i["services"]]
        return json.dumps([entries, projects, instances, pb.json("reservations")], sort_keys=True)
    return take


@pytest.fixture
def shop(pb, book):
    pb.ok("project", "add", "shop", "--path", "/srv/shop", "--owner", "eva")
    pb.ok("get", "shop/web", "--hostname", "shop.example.org", "--meta", "team=blue")
    pb.ok("allocate", "shop/web")
    pb.ok("get", "shop/api", "--notes", "n", "--type", "api")
    pb.ok("get", "shop@2/web")
    pb.ok("reserve", "4000-4010", "--reason", "printers")
    return book


CHANGES = [
    ["release", "shop/web"],
    ["release", "3100"],
    ["release", "shop", "--all", "--yes"],
    ["release", "shop@2", "--all", "--yes"],
    ["get", "shop/new"],
    ["get", "fresh/web", "--create"],
    ["get", "shop@3/web"],
    ["allocate", "shop/web"],
    ["allocate", "shop/web", "--replace"],
    ["update", "shop/web", "--hostname", "", "--meta", "team=red", "--description", "d"],
    ["update", "shop/web", "--hostname", "other.example.org"],
    ["move", "shop/web", "shop/front"],
    ["move", "shop/api", "shared-services/api"],
    ["register", "shop/postgres", "5433"],
    ["register", "shop/api", "3102", "--legacy"],
    ["project", "add", "other"],
    ["project", "set", "shop", "--owner", "", "--description", "x"],
    ["project", "set", "shop", "--path", ""],
    ["project", "rename", "shop", "store"],
    ["project", "archive", "shop"],
    ["project", "add-block", "shop"],
    ["instance", "add", "shop", "--purpose", "p", "--branch", "b"],
    ["instance", "set", "shop@2", "--purpose", "load"],
    ["reserve", "4005-4020", "--reason", "more"],
    ["reserve", "3190-3195", "--reason", "held", "--for", "shop"],
    ["unreserve", "4003-4005"],
    ["get", "shop/udp", "--udp"],
    ["get", "shop/web", "--env", "test"],
]


@pytest.mark.parametrize("change", CHANGES, ids=" ".join)
def test_undo__makes_the_book_what_it_was(pb, shop, picture, change):
    before = picture()
    pb.ok(*change)
    assert picture() != before
    said = pb.json("undo", "--yes")
    assert picture() == before and said["rows"]
    assert pb.json("history", "--limit", "1")["events"][0]["operation"] == "undo"


def test_undo__goes_back_change_by_change_to_the_beginning(pb, shop, picture):
    seen = [picture()]
    for change in CHANGES[:18]:
        result = pb(*change)
        if result.code == 0 and picture() != seen[-1]:
            seen.append(picture())
    assert len(seen) > 9
    while len(seen) > 1:
        seen.pop()
        pb.ok("undo", "--yes")
        assert picture() == seen[-1]


def test_undo__of_everything_ends_with_an_empty_book(pb, shop):
    for _ in range(6):
        pb.ok("undo", "--yes")
    assert pb.json("list")["count"] == 0
    assert [p["projectName"] for p in pb.json("project", "list")["projects"]] == ["shared-services"]
    last = pb.fails(1, "undo", "--yes")
    assert "not undone: it made the book itself" in last.err


def test_undo__of_an_instance_gives_number_slice_and_worktree_back(pb, shop, picture):
    pb.ok("instance", "set", "shop@2", "--path", "/srv/shop-2", "--branch", "b")
    pb.ok("release", "shop@2", "--all", "--yes")
    before = picture()
    pb.ok("instance", "release", "shop@2")
    pb.ok("undo", "--yes")
    assert picture() == before
    assert pb.ok("get", "shop@2/web") == "3190"


def test_undo__is_one_change_however_many_rows_it_has(pb, shop, picture):
    """And another of the same user in the same millisecond is another."""
    before = picture()
    pb.ok("release", "shop", "--all", "--yes")
    pb.ok("get", "shop/next")
    shop.change("UPDATE events SET at = 1700000000000")
    pb.ok("undo", "--yes")
    assert pb.json("list")["count"] == 0
    pb.ok("undo", "--yes")
    assert picture() == before


def owner_of(pb, project):
    return next(p["owner"] for p in pb.json("project", "list")["projects"]
                if p["projectName"] == project)


def test_undo__of_an_import_takes_all_of_it_back(pb, shop, picture):
    path = pb.base / "ports.md"
    path.write_text("| Project | Service | Port |\n|---|---|---|\n"
                    "| shop | api | 3120 |\n| wiki | web | 3500 |\n| wiki | db | 3501 |\n\n"
                    "| Project Name | Block | Ports | Path | Status | Owner | Date |\n"
                    "|---|---|---|---|---|---|---|\n"
                    "| shop | 3100-3199 | Block 1 | /srv/store | active | bob | 2024-08-31 |\n")
    before = picture()
    for format in ("md", "ports-md"):
        pb.ok("import", path, "--format", format)
    assert owner_of(pb, "shop") == "bob"
    pb.ok("undo", "--yes")
    assert owner_of(pb, "shop") == "eva"
    said = pb.json("undo", "--yes")
    assert said["operation"] == "import" and picture() == before


def test_undo__says_what_cannot_be_undone_and_changes_nothing(pb, shop, error, policy):
    pb.ok("project", "add", "gone")
    pb.ok("project", "remove", "gone")
    why = error("invalid", "undo", "--yes")
    assert "'project-remove' of 'gone' cannot be undone" in why["message"]
    assert "project add NAME --number" in why["hint"]
    pb.ok("get", "shop/later")
    pb.ok("undo", "--yes")  # what came after it can
    error("invalid", "undo", "--yes")


def test_undo__of_a_policy_names_the_way_back(pb, book, error, policy):
    policy("types")
    why = error("invalid", "undo", "--yes")
    assert "policy use" in why["hint"]


def test_undo__refuses_a_port_that_another_has_by_now(pb, shop, error):
    """Only who writes past portbook can bring that about, or a restore."""
    pb.ok("release", "3102")
    shop.change("UPDATE port_allocations SET port_number = 3102 WHERE port_number = 3101")
    why = error("taken", "undo", "--yes")
    assert "port 3102 of 'shop/api' belongs to 'shop/web' now" in why["message"]
    assert why["holder"]["serviceName"] == "web"
    assert pb.json("list", "--status", "released")["count"] == 1


def test_undo__refuses_a_row_that_is_no_longer_as_it_was_left(pb, shop, error):
    pb.ok("update", "shop/api", "--notes", "second")
    shop.change("UPDATE port_allocations SET notes = 'third' WHERE service_name = 'api'")
    assert "no longer as the change has left it" in error("taken", "undo", "--yes")["message"]


def test_undo__of_a_book_of_before_keeps_its_changes_apart(pb, shop):
    """Their numbers have no gaps: their times tell."""
    db = sqlite3.connect(shop.path)
    with db:
        rows = db.execute("SELECT seq FROM events ORDER BY seq").fetchall()
        for number, (seq,) in enumerate(rows, 1):
            db.execute("UPDATE events SET seq = ?, at = ? WHERE seq = ?", (number, number, seq))
    db.close()
    assert len(pb.json("undo", "--yes")["rows"]) == 1


def test_dry_run__changes_nothing_and_says_what_would_be(pb, shop):
    pb.ok("release", "shop/web")
    before = shop.dump()
    result = pb("undo", "--dry-run", check=True)
    assert shop.dump() == before
    assert re.search(r"^would undo release by \S+, 20\d\d-\d\d-\d\d \d\d:\d\d UTC:$", result.out,
                     re.MULTILINE)
    assert "shop/web (port 3100) put back" in result.out and "trial run" in result.err


def test_answer__fits_its_schema(pb, shop, answer):
    pb.ok("release", "shop/web")
    trial = answer("undo", "--dry-run")
    assert trial["dryRun"] and trial["operation"] == "release"
    assert {row["port"] for row in trial["rows"]} == {3100, 3101}
    assert answer("undo", "--yes")["change"] == trial["change"]


def test_question__is_asked_and_where_nobody_is_it_is_refused(pb, shop):
    refused = pb.fails(2, "undo")
    assert "undo asks first" in refused.err and "portbook undo --yes" in refused.err


def test_change__that_another_overtook_is_refused(pb, shop, terminal):
    """What was asked about is undone, or nothing."""
    pb.ok("release", "shop/web")
    child = terminal("undo")
    child.expect("Undo it\\? ")
    pb.ok("get", "shop/between")
    child.sendline("y")
    child.expect("came after the change that is meant")
    assert ended(child) == 1
    child = terminal("undo")
    child.expect("shop/between .*released")
    child.expect("Undo it\\? ")
    child.sendline("y")
    child.expect("undone: allocate")
    assert ended(child) == 0
    child = terminal("undo")
    child.expect("Undo it\\? ")
    child.sendline("n")
    child.expect("nothing is undone")
    assert ended(child) == 1


def test_undo__says_what_goes_where_a_name_is_that_of_several_things(pb, project_dir):
    pb.ok("get", "web", cwd=project_dir("shop"))
    said = pb.ok("undo", "--dry-run").splitlines()
    assert [line.strip() for line in said[1:]] == [
        "shop/web (port 3100) released", "a block of shop removed", "the project shop removed"]
