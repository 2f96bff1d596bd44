"""Whatever dies or is refused in the middle: the book opens, every port that was answered is
entered, nothing is half done, and an obstacle is a clear error that loses nothing.

Moments of death are chosen in two ways: by the clock, at random but the same in every run's plan
(a seed), and by strace, which kills at one system call after the other and so leaves out none.
"""

import json
import os
import random
import shlex
import signal
import socket
import sqlite3
import stat
import statistics
import subprocess
import time

import pytest

from books import SHOP, TRACED, assert_whole, live_ports, look_into, settle
from faults import kill_at_each_call, limited

NOBODY = 65534
SEED = 2026


def answered(out):
    """The ports of an output, of lines that were printed to their end."""
    return [int(line) for line in out.split("\n")[:-1]]


def assert_refused(result, *codes):
    """One clear error, as JSON too, with the exit status of its code."""
    error = result.json["error"]
    assert error["code"] in codes, result
    assert result.code == 5, result
    assert error["message"] and "\n" not in error["message"], result
    assert result.err == "" and result.out.count("\n") == 1, result
    return error["message"]


# ---- killed at random moments

def kill_some(pb, moments, book):
    """Start an allocation for each moment, and kill each when its moment has come."""
    begin = time.perf_counter()
    processes = [(moment, pb.start("allocate", "shop/web")) for moment in moments]
    for moment, process in sorted(processes, key=lambda p: p[0]):
        while time.perf_counter() - begin < moment:
            pass  # the moments are too close for a sleep
        process.kill()
    said = []
    for _moment, process in processes:
        out, _err = process.communicate(timeout=30)
        said += answered(out)
    pb.started.clear()
    assert_whole(book, said)
    return said


def duration_of_some(pb, count):
    begin = time.perf_counter()
    processes = [pb.start("allocate", "shop/web") for _ in range(count)]
    said = [int(process.communicate(timeout=30)[0]) for process in processes]
    pb.started.clear()
    return said, time.perf_counter() - begin


def test_allocate__500_killed_at_random_moments_leave_a_whole_book(pb, shop, record_property):
    choose = random.Random(SEED)
    rounds = [duration_of_some(pb, 10) for _ in range(3)]
    full = statistics.median(seconds for _said, seconds in rounds)
    said = [port for ports, _seconds in rounds for port in ports]
    for _ in range(50):
        said += kill_some(pb, [choose.uniform(0, full) for _ in range(10)], shop)

    entered = live_ports(shop)
    record_property("answered", len(said) - 30)
    print(f"500 killed within {full * 1000:.1f} ms: {len(said) - 30} had answered, "
          f"{len(entered) - len(said) - len(SHOP)} more were entered")
    assert 30 < len(said) < 530, "the moments miss the allocations"
    assert_whole(shop, SHOP | set(said))
    assert len(pb.json("list")["ports"]) == len(entered)
    assert int(pb.ok("allocate", "shop/web")) not in entered


def lines_hold(lines):
    """What is entered for sure after the lines of `writers talk`."""
    held = []  # oldest first
    for line in lines:
        port = int(line[1:])
        if line[0] == "+":
            held.append(port)
        else:
            held.remove(port)
    return set(held[1:])  # the oldest is released next, and may have been


def kill_writers(pb, book, count, seconds):
    program = pb.program.parent / "tests" / "writers"
    if not program.exists():
        pytest.skip(f"{program} is not built: meson configure -Dtests=true")
    writers = [subprocess.Popen([program, "talk", book, "shop"], env=pb.environment(),
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0)
               for _ in range(count)]
    pb.started += writers
    first = [os.read(writer.stdout.fileno(), 65536) for writer in writers]  # all write now
    try:
        writers[0].wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        pass
    for writer in writers:
        writer.kill()
    sure, changes = set(), 0
    for begin, writer in zip(first, writers):
        out, err = writer.communicate(timeout=30)
        assert err == b""
        lines = (begin + out).decode().split("\n")[:-1]
        assert lines[0].startswith("+")
        changes += len(lines)
        sure |= lines_hold(lines)
    pb.started.clear()
    assert_whole(book, sure)
    return changes


