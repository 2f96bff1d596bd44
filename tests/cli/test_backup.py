"""backup and restore: while others write, whatever dies, and whatever the file is."""

import json
import os
import pty
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
from datetime import datetime

import pexpect
import pytest

from books import SHOP, TRACED, assert_whole, live_ports, look_into, settle
from clilib import TOP
from faults import kill_at_each_call, limited

FIXTURES = TOP / "tests" / "fixtures"

# What changes a file or its name; closing and locking leave nothing behind.
CHANGING = "pwrite64,fsync,fdatasync,ftruncate,unlink,rename,renameat2,link,fchmod,chmod"


def beside(book, word="before-restore"):
    return sorted(book.parent.glob(f"{book.name}.{word}-*"))


def litter(folder):
    """Files that somebody did not take away."""
    names = {path.name for path in folder.iterdir()}
    known = {"book.db", "book.db-wal", "book.db-shm", "book.db-queue"}
    return sorted(names - known)


def content(book):
    """All rows but the history's."""
    db = look_into(book)
    try:
        tables = [row[0] for row in db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'events'"
            " AND name NOT LIKE 'sqlite_%' ORDER BY name")]
        return {t: sorted(map(repr, map(tuple, db.execute(f"SELECT * FROM {t}")))) for t in tables}
    finally:
        db.close()


@pytest.fixture
def file(pb, shop):
    """A backup of the book `shop`, which has changed since: web released, extra entered."""
    path = pb.work / "file.db"
    pb.ok("backup", path)
    pb.ok("release", "shop/web")
    pb.ok("get", "shop/extra", "--port", "20007")
    return path


# ---- backup

def test_backup__is_the_book_and_says_how_much(pb, shop):
    said = pb.ok("backup", "copy.db")
    copy = pb.work / "copy.db"
    assert said.startswith(f"{copy}: 3 entries, "), said
    assert content(copy) == content(shop)
    assert_whole(copy, SHOP)

    answer = pb.json("backup", "second.db")
    assert answer == {"success": True, "book": str(shop), "file": str(pb.work / "second.db"),
                      "bytes": (pb.work / "second.db").stat().st_size, "entries": 3}


def test_backup__is_its_makers_alone_and_one_file(pb, shop):
    for mask in (0o000, 0o022, 0o277):
        old = os.umask(mask)
        try:
            pb.ok("backup", f"copy{mask}.db")
        finally:
            os.umask(old)
        assert stat.S_IMODE((pb.work / f"copy{mask}.db").stat().st_mode) == 0o600
    assert len(litter(pb.work)) == 3


def test_backup__can_be_read_where_nothing_can_be_written(pb, shop, as_nobody):
    pb.ok("backup", "copy.db")
    (pb.work / "copy.db").chmod(0o644)
    result = as_nobody(pb.program_for(65534), "restore", "--dry-run", pb.work / "copy.db")
    assert result.returncode == 0 and "3 entries" in result.stdout, result
    assert litter(pb.work) == ["copy.db"]


def test_backup__replaces_a_file_only_with_force(pb, shop):
    copy = pb.work / "copy.db"
    copy.write_text("mine")
    result = pb.fails(3, "backup", copy)
    assert "already" in result.err and "--force" in result.err
    assert copy.read_text() == "mine"
    pb.ok("backup", "--force", copy)
    assert_whole(copy, SHOP)
    assert litter(pb.work) == ["copy.db"]


def test_backup__keeps_a_link_and_writes_where_it_leads(pb, shop):
    (pb.work / "latest.db").symlink_to("real.db")
    pb.ok("backup", "latest.db")
    assert (pb.work / "latest.db").is_symlink()
    assert_whole(pb.work / "real.db", SHOP)


def test_backup__never_goes_over_the_book_itself(pb, shop):
    os.link(shop, pb.work / "hard.db")
    (pb.work / "soft.db").symlink_to(shop)
    for path in (shop, f"{shop}-wal", f"{shop}-shm", f"{shop}-queue", "hard.db", "soft.db"):
        result = pb.fails(2, "backup", "--force", path)
        assert "is the book itself" in result.err
    assert_whole(shop, SHOP)


def test_backup__is_a_regular_file_in_a_folder_that_is_there(pb, shop):
    os.mkfifo(pb.work / "pipe")
    for path, code in ((pb.work / "pipe", 2), (pb.work, 2), ("/dev/null", 2), ("-", 2),
                       (pb.work / "none" / "copy.db", 5)):
        result = pb.fails(code, "backup", "--force", path)
        assert result.err.startswith("portbook: "), result
    assert litter(pb.work) == ["pipe"]


