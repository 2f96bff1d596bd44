"""copy: all of one book into another, of any kind, and comparing two."""

import json
import re
import signal
import subprocess
import time

import pytest

from clilib import on_terminal

FROM_ONE_TO_OTHER = re.compile(r"(\d+)  (ports|projects|lines of history)")


def export(pb, book):
    """The book, whose members may stand in another order: jsonb has its own."""
    return json.loads(pb.ok("export", "--book", book))


@pytest.fixture
def source(pb, shop):
    """A book with all that a book can have; its path."""
    pb.ok("get", "shop/web", "--instance", "2", "--meta", "zz=1", "--meta", "a=it's \"50%\" \\ €")
    pb.ok("release", "shop/api")
    pb.ok("reserve", "7000-7001", "--reason", "@later")
    pb.ok("project", "add", "blog", "--path", pb.work / "blog")
    pb.fails(1, "audit")  # it leaves health checks
    return shop


def copied(answer):
    return answer["records"]["projects"], answer["records"]["allocations"], answer["live"]


# ---- what is copied

def test_copy__to_a_database_and_back_is_the_same_book(pb, source, empty):
    there = pb.json("copy", source, empty.url())
    assert there["made"] == "its tables" and copied(there) == (3, 4, 3)
    back = pb.json("copy", empty.url(), "back.db")
    assert back["made"] == "the book" and back["records"] == there["records"]
    assert export(pb, source) == export(pb, "back.db")
    assert pb.json("copy", "--compare", source, "back.db")["same"]


def test_copy__undo_goes_on_where_it_was(pb, source, shared):
    pb.ok("copy", source, shared.url())
    assert "blog" in pb.ok("undo", "--yes", "--book", shared.url())
    assert "7000-7001" in pb.ok("undo", "--yes", "--book", shared.url())
    assert "put back" in pb.ok("undo", "--yes", "--book", shared.url())
    assert pb.ok("get", "shop/api", "--book", shared.url()) == pb.ok("get", "shop/api")
    # What is new has numbers behind those that were copied.
    last = pb.json("history", "--limit", "1", "--book", shared.url())["events"][0]
    assert last["operation"] == "undo", last


def test_copy__says_what_it_did(pb, source, empty):
    said = pb.ok("copy", source, empty.url())
    counts = {what: int(n) for n, what in FROM_ONE_TO_OTHER.findall(said)}
    assert counts["projects"] == 3 and counts["ports"] == 4
    assert "(1 of the ports are released)" in said
    assert "they are the same" in said and f"book: {empty.url()}" in said
    assert max(map(len, said.replace(empty.url(), "").splitlines())) <= 80


def test_copy__is_the_state_at_one_moment(pb, source, shared):
    with Held(shared) as held:
        process = held.start_copy(pb, source)
        pb.ok("get", "shop/meanwhile")
    assert process.wait() == 0, process.communicate()
    result = pb.fails(1, "copy", "--compare", source, shared.url())
    assert "meanwhile" in result.out and "differ in 2 rows" in result.out, result
    assert "only in the second" not in result.out


def test_copy__gives_a_machine_its_name(pb, source, shared):
    url = ["--book", shared.url()]
    said = pb.ok("copy", source, shared.url(), "--localhost-as", "Build1")
    assert "host  localhost is build1 there" in said and said.endswith("host: build1")
    hosts = {p["host"] for p in pb.json("list", *url)["ports"]}
    assert hosts == {"build1"}
    assert pb.ok("get", "shop/web", "--host", "build1", *url) == pb.ok("get", "shop/web")
    # The history tells of build1, too, so that what was released comes back there.
    for word in ("blog", "7000-7001", "put back"):
        assert word in pb.ok("undo", "--yes", *url)
    api = [p for p in pb.json("list", *url)["ports"] if p["serviceName"] == "api"]
    assert [p["host"] for p in api] == ["build1"]


def test_compare__takes_the_machines_name_into_account(pb, source, shared):
    pb.ok("copy", source, shared.url(), "--localhost-as", "build1")
    assert "The books differ" in pb.fails(1, "copy", "--compare", source, shared.url()).out
    pb.ok("copy", "--compare", source, shared.url(), "--localhost-as", "build1")
    assert "cannot name a host" in pb.fails(2, "copy", source, "x.db", "--localhost-as", "a b").err


# ---- what it refuses

def test_copy__to_a_book_in_use_names_what_is_in_it(pb, source, shared):
    pb.ok("get", "other/web", "--create", "--book", shared.url())
    result = pb.fails(3, "copy", source, shared.url())
    assert "2 projects, 1 ports (0 of them released)" in result.err and "--replace" in result.err
    assert [p["serviceName"] for p in pb.json("list", "--book", shared.url())["ports"]] == ["web"]


def test_copy__replaces_a_book_only_when_told(pb, source, shared):
    pb.ok("get", "other/web", "--create", "--book", shared.url())
    assert "nobody to ask" in pb.fails(2, "copy", source, shared.url(), "--replace").err
    said, status = on_terminal(pb, "copy", source, shared.url(), "--replace", cwd=pb.work,
                               answers=["n"])
    assert status == 1 and "would be forgotten: 2 projects, 1 ports" in said, said
    assert len(pb.json("project", "list", "--book", shared.url())["projects"]) == 2
    said, status = on_terminal(pb, "copy", source, shared.url(), "--replace", cwd=pb.work,
                               answers=["y"])
    assert status == 0 and "is forgotten" in said, said
    assert pb.json("copy", "--compare", source, shared.url())["same"]