def kill_writers_again_and_again(pb, book, times):
    choose = random.Random(SEED)
    changes = sum(kill_writers(pb, book, 4, choose.uniform(0.001, 0.05)) for _ in range(times))
    print(f"{4 * times} writers killed in the middle of {changes} changes")
    assert SHOP <= live_ports(book)


def test_writers__killed_in_full_flow_leave_a_whole_book(pb, shop):
    kill_writers_again_and_again(pb, shop, 12)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_writers__1000_killed_in_full_flow_leave_a_whole_book(pb, shop):
    kill_writers_again_and_again(pb, shop, 250)


# ---- killed at each system call

def test_get__killed_at_any_system_call_leaves_the_book_whole(pb, shop, strace):
    def check(n, run):
        assert_whole(shop, SHOP | set(answered(run.stdout)))
        if n % 10 == 0:  # what it left behind is no obstacle
            pb.ok("get", f"shop/after{n}")

    calls = kill_at_each_call(strace, lambda n: (pb.program, "get", f"shop/s{n}"), check)
    print(f"killed at each of {calls} calls")
    assert calls > 20
    assert_whole(shop, SHOP)


def test_release__killed_at_any_system_call_leaves_the_book_whole(pb, shop, strace):
    pb.ok("get", "shop/going")

    def check(_n, run):
        assert_whole(shop, SHOP)
        if run.returncode == 0:
            assert live_ports(shop) == SHOP
        pb.ok("get", "shop/going")

    kill_at_each_call(strace, lambda n: (pb.program, "release", "shop/going"), check)


def test_new_book__killed_at_any_system_call_is_made_by_the_next(pb, strace):
    def book_of(n):
        return pb.base / "books" / str(n) / "book.db"

    def check(n, run):
        port = pb.ok("--book", book_of(n), "--quiet", "get", "shop/web", "--create")
        assert port == "3100"
        assert_whole(book_of(n), [int(port), *answered(run.stdout)])
        assert stat.S_IMODE(book_of(n).stat().st_mode) == 0o600

    calls = kill_at_each_call(strace, lambda n: (
        pb.program, "--quiet", "--book", book_of(n), "get", "shop/web", "--create"), check)
    print(f"killed at each of {calls} calls")
    assert calls > 40


# ---- the disk does not take it

def fail_each_call(strace, pb, book, call, error):
    """Let the nth call fail, and all after it; then the disk is well again."""
    for n in range(1, 1000):
        run = strace(["-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={n}+"],
                     pb.program, "allocate", "shop/web", "--json")
        if run.returncode == 0:
            return n - 1
        assert run.returncode == 5, run
        assert '"code":"io"' in run.stdout, run
        assert_whole(book, SHOP)
        assert SHOP <= live_ports(book)
    raise AssertionError("it never succeeds")


@pytest.mark.parametrize("error", ["ENOSPC", "EDQUOT", "EIO"])
def test_allocate__whose_nth_write_fails_says_so_and_loses_nothing(pb, shop, strace, error):
    assert fail_each_call(strace, pb, shop, "pwrite64", error) >= 5
    pb.ok("allocate", "shop/web")
    assert_whole(shop, SHOP)


def test_allocate__whose_flush_fails_is_no_answer(pb, shop, strace):
    assert fail_each_call(strace, pb, shop, "fdatasync,fsync", "EIO") >= 1
    pb.ok("allocate", "shop/web")
    assert_whole(shop, SHOP)


def test_allocate__with_files_that_may_not_grow_is_an_error(pb, shop):
    before = live_ports(shop)
    full = said = 0  # below the size of the log's index SQLite says less
    for limit in range(0, 300_000, 8192):
        run = limited(pb, limit, "allocate", "shop/web", "--json")
        assert run.returncode in (0, 5), run
        if run.returncode:
            full += 1
            assert '"code":"io"' in run.stdout, run
            said += "a limit on files" in run.stdout
            assert live_ports(shop) == before
        before = live_ports(shop)
        assert_whole(shop, SHOP)
    assert full > 3 and said > 3
    assert pb.ok("get", "shop/web") == "20000"