def test_backup__of_no_book_makes_none(pb):
    result = pb.fails(1, "backup", "copy.db")
    assert "there is no book" in result.err
    assert litter(pb.work) == []
    assert not (pb.home / "data" / "portbook").exists()


def test_backup__that_finds_no_room_leaves_nothing(pb, shop):
    copy = pb.work / "copy.db"
    copy.write_text("the last one")
    refused = 0
    for limit in range(0, 200_000, 16_384):
        run = limited(pb, limit, "backup", "--force", copy, "--json")
        assert run.returncode in (0, 5), run
        refused += run.returncode == 5
        if run.returncode:
            assert '"code":"io"' in run.stdout, run
            assert copy.read_text() == "the last one"
            assert litter(pb.work) == ["copy.db"]
    assert refused > 3
    assert_whole(copy, SHOP)


def test_backup__killed_at_any_change_is_whole_or_not_there(pb, shop, strace):
    copy = pb.work / "copy.db"

    def check(_n, run):
        if copy.exists():
            assert_whole(copy, SHOP)
            copy.unlink()
        else:
            assert run.returncode != 0

    calls = kill_at_each_call(strace, lambda n: (pb.program, "backup", copy), check, CHANGING)
    assert calls > 10
    assert_whole(shop, SHOP)


def start_writers(pb, book, count):
    program = pb.program.parent / "tests" / "writers"
    if not program.exists():
        pytest.skip(f"{program} is not built: meson configure -Dtests=true")
    writers = [subprocess.Popen([program, "talk", book, "shop"], env=pb.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
               for _ in range(count)]
    pb.started += writers
    said = []
    for writer in writers:
        lines = [writer.stdout.readline()]  # it writes now
        thread = threading.Thread(target=lambda w=writer, to=lines: to.extend(w.stdout))
        thread.start()
        said.append((writer, thread, lines))
    return said


def end_writers(pb, said):
    for writer, _thread, _lines in said:
        writer.kill()
    for writer, thread, _lines in said:
        thread.join()
        assert writer.wait() == -signal.SIGKILL, writer.stderr.read()
    pb.started.clear()
    return [lines for _writer, _thread, lines in said]


def test_backup__while_others_write_is_one_moment(pb, shop):
    """An entry and its event are one change: a copy of two moments has one without the other."""
    writers = start_writers(pb, shop, 3)
    counts = []
    for n in range(10):
        counts.append(len(writers[0][2]))
        pb.ok("backup", f"copy{n}.db")
        assert_whole(pb.work / f"copy{n}.db", SHOP)
    end_writers(pb, writers)
    assert counts == sorted(counts) and counts[-1] > counts[0], "nobody wrote meanwhile"
    assert_whole(shop, SHOP)


# ---- restore: what it does

def test_restore__gives_back_the_book_and_keeps_what_was(pb, shop, file):
    was, inode = content(shop), shop.stat().st_ino
    said = pb.ok("restore", file, "--yes")
    assert content(shop) == content(file)
    assert live_ports(shop) == SHOP
    assert shop.stat().st_ino == inode, "who has it open has another book now"
    kept, = beside(shop)
    assert str(kept) in said
    assert content(kept) == was
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert_whole(shop, SHOP)
    assert litter(shop.parent) == [kept.name]

    pb.ok("restore", kept, "--yes")  # and back again
    assert content(shop) == was


def test_restore__is_in_the_history_that_it_brings(pb, shop, file):
    before = pb.json("--book", file, "history")["events"]
    pb.ok("restore", file, "--yes")
    *events, last = pb.json("history", "--limit", 1000)["events"]
    assert [e["seq"] for e in events] == [e["seq"] for e in before]
    assert last["operation"] == "restore" and last["subject"] == str(file)
    assert last["actor"] == pb.json("list")["ports"][0]["allocatedBy"]
    assert last["before"] == {"entries": 3, "kept": str(beside(shop)[0])}


def test_restore__dry_run_counts_and_changes_nothing(pb, shop, file):
    settle(shop)
    was = shop.read_bytes()
    answer = pb.json("restore", file, "--dry-run")
    assert (answer["removed"], answer["added"]) == (1, 1)
    assert answer["before"]["entries"] == answer["after"]["entries"] == 3
    assert answer["kept"] is None and answer["dryRun"] is True
    text = pb.ok("restore", file, "--dry-run")
    assert "1 entry goes, 1 comes back" in text
    assert shop.read_bytes() == was and litter(shop.parent) == []


def test_restore__without_a_book_makes_it(pb, shop, file):
    target = pb.base / "new" / "book.db"
    answer = pb.json("--book", target, "restore", file, "--dry-run")
    assert answer["before"] is None and answer["added"] == 3
    assert not target.parent.exists()
    answer = pb.json("--book", target, "restore", file, "--yes")
    assert answer["kept"] is None
    assert content(target) == content(file)
    assert litter(target.parent) == []


def test_restore__twice_in_one_second_keeps_both(pb, shop, file):
    for _ in range(3):
        pb.ok("restore", file, "--yes")
    assert len(beside(shop)) == 3


def test_restore__needs_a_yes(pb, shop, file):
    was = content(shop)
    result = pb.fails(2, "restore", file)
    assert "--yes" in result.err
    for word, code in (("n", 1), ("", 1), ("y", 0)):
        leader, follower = pty.openpty()
        process = subprocess.Popen([pb.program, "restore", file], stdin=follower, stderr=follower,
                                   stdout=subprocess.PIPE, env=pb.environment(), cwd=pb.work)
        os.close(follower)
        os.write(leader, f"{word}\n".encode())
        process.communicate(timeout=30)
        os.close(leader)
        assert process.returncode == code
        assert (content(shop) == was) == (code != 0)


def test_restore__of_the_book_itself_is_wrong_use(pb, shop):
    assert "is the book itself" in pb.fails(2, "restore", shop, "--yes").err


def test_restore__of_a_book_in_use_takes_its_log_along(pb, shop):
    """Moved from a user's own book to another one."""
    other = pb.base / "other.db"
    db = sqlite3.connect(shop)
    with db:
        db.execute("UPDATE port_allocations SET notes = 'only in the log'")
    assert os.stat(f"{shop}-wal").st_size > 0
    pb.ok("--book", other, "restore", shop, "--yes")
    db.close()
    assert {p["notes"] for p in pb.json("--book", other, "list")["ports"]} == {"only in the log"}


# ---- restore: which files

@pytest.mark.parametrize("path", sorted(FIXTURES.glob("book-v*.db")), ids=lambda p: p.stem)
def test_restore__takes_a_book_of_every_released_version(pb, shop, path):
    latest = sqlite3.connect(shop).execute("PRAGMA user_version").fetchone()[0]
    answer = pb.json("restore", path, "--yes")
    assert f"book-v{answer['version']}" == path.stem
    now = {p["id"]: p for p in pb.json("list")["ports"]}
    was = {p["id"]: p for p in json.loads(path.with_suffix(".json").read_text())["ports"]}
    assert now.keys() == was.keys()
    for key, entry in was.items():
        assert {field: now[key][field] for field in entry} == entry
    assert sqlite3.connect(shop).execute("PRAGMA user_version").fetchone()[0] == latest
    assert pb.ok("get", "blog/web") == str(next(p["port"] for p in was.values() if (
        p["projectName"], p["serviceName"], p["host"]) == ("blog", "web", "localhost")))


def test_open__migrates_a_book_of_version_1_with_what_was_seen(pb):
    """Where it had an index of its looks, and the time of each entry in its row."""
    path = pb.work / "old.db"
    shutil.copy(FIXTURES / "book-v1.db", path)
    db = sqlite3.connect(path)
    ids = [row[0] for row in db.execute("SELECT id FROM port_allocations ORDER BY id")]
    seen = {id: 1763942400000 + 1000 * n for n, id in enumerate(ids[1:])}
    db.executemany("UPDATE port_allocations SET last_verified_at = ? WHERE id = ?",
                   [(at, id) for id, at in seen.items()])
    db.executemany("INSERT INTO port_health_checks(port_allocation_id, checked_at, status)"
                   " VALUES (?, ?, 'in_use')", [(id, at) for id, at in seen.items()])
    db.commit()
    db.close()

    listed = pb.json("--book", path, "list", "--host", "localhost")["ports"]
    assert len(listed) > 5
    for entry in listed:
        at = entry["lastVerifiedAt"]
        at = at and round(datetime.fromisoformat(at.replace("Z", "+00:00")).timestamp() * 1000)
        assert at == seen.get(entry["id"])
    uptimes = pb.json("--book", path, "history", "shop", "--health")["services"]
    assert uptimes and {u["looks"] for u in uptimes} <= {0, 1}
    pb.ok("--book", path, "get", "shop/new", "--create")
    db = sqlite3.connect(path)
    assert db.execute("PRAGMA user_version").fetchone()[0] > 1
    assert [row[0] for row in db.execute("PRAGMA integrity_check")] == ["ok"]


def test_fixtures__have_a_book_of_the_latest_version(pb, shop):
    latest = sqlite3.connect(shop).execute("PRAGMA user_version").fetchone()[0]
    assert {f"book-v{n}.db" for n in range(1, latest + 1)} == {
        path.name for path in FIXTURES.glob("book-v*.db")}, "tests/fixtures/make-book makes it"


def spoil_sql(sql):
    def spoil(path):
        db = sqlite3.connect(path, isolation_level=None)
        db.executescript(sql)
        db.close()
    return spoil


def spoil_bytes(change):
    return lambda path: path.write_bytes(change(path.read_bytes()))


def overwritten(data):
    """The pages of the tables' rows, not the header."""
    return data[:40000] + b"\xa5" * 30000 + data[70000:]


SPOILT = {
    "empty": (spoil_bytes(lambda data: b""), "empty"),
    "text": (spoil_bytes(lambda data: b"port,service\n" * 1000), "not a database"),
    "cut off": (spoil_bytes(lambda data: data[:len(data) // 2]), "damaged"),
    "cut off in the header": (spoil_bytes(lambda data: data[:50]), "damaged"),
    "overwritten": (spoil_bytes(overwritten), "damaged"),
    "zeros": (spoil_bytes(lambda data: bytes(len(data))), "not a database"),
    "newer": (spoil_sql("PRAGMA user_version = 99"), "version 99"),
    "of another program": (spoil_sql("PRAGMA application_id = 7"), "another program"),
    "with a trigger": (spoil_sql("CREATE TRIGGER t AFTER INSERT ON events BEGIN"
                                 " DELETE FROM port_allocations; END"), "not those of a book"),
    "without a table": (spoil_sql("DROP TABLE blocks"), "not those of a book"),
    "without an index": (spoil_sql("DROP INDEX live_port"), "not those of a book"),
    "without a row": (spoil_sql("DELETE FROM projects WHERE name = 'shop'"), "refers to"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_restore__refuses_what_is_not_a_whole_book(pb, shop, file, how):
    spoil, words = SPOILT[how]
    spoil(file)
    was, size = content(shop), file.stat().st_size
    for options in (["--yes"], ["--dry-run"]):
        result = pb("restore", file, *options, json=True)
        error = result.json["error"]
        assert (result.code, error["code"]) == (5, "book"), result
        assert words in error["message"] and str(file) in error["message"], result
    assert content(shop) == was
    assert litter(shop.parent) == [] and file.stat().st_size == size


def test_restore__of_a_file_that_is_none(pb, shop):
    os.mkfifo(pb.work / "pipe")
    for path, code in (("none.db", 1), ("pipe", 2), (pb.work, 2), ("/dev/zero", 2), ("-", 2)):
        assert pb.fails(code, "restore", path, "--yes").err.startswith("portbook: ")
    assert litter(shop.parent) == []


def test_restore__of_other_pages_says_how_to_mend_the_file(pb, shop, file):
    spoil_sql("PRAGMA journal_mode = DELETE; PRAGMA page_size = 1024; VACUUM")(file)
    was, new = content(shop), content(file)
    result = pb.fails(5, "restore", file, "--yes")
    assert content(shop) == was and litter(shop.parent) == []

    hint = result.err.splitlines()[1].strip()
    assert hint.startswith("sqlite3 FILE '")
    spoil_sql(hint.removeprefix("sqlite3 FILE '").removesuffix("'"))(file)
    pb.ok("restore", file, "--yes")
    assert content(shop) == new
    assert_whole(shop, SHOP)


# ---- restore: over a book that is broken

BROKEN = {
    "cut off": lambda data: data[:len(data) // 2],
    "zeros": lambda data: bytes(len(data)),
    "overwritten": overwritten,
    "without its first page": lambda data: bytes(4096) + data[4096:],
}


@pytest.mark.parametrize("how", BROKEN)
def test_restore__over_a_broken_book_keeps_its_bytes(pb, shop, file, how):
    settle(shop)
    spoil_bytes(BROKEN[how])(shop)
    shop.chmod(0o640)
    broken = shop.read_bytes()
    pb.ok("restore", file, "--yes")
    assert content(shop) == content(file)
    assert_whole(shop, SHOP)
    assert stat.S_IMODE(shop.stat().st_mode) == 0o640
    kept, = beside(shop)
    assert kept.read_bytes()[200:] == broken[200:]  # SQLite counts changes in the header
    assert pb.ok("get", "shop/web") == "20000"


@pytest.mark.parametrize("sql, words", [("PRAGMA user_version = 99", "version 99"),
                                        ("PRAGMA application_id = 7", "another program")])
def test_restore__goes_over_no_newer_book_and_no_other_programs(pb, shop, file, sql, words):
    spoil_sql(sql)(shop)
    settle(shop)
    was = shop.read_bytes()
    result = pb.fails(5, "restore", file, "--yes")
    assert words in result.err
    assert shop.read_bytes() == was


def test_restore__over_what_was_never_a_book_is_refused(pb, shop, file):
    notes = pb.work / "notes.txt"
    notes.write_text("what I have to remember\n" * 100)
    assert "not a database" in pb.fails(5, "--book", notes, "restore", file, "--yes").err
    assert notes.read_text().startswith("what I")


# ---- restore: while others are at it, and whatever dies

def test_restore__under_writers_loses_no_answer(pb, shop, file):
    """Each port that was answered is in the kept book or in the one that is there now."""
    writers = start_writers(pb, shop, 3)
    for _ in range(4):
        pb.ok("restore", file, "--yes")
    # A restored book does not know the ports that a writer holds and releases; that ends it.
    said = []
    for writer, thread, lines in writers:
        writer.kill()
        writer.wait()
        thread.join()
        said.append(lines)
    pb.started.clear()
    books = [shop, *beside(shop)]
    assert len(books) == 5
    for book in books:
        assert_whole(book)
    entered = set()
    for book in books:
        with look_into(book) as db:
            entered |= {row[0] for row in db.execute(
                "SELECT port FROM events WHERE op = 'allocate' AND port IS NOT NULL")}
    answered = {int(line[1:]) for lines in said for line in lines
                if line.startswith("+") and line.endswith("\n")}
    assert answered and answered <= entered, sorted(answered - entered)


def test_restore__leaves_readers_what_they_read(pb, shop, file):
    reader = look_into(shop)
    reader.execute("BEGIN")
    query = "SELECT count(*) FROM port_allocations WHERE released_at IS NULL AND port_number = 20007"
    assert reader.execute(query).fetchone()[0] == 1
    pb.ok("restore", file, "--yes")
    assert pb.fails(0, "list").out.count("20007") == 0
    assert reader.execute(query).fetchone()[0] == 1, "its transaction is as it was"
    reader.execute("COMMIT")
    assert reader.execute(query).fetchone()[0] == 0, "the next one sees what was restored"
    reader.close()


def test_restore__killed_at_any_change_is_done_or_not(pb, shop, file, strace):
    old, new = content(shop), content(file)
    seen = set()

    def check(_n, run):
        nonlocal old
        now = content(shop)
        assert now in (old, new)
        seen.add(now == new)
        assert now == new or run.returncode != 0
        assert_whole(shop)
        if now == new:
            pb.ok("release", "shop/web")
            pb.ok("get", "shop/extra", "--port", "20007")
            old = content(shop)

    def command(_n):
        return pb.program, "restore", file, "--yes"

    calls = kill_at_each_call(strace, command, check, CHANGING)
    assert calls > 20 and seen == {True, False}


def test_restore__over_a_broken_book_killed_at_any_change_loses_nothing(pb, shop, file, strace):
    settle(shop)
    broken, new = bytes(4096) + shop.read_bytes()[4096:], content(file)

    def command(_n):
        for path in (shop, *(shop.parent / name for name in litter(shop.parent))):
            path.unlink()
        shutil.copy(file, shop)
        shop.write_bytes(broken)
        return pb.program, "restore", file, "--yes"

    def check(_n, run):
        if shop.read_bytes()[:16] == b"SQLite format 3\0":
            assert beside(shop), run
            assert content(shop) == new
        else:
            assert run.returncode != 0
            assert shop.read_bytes() == broken
        if beside(shop):
            assert beside(shop)[0].read_bytes() == broken

    assert kill_at_each_call(strace, command, check, CHANGING) > 10


def test_restore__that_finds_no_room_leaves_the_book(pb, shop, file):
    was, refused = content(shop), 0
    for limit in range(0, 1_000_000, 32_768):
        run = limited(pb, limit, "restore", file, "--yes", "--json")
        assert run.returncode in (0, 5), run
        if run.returncode == 0:
            break
        refused += 1
        assert '"code":"io"' in run.stdout, run
        assert content(shop) == was
        assert litter(shop.parent) == []
        assert_whole(shop)
    assert refused > 3
    assert content(shop) == content(file)


ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=400k tmpfs "$DISK"
export PORTBOOK_BOOK="$DISK/book.db"
"$PB" get shared-services/web
status=0
"$PB" restore "$FILE" --yes --json >"$KEPT/said" || status=$?
echo "$status"
cat "$KEPT/said"
"$PB" list --format csv | wc -l
ls "$DISK"
mount -o remount,size=8m "$DISK"
"$PB" restore "$FILE" --yes >"$KEPT/said"
"$PB" list --format csv | wc -l
"""


def test_restore__on_a_full_disk_leaves_the_book_until_there_is_room(pb, shop, file):
    """A tmpfs of 400 kB has no room for the book, what it was, and the log."""
    disk, kept = pb.base / "disk", pb.base / "kept"
    disk.mkdir()
    kept.mkdir()
    run = subprocess.run(["unshare", "-m", "sh", "-c", ON_A_SMALL_DISK], cwd=pb.work,
                         env=pb.environment({"PB": pb.program, "DISK": disk, "KEPT": kept,
                                             "FILE": file}),
                         capture_output=True, text=True, timeout=100, check=False)
    if "unshare" in run.stderr or "mount:" in run.stderr:
        pytest.skip(f"no disk for the test: {run.stderr}")
    assert (run.returncode, run.stderr) == (0, ""), run
    port, status, error, lines, *names, after = run.stdout.splitlines()
    assert (status, lines, after) == ("5", "2", "4"), run
    assert '"code":"io"' in error and "the disk is full" in error
    assert not [name for name in names if "restore" in name]


# ---- long work can be interrupted

def make_long(book):
    """10 MB of history: long enough to be in the middle of."""
    db = sqlite3.connect(book)
    with db:
        db.executemany("INSERT INTO events (at, op, subject, after) VALUES (?, 'note', ?, ?)",
                       ((n, f"n{n}", json.dumps("x" * 1000)) for n in range(4_000)))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


@pytest.mark.parametrize("words, doing", [
    (["backup", "copy.db"], "copying the book"),
    (["restore", "long.db", "--yes"], "copying the book"),
    (["restore", "long.db", "--yes"], "restoring"),
], ids=["backup", "restore, keeping", "restore, replacing"])
def test_long_work__says_how_far_it_is_and_ctrl_c_leaves_nothing_of_it(pb, shop, file, strace,
                                                                       words, doing):
    """On a terminal, where each write takes a while."""
    make_long(shop)
    pb.ok("backup", "long.db")
    was, known = content(shop), {*pb.work.iterdir(), *shop.parent.iterdir()}
    child = pexpect.spawn("strace", [
        "-f", "-qq", "-o", "/dev/null", "-e", "trace=pwrite64",
        "-e", "inject=pwrite64:delay_exit=2000", str(pb.program), *words],
        cwd=str(pb.work), env=pb.environment({"TERM": "xterm", **TRACED}), encoding="utf-8",
        timeout=100, dimensions=(24, 80))
    child.expect(rf"portbook: {doing}: \d+%")
    child.sendintr()
    child.expect("interrupted: (there is no backup|the book is as it was)")
    child.expect(pexpect.EOF)
    child.close()
    assert child.signalstatus == signal.SIGINT
    assert content(shop) == was
    assert {*pb.work.iterdir(), *shop.parent.iterdir()} == known
    assert_whole(shop)
    assert pb.ok("get", "shop/api") == "20001", "and it can be used on"


@pytest.mark.parametrize("words", [["backup", "copy.db"], ["restore", "long.db", "--yes"]],
                         ids=["backup", "restore"])
def test_long_work__says_how_far_it_is_only_on_a_terminal(pb, shop, file, strace, words):
    make_long(shop)
    pb.ok("backup", "long.db")
    delay = ["-e", "trace=pwrite64", "-e", "inject=pwrite64:delay_exit=200"]
    run = strace(delay, pb.program, *words)
    assert (run.returncode, run.stderr) == (0, "")