@pytest.mark.parametrize("words, code, says", [
    (["SOURCE", "SOURCE"], 2, "both what is copied and where it goes"),
    (["SOURCE", "LINK"], 2, "both what is copied and where it goes"),
    (["DATABASE", "DATABASE&application_name=x"], 2, "both what is copied and where it goes"),
    (["SOURCE", "redis://x"], 2, "cannot open the book 'redis://x'"),
    (["nothing.db", "new.db"], 1, "there is no book"),
    (["notes.txt", "new.db"], 5, "notes.txt"),
    (["SOURCE", "notes.txt"], 5, "notes.txt"),
    (["SOURCE", "new.db", "--compare", "--replace"], 2, "--compare copies nothing"),
    (["SOURCE", "new.db", "--book", "x.db"], 2, "--book and copy do not go together"),
])
def test_copy__refuses_what_makes_no_sense(pb, source, shared, words, code, says):
    (pb.work / "link.db").symlink_to(source)
    (pb.work / "notes.txt").write_text("these are my notes, and no book\n" * 100)
    names = {"SOURCE": str(source), "LINK": "link.db", "DATABASE": shared.url()}
    words = [re.sub("|".join(names), lambda m: names[m[0]], word) for word in words]
    before = export(pb, source)
    assert says in pb.fails(code, "copy", *words).err
    assert export(pb, source) == before and not (pb.work / "new.db").exists()


def test_copy__of_books_of_other_versions_says_who_can(pb, source, shared):
    shared.sql("INSERT INTO portbook_schema (step, name) VALUES (999, 'of tomorrow')")
    assert "knows versions up to" in pb.fails(5, "copy", source, shared.url()).err
    assert "knows versions up to" in pb.fails(5, "copy", shared.url(), "new.db").err
    shared.sql("DELETE FROM portbook_schema WHERE step > 1")
    assert "setup" in pb.fails(5, "copy", source, shared.url()).err
    assert not (pb.work / "new.db").exists()


def test_copy__into_anothers_database_makes_nothing(pb, source, empty):
    empty.sql("CREATE TABLE projects (id serial)")
    assert "tables of another program" in pb.fails(5, "copy", source, empty.url()).err


def test_copy__a_row_that_the_other_engine_cannot_keep_is_named(pb, source, shared):
    pb.ok("get", "shop/odd")
    row = "UPDATE port_allocations SET id = 'no-uuid' WHERE service_name = 'odd'"
    subprocess.run(["sqlite3", source, row], check=True)
    result = pb.fails(5, "copy", source, shared.url())
    assert "'shop@1/odd'" in result.err, result
    assert pb.json("list", "--book", shared.url())["ports"] == []


# ---- who may

def test_copy__is_for_who_may_change_the_policy(pb, source, shared, roles):
    result = pb.fails(6, "copy", source, shared.url(roles("writer")))
    assert "permission denied" in result.err, result
    pb.ok("copy", source, shared.url(roles("admin")))
    assert pb.json("copy", "--compare", source, shared.url(roles("reader")))["same"]


# ---- a trial

def test_copy__dry_run_leaves_both_as_they_are(pb, source, empty):
    said = pb.ok("copy", source, empty.url(), "--dry-run")
    assert "The tables of that book would be made" in said
    assert empty.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == "0"
    said = pb.ok("copy", source, "new.db", "-n")
    assert "That book would be made" in said and not (pb.work / "new.db").exists()
    pb.ok("setup", "--book", empty.url())
    assert "then undone" in pb.ok("copy", source, empty.url(), "--dry-run")
    assert pb.json("list", "--book", empty.url())["ports"] == []


# ---- in the middle of it

class Held:
    """Whoever adds to the history of that book waits, until the block is left."""

    def __init__(self, database):
        self.database = database
        database.sql("CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                     " PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;"
                     "CREATE TRIGGER hold BEFORE INSERT ON events FOR EACH ROW"
                     " EXECUTE FUNCTION hold()")

    def __enter__(self):
        self.holder = subprocess.Popen(
            ["psql", "-XAtq", "-h", self.database.server.folder, "-U", "postgres", "-d",
             self.database.name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.holder.stdin.write("SELECT 'held' FROM (SELECT pg_advisory_lock(4711)) x;\n")
        self.holder.stdin.flush()
        assert self.holder.stdout.readline() == "held\n"
        return self

    def __exit__(self, *error):
        self.holder.communicate("SELECT pg_advisory_unlock_all();\n")

    def start_copy(self, pb, source):
        """Until it waits there: most of the book is written by then."""
        self.began = time.monotonic()
        process = pb.start("copy", source, self.database.url())
        until = time.monotonic() + 30
        while self.database.sql("SELECT count(*) FROM pg_locks WHERE objid = 4711 AND NOT granted"
                                ) == "0":
            assert process.poll() is None and time.monotonic() < until, process.communicate()
            time.sleep(0.01)
        return process

    def wait_for(self, seconds):
        """Since the copy began."""
        time.sleep(max(0, self.began + seconds - time.monotonic()))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_copy__that_is_ended_leaves_the_target_unused(pb, source, shared, end):
    before = export(pb, shared.url())
    with Held(shared) as held:
        process = held.start_copy(pb, source)
        process.send_signal(end)
        held.wait_for(0.5)  # what takes less is not asked to stop
    assert process.wait(timeout=20) == -end
    assert export(pb, shared.url()) == before
    shared.sql("DROP TRIGGER hold ON events")
    pb.ok("copy", source, shared.url())
    assert pb.json("copy", "--compare", source, shared.url())["same"]


def test_copy__a_server_that_dies_leaves_the_target_unused(pb, source, shared):
    with Held(shared) as held:
        process = held.start_copy(pb, source)
        shared.sql("SELECT pg_terminate_backend(pid) FROM pg_locks"
                   " WHERE objid = 4711 AND NOT granted")
        assert process.wait(timeout=20) == 5, process.communicate()
    assert pb.json("list", "--book", shared.url())["ports"] == []