def test_new_book__with_files_that_may_not_grow_is_made_later(pb):
    made = 0
    for limit in [*range(0, 40_000, 4096), *range(40_000, 250_000, 16_000)]:
        book = pb.base / "books" / str(limit) / "book.db"
        run = limited(pb, limit, "--book", book, "get", "shop/web", "--create", "--json")
        assert run.returncode in (0, 5), run
        made += run.returncode == 0
        assert pb.ok("--book", book, "--quiet", "get", "shop/web", "--create") == "3100"
        assert_whole(book, [3100])
    assert made, "the limits end before a book fits"


ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=600k tmpfs "$DISK"
export PORTBOOK_BOOK="$DISK/book.db"
"$PB" get shared-services/web
while "$PB" allocate shared-services/web --json >"$DISK.out" || ! status=$?; do n=$((n + 1)); done
echo "status $status, answers $n"
cat "$DISK.out"
"$PB" get shared-services/web
"$PB" list --format csv | wc -l
mount -o remount,size=8m "$DISK"
"$PB" release shared-services/web >"$DISK.out"
"$PB" get shared-services/web
cp "$DISK"/book.db* "$KEPT"
"""


def test_full_disk__is_an_error_and_the_book_stays_readable(pb):
    """A tmpfs of 600 kB; the program is the only one to write there."""
    disk, kept = pb.base / "disk", pb.base / "kept"
    disk.mkdir()
    kept.mkdir()
    run = subprocess.run(["unshare", "-m", "sh", "-c", ON_A_SMALL_DISK], cwd=pb.work,
                         env=pb.environment({"PB": pb.program, "DISK": disk, "KEPT": kept, "n": 0}),
                         capture_output=True, text=True, timeout=100, check=False)
    if "unshare" in run.stderr or "mount:" in run.stderr:
        pytest.skip(f"no disk for the test: {run.stderr}")
    assert (run.returncode, run.stderr) == (0, ""), run
    port, status, error, same_port, lines, given_again = run.stdout.splitlines()
    answers = int(status.removeprefix("status 5, answers "))
    assert answers > 10
    assert '"code":"io"' in error and "the disk is full" in error
    assert same_port == given_again == port
    assert int(lines) == answers + 2  # the first one, and the heading
    assert_whole(kept / "book.db", [int(port)])


# ---- the file is not what it should be

def test_truncated_book__is_an_error_at_every_length(pb, shop):
    pb.ok("get", "shop/last")
    settle(shop)
    whole = shop.read_bytes()
    for size in [2, 15, 16, 50, 99, 100, 101, 511, 512, 1024, 4095, *range(4096, len(whole), 4096),
                 len(whole) - 4095, len(whole) - 1]:
        shop.write_bytes(whole[:size])
        for command in (("list",), ("get", "shop/web"), ("allocate", "shop/web")):
            assert_refused(pb(*command, json=True), "book")
    shop.write_bytes(whole)
    assert pb.ok("get", "shop/last") == "20003"
    assert_whole(shop, SHOP)


def test_truncated_book__that_has_a_log_is_an_error_or_whole(pb, shop):
    """The log may hold what is cut off; what it does not hold must not be read as zeros."""
    settle(shop)
    for n in range(4):
        pb.ok("get", f"shop/s{n}")
    parts = {path: path.read_bytes() for path in shop.parent.glob("book.db*")}
    listed = pb.ok("list", "--format", "csv")
    refused = 0
    for size in [0, 16, 50, 100, 1000, *range(4096, len(parts[shop]), 4096), len(parts[shop]) - 1]:
        for path, content in parts.items():
            path.write_bytes(content)
        os.truncate(shop, size)
        result = pb("list", json=True)
        if result.code:
            refused += 1
            assert_refused(result, "book")
            assert_refused(pb("allocate", "shop/web", json=True), "book")
        else:
            assert pb.ok("list", "--format", "csv") == listed
            assert_whole(shop, SHOP)
    assert refused > 10
    for path, content in parts.items():
        path.write_bytes(content)
    assert pb.ok("list", "--format", "csv") == listed


def test_empty_file__is_a_new_book(pb):
    book = pb.base / "empty.db"
    book.touch()
    assert pb.ok("--book", book, "--quiet", "get", "shop/web", "--create") == "3100"
    assert_whole(book, [3100])


def test_log__that_is_missing_leaves_an_older_book_that_is_whole(pb, shop):
    """SQLite cannot know that there was one: what was in it alone is lost with it."""
    settle(shop)
    pb.ok("get", "shop/late")
    for part in ("-wal", "-shm"):
        os.unlink(f"{shop}{part}")
    assert live_ports(shop) == SHOP
    assert pb.ok("get", "shop/web") == "20000"
    assert pb.ok("get", "shop/other") == "20003"
    assert_whole(shop, SHOP)


@pytest.mark.parametrize("length", [0, 1, 31, 32, 33, 4000, 4152, 20_000])
def test_log__that_is_cut_off_ends_before_its_last_whole_change(pb, shop, length):
    settle(shop)
    said = [int(pb.ok("get", f"shop/s{n}")) for n in range(5)]
    os.truncate(f"{shop}-wal", length)
    os.unlink(f"{shop}-shm")
    entered = {entry["port"] for entry in pb.json("list")["ports"]}
    assert SHOP <= entered
    assert entered - SHOP == set(said[:len(entered) - len(SHOP)])
    pb.ok("get", "shop/other")
    assert_whole(shop, SHOP)


def test_index_of_the_log__that_is_garbage_is_made_anew(pb, shop):
    said = int(pb.ok("get", "shop/late"))
    with open(f"{shop}-shm", "r+b") as index:
        index.write(random.Random(SEED).randbytes(32768))
    assert pb.ok("get", "shop/late") == str(said)
    assert_whole(shop, SHOP | {said})


def make_text(path):
    path.write_text("This is a letter.\n" * 100)


def make_noise(path):
    path.write_bytes(random.Random(SEED).randbytes(100_000))


def make_zeros(path):
    path.write_bytes(bytes(40_960))


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(path))


@pytest.mark.parametrize("make", [make_text, make_noise, make_zeros, os.mkdir, os.mkfifo,
                                  make_socket], ids=lambda make: make.__name__)
def test_book__that_is_no_database_is_refused_and_left_alone(pb, make):
    book = pb.base / "thing"
    make(book)
    before = (os.stat(book), book.read_bytes() if book.is_file() else None)
    for command in (("list",), ("get", "shop/web", "--create"), ("status",)):
        message = assert_refused(pb("--book", book, *command, json=True, timeout=10), "book")
        assert str(book) in message
    after = (os.stat(book), book.read_bytes() if book.is_file() else None)
    assert (after[0].st_mode, after[0].st_mtime_ns, after[1]) == \
        (before[0].st_mode, before[0].st_mtime_ns, before[1])
    assert [path.name for path in book.parent.glob("thing*")] == ["thing"]


def test_book__of_another_program_is_refused_and_left_alone(pb):
    book = pb.base / "other.db"
    db = sqlite3.connect(book)
    db.executescript("CREATE TABLE bookmarks(url); INSERT INTO bookmarks VALUES ('x')")
    db.close()
    before = book.read_bytes()
    message = assert_refused(pb("--book", book, "get", "a/b", "--create", json=True), "book")
    assert "another program" in message
    assert book.read_bytes() == before


def test_book__of_a_newer_portbook_is_refused_and_names_both_versions(pb, shop):
    with look_into(shop) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
    db = sqlite3.connect(shop)
    db.execute(f"PRAGMA user_version = {version + 41}")
    db.close()
    for command in (("list",), ("get", "shop/web"), ("allocate", "shop/web")):
        message = assert_refused(pb(*command, json=True), "book")
        assert f"version {version + 41}" in message and message.endswith(f" {version}")
    db = sqlite3.connect(shop)
    db.execute(f"PRAGMA user_version = {version}")
    db.close()
    assert pb.ok("get", "shop/web") == "20000"
    assert_whole(shop, SHOP)


@pytest.mark.parametrize("path", ["book.db/below/a/file", "/proc/none/book.db", "/dev/null",
                                  "/dev/full", "round"])
def test_path__that_can_hold_no_book_is_an_error(pb, path):
    (pb.work / "book.db").write_text("not a folder")
    (pb.work / "round").symlink_to("round")
    for command in (("list",), ("get", "a/b", "--create")):
        assert_refused(pb("--book", path, *command, json=True), "io", "book")
    assert os.stat("/dev/null").st_mode & 0o777 == 0o666


# ---- what this user may not

@pytest.fixture
def as_owner(pb):
    """A book of the user nobody, with one entry; as_owner(*words, **options) asks it."""
    folder = pb.base / "theirs"
    folder.mkdir(mode=0o755)
    os.chown(folder, NOBODY, NOBODY)

    def run(*words, **options):
        return pb("--book", folder / "book.db", *words, user=NOBODY, cwd="/", **options)

    result = run("--quiet", "get", "shop/web", "--create")  # skips where one user is all there is
    assert result.out == "3100\n", result
    run.folder, run.book = folder, folder / "book.db"
    return run


def test_file__that_is_read_only_is_read_and_not_written(pb, as_owner):
    as_owner.book.chmod(0o400)
    for command in (("get", "shop/new"), ("release", "3100"), ("allocate", "shop/web")):
        assert "may not write" in assert_refused(as_owner(*command, json=True), "book")
    assert as_owner("get", "shop/web").out == "3100\n"
    assert len(as_owner("list", json=True).json["ports"]) == 1

    as_owner.book.chmod(0o600)
    assert as_owner("get", "shop/new").out == "3101\n"
    assert_whole(as_owner.book, [3100, 3101])


def test_file__that_was_read_only_for_a_while_is_written_again(pb, as_owner):
    """SQLite gives an empty log the mode of the book, and takes it back too late."""
    settle(as_owner.book)
    as_owner("list")
    as_owner.book.chmod(0o400)
    assert as_owner("get", "shop/new").code == 5
    assert as_owner.book.with_name("book.db-wal").stat().st_mode & 0o777 == 0o400
    as_owner.book.chmod(0o600)
    assert as_owner("get", "shop/new").out == "3101\n"


def test_log__of_another_user_is_an_error_that_says_how_to_open_it(pb, as_owner):
    settle(as_owner.book)
    as_owner("list")
    os.chown(f"{as_owner.book}-wal", 0, 0)
    os.chmod(f"{as_owner.book}-wal", 0o644)
    result = as_owner("get", "shop/new")
    assert result.code == 5 and "may not write the log" in result.err
    finding, = [c for c in json.loads(as_owner("doctor", "--json").out)["checks"]
                if c["severity"] != "ok"]
    assert finding["check"] == "rights" and finding["severity"] == "error"
    assert finding["remedy"] == result.err.splitlines()[1].strip()
    subprocess.run(shlex.split(finding["remedy"].removeprefix("sudo ")), check=True)
    assert as_owner("get", "shop/new").out == "3101\n"


def test_folder__that_is_read_only_is_a_clear_error_for_writers(pb, as_owner):
    settle(as_owner.book)
    os.unlink(f"{as_owner.book}-queue")
    os.chown(as_owner.folder, 0, 0)
    for command in (("get", "shop/new"), ("release", "shop/web")):
        assert "log" in assert_refused(as_owner(*command, json=True), "book")
    assert as_owner("get", "shop/web").out == "3100\n", "it is all in the one file"
    assert {path.name for path in as_owner.folder.iterdir()} == {"book.db"}

    os.chown(as_owner.folder, NOBODY, NOBODY)
    assert as_owner("get", "shop/new").out == "3101\n"
    assert_whole(as_owner.book, [3100, 3101])


def test_folder__that_is_read_only_with_a_log_there_is_no_obstacle(pb, as_owner):
    """The log and its index can be written: a sticky folder of root's does no harm."""
    os.chown(as_owner.folder, 0, 0)
    assert as_owner("get", "shop/new").out == "3101\n"
    assert_whole(as_owner.book, [3100, 3101])


@pytest.mark.parametrize("left", [[], ["-wal"], ["-shm"]], ids=["neither", "log", "index"])
def test_book__of_another_user_without_its_log_is_read_as_it_stands(pb, as_owner, left):
    settle(as_owner.book)
    for ending in ("-wal", "-shm", "-queue"):
        path = as_owner.folder / f"book.db{ending}"
        path.unlink(missing_ok=True)
        if ending in left:
            path.touch()
    for path in (as_owner.folder, *as_owner.folder.iterdir()):
        os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)
    files = {path: path.read_bytes() for path in as_owner.folder.iterdir()}
    assert as_owner("get", "shop/web").out == "3100\n"
    assert len(as_owner("list", json=True).json["ports"]) == 1
    assert as_owner("backup", pb.home_of(NOBODY) / "copy.db").code == 0
    assert "belongs to root" in assert_refused(as_owner("get", "shop/new", json=True), "book")
    assert {path: path.read_bytes() for path in as_owner.folder.iterdir()} == files


# At the eighth piece of the book: SQLite has looked at its header, and reads page after page.
STOPPED_READER = """
exec strace -qq -o "$TRACE" -P "$BOOK" -e trace=pread64 -e inject=pread64:signal=STOP:when=8 \\
    setpriv --reuid 65534 --regid 65534 --clear-groups "$PB" --book "$BOOK" list --format csv
"""


@pytest.mark.parametrize("leaves_log", [True, False], ids=["with log", "without"])
def test_book__of_another_user_that_changes_while_it_is_read_is_one_moment(pb, as_owner, strace,
                                                                           leaves_log):
    """The reader is stopped in the middle of the file; the owner writes then."""
    settle(as_owner.book)
    for ending in ("-wal", "-shm", "-queue"):
        (as_owner.folder / f"book.db{ending}").unlink(missing_ok=True)
    for path in (as_owner.folder, as_owner.book):
        os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)
    program = pb.program_for(NOBODY)
    trace = pb.base / "trace"
    trace.touch()
    reader = subprocess.Popen(["sh", "-c", STOPPED_READER], cwd="/", start_new_session=True,
                              env=pb.environment({"PB": program, "BOOK": as_owner.book,
                                                  "TRACE": trace, **TRACED}, user=NOBODY),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pb.started.append(reader)
    while reader.poll() is None and "stopped by SIGSTOP" not in trace.read_text():
        pass
    assert reader.poll() is None, reader.communicate()
    with open(f"/proc/{reader.pid}/task/{reader.pid}/children", encoding="ascii") as f:
        pid, = map(int, f.read().split())
    pb.ok("--book", as_owner.book, "get", "shop/new")
    for ending in ("-wal", "-shm"):
        (as_owner.folder / f"book.db{ending}").chmod(0o644)
    if not leaves_log:
        settle(as_owner.book)
        assert not (as_owner.folder / "book.db-wal").exists()
    os.kill(pid, signal.SIGCONT)
    out, err = reader.communicate(timeout=60)
    assert (reader.returncode, err) == (0, "")
    assert [line.split(",")[0] for line in out.splitlines()[1:]] == ["3100", "3101"]


def test_book__of_another_user_with_a_log_and_no_index_is_not_guessed_at(pb, as_owner):
    assert as_owner("get", "shop/new").out == "3101\n"
    assert (as_owner.folder / "book.db-wal").stat().st_size > 0
    (as_owner.folder / "book.db-shm").unlink()
    for path in (as_owner.folder, *as_owner.folder.iterdir()):
        os.chown(path, 0, 0)
        path.chmod(0o755 if path.is_dir() else 0o644)
    message = assert_refused(as_owner("list", json=True), "book")
    assert "log" in message and "missing" in message


def test_book__of_another_user_is_out_of_reach(pb, as_owner):
    os.chown(as_owner.book, 0, 0)
    before = as_owner.book.read_bytes()
    for command in (("get", "shop/web"), ("list",)):
        assert_refused(as_owner(*command, json=True), "book")
    assert as_owner.book.read_bytes() == before


def test_path__into_a_closed_folder_is_out_of_reach(pb, as_owner):
    closed = pb.base / "closed"
    closed.mkdir(mode=0o700)
    for path in (closed / "book.db", closed / "deeper" / "book.db", pb.base / "new" / "book.db"):
        result = pb("--book", path, "get", "a/b", "--create", json=True, user=NOBODY, cwd="/")
        assert_refused(result, "book")
    assert not list(closed.iterdir())
