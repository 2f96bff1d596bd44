"""However many ask at once: one owner for each port, no error, nobody starved, nothing lost.

The processes are real ones.  Where the start of a program would hide what is tested, they are
tests/lib/writers.c, which asks through the same session as the commands do.
"""

import collections
import json
import os
import pathlib
import signal
import sqlite3
import subprocess

import pytest

from books import WIDE, assert_whole, start_at_once

PROCESSES = 64
SERVICES = 50


@pytest.fixture
def wide_book(pb):
    """The default book, with a project that owns 4000 ports."""
    policy = pb.base / "wide.yaml"
    policy.write_text(WIDE)
    pb.ok("policy", "use", policy)
    pb.ok("project", "add", "shop")
    return pb.home / "data" / "portbook" / "book.db"


@pytest.fixture
def writers(pb):
    """writers(*words): tests/lib/writers.c, to its end; what it says."""
    program = pb.program.parent / "tests" / "writers"
    if not program.exists():
        pytest.skip(f"{program} is not built: meson configure -Dtests=true")

    def run(*words):
        run = subprocess.run([program, *map(str, words)], env=pb.environment(),
                             capture_output=True, text=True, timeout=110, check=False)
        assert run.returncode == 0, run.stderr
        return run.stdout
    return run


def listed(pb, *words):
    """{(project, service): [ports]}, as `list` says it."""
    ports = collections.defaultdict(list)
    for entry in pb.json("list", *words)["ports"]:
        ports[entry["projectName"], entry["serviceName"]].append(entry["port"])
    return ports


def assert_all_well(answers):
    for out, err, status in answers:
        assert (status, err) == (0, ""), out


def assert_all_distinct(pb, book, lines):
    said = [line.split() for line in lines]
    assert len({port for _service, port in said}) == len(said)
    assert listed(pb) == {("shop", service): [int(port)] for service, port in said}
    assert_whole(book)


def test_get__64_processes_with_50_services_each_have_3200_ports(pb, wide_book, writers):
    lines = writers("each", wide_book, PROCESSES, SERVICES).splitlines()

    assert len(lines) == PROCESSES * SERVICES
    assert_all_distinct(pb, wide_book, lines)


def command_loops(services):
    return [f"for s in $(seq {services}); do echo s{p}x$s $($PB get shop/s{p}x$s) || exit; done"
            for p in range(PROCESSES)]


def test_get__64_loops_of_4_commands_have_256_ports(pb, wide_book):
    answers = start_at_once(pb, command_loops(4))

    assert_all_well(answers)
    assert_all_distinct(pb, wide_book, "".join(out for out, _err, _status in answers).splitlines())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_get__64_loops_of_50_commands_have_3200_ports(pb, wide_book):
    answers = start_at_once(pb, command_loops(SERVICES), seconds=280)

    assert_all_well(answers)
    lines = "".join(out for out, _err, _status in answers).splitlines()
    assert len(lines) == PROCESSES * SERVICES
    assert_all_distinct(pb, wide_book, lines)


def test_get__64_processes_that_ask_for_one_service_get_one_port(pb, wide_book):
    answers = start_at_once(pb, ["$PB get shop/web"] * PROCESSES)

    assert_all_well(answers)
    ports = {out for out, _err, _status in answers}
    assert len(ports) == 1
    assert listed(pb) == {("shop", "web"): [int(ports.pop())]}
    assert_whole(wide_book)


def test_allocate__64_processes_that_add_to_one_service_get_64_ports(pb, wide_book):
    answers = start_at_once(pb, ["$PB allocate shop/web"] * PROCESSES)

    assert_all_well(answers)
    ports = sorted(int(out) for out, _err, _status in answers)
    assert len(set(ports)) == PROCESSES
    assert sorted(listed(pb)["shop", "web"]) == ports
    assert sum(entry["primary"] for entry in pb.json("list")["ports"]) == 1
    assert_whole(wide_book)


def test_allocate__in_a_book_that_was_made_while_it_was_opened(pb, strace):
    """SQLite tries to open it for writing, then for reading: it came between the two."""
    pb.ok("get", "shop/web", "--create")
    run = strace(["-P", pb.home / "data/portbook/book.db", "-e", "trace=openat",
                  "-e", "inject=openat:error=ENOENT:when=1"], pb.program, "allocate", "shop/web")
    assert (run.returncode, run.stdout, run.stderr) == (0, "3101\n", "")


def test_get__64_processes_make_one_book_where_there_was_none(pb):
    answers = start_at_once(pb, [f"$PB --quiet get shop/s{p} --create" for p in range(PROCESSES)])

    assert_all_well(answers)
    ports = {int(out) for out, _err, _status in answers}
    assert ports == set(range(3100, 3100 + PROCESSES))
    assert listed(pb) == {("shop", f"s{p}"): [int(out)]
                          for p, (out, _err, _status) in enumerate(answers)}
    assert [p["projectName"] for p in pb.json("project", "list")["projects"]
            if p["projectName"] != "shared-services"] == ["shop"]
    assert_whole(pb.home / "data" / "portbook" / "book.db")


def test_get__64_processes_found_64_projects_whose_blocks_do_not_touch(pb):
    answers = start_at_once(pb, [f"$PB --quiet get p{p}/web --create" for p in range(PROCESSES)])

    assert_all_well(answers)
    blocks = {int(out) // 100 for out, _err, _status in answers}
    assert len(blocks) == PROCESSES
    assert_whole(pb.home / "data" / "portbook" / "book.db")


def test_get__of_many_directories_at_once_enters_each_project_once(pb, project_dir):
    folders = [project_dir(f"p{p}", git=False) for p in range(8)]
    answers = start_at_once(pb, [f"cd {folder} && $PB --quiet get web"
                                 for folder in folders for _ in range(4)])

    assert_all_well(answers)
    assert len({out for out, _err, _status in answers}) == len(folders)
    assert len(listed(pb)) == len(folders)


def test_release__of_one_port_by_64_processes_is_done_once(pb, wide_book):
    port = pb.ok("get", "shop/web")
    answers = start_at_once(pb, [f"$PB release {port} --json"] * PROCESSES)

    assert collections.Counter(status for _out, _err, status in answers) == \
        {0: 1, 1: PROCESSES - 1}
    assert {json.loads(out)["error"]["code"] for out, _err, status in answers if status} == \
        {"nothing-to-release"}
    assert_whole(wide_book)


def test_get__of_one_named_port_is_one_process_alone(pb, wide_book):
    answers = start_at_once(pb, [f"$PB get shop/s{p} --port 20007" for p in range(PROCESSES)])

    assert collections.Counter(status for _out, _err, status in answers) == \
        {0: 1, 3: PROCESSES - 1}
    assert_whole(wide_book)


def test_get__the_last_ports_are_given_and_then_all_are_told_it_is_full(pb, wide_book):
    pb.ok("reserve", "20000-59989", "--reason", "nearly full")
    project = pb.json("project", "add", "full", "--number", "9")
    answers = start_at_once(pb, [f"$PB get full/s{p}" for p in range(PROCESSES)])

    assert project["success"]
    assert collections.Counter(status for _out, _err, status in answers) == \
        {0: 10, 4: PROCESSES - 10}
    assert {int(out) for out, _err, status in answers if status == 0} == set(range(59990, 60000))
    assert_whole(wide_book)


def share_for(seconds, pb, writers, record_property):
    """16 processes that allocate and release without pause; all have to get their share."""
    book = pb.home / "data" / "portbook" / "book.db"
    pb.ok("status")
    answer = json.loads(writers("share", book, 16, seconds))

    for name in ("commits", "fewest", "most", "slowest_ms"):
        record_property(name, answer[name])
    print(f"{answer['commits'] / seconds:.0f} commits/s, of one process {answer['fewest']} to "
          f"{answer['most']}, slowest allocate and release {answer['slowest_ms']} ms")
    assert answer["errors"] == []
    # Without the queue, one of 16 made 1 commit in 10 s (facts/store.md).
    assert answer["fewest"] * 3 >= answer["most"]
    assert pb.json("list")["ports"] == []
    assert_whole(book)


def test_writers__16_without_pause_get_equal_shares_and_no_error(pb, writers, record_property):
    share_for(3, pb, writers, record_property)


@pytest.mark.slow
def test_writers__16_without_pause_for_10_s_get_equal_shares(pb, writers, record_property):
    share_for(10, pb, writers, record_property)


def holds_a_ticket(process, book):
    """Whether it has locked a byte of the queue's file; byte 0 guards the numbers."""
    for fd in pathlib.Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            if os.readlink(fd) != f"{book}-queue":
                continue
            facts = fd.parent.with_name("fdinfo").joinpath(fd.name).read_text()
        except FileNotFoundError:
            continue
        if any(int(line.split()[-2]) > 0
               for line in facts.splitlines() if line.startswith("lock:")):
            return True
    return False


def test_writers__one_stopped_in_the_queue_holds_up_nobody_for_long(pb, wide_book):
    """The first in the queue sleeps before it has SQLite's lock: the others go on without it."""
    outsider = sqlite3.connect(wide_book, isolation_level=None)
    outsider.execute("BEGIN IMMEDIATE")  # takes no turn: the sleeper gets no further
    sleeper = pb.start("get", "shop/sleeper")
    while not holds_a_ticket(sleeper, wide_book):
        assert sleeper.poll() is None
    sleeper.send_signal(signal.SIGSTOP)
    outsider.execute("ROLLBACK")
    outsider.close()
    answers = start_at_once(pb, [f"$PB get shop/s{p}" for p in range(8)])
    sleeper.send_signal(signal.SIGCONT)

    assert_all_well(answers)
    assert sleeper.wait(timeout=30) == 0
    assert len(listed(pb)) == 9


def test_commands__16_without_pause_get_equal_shares_and_no_error(pb, wide_book, record_property):
    """The same with a program started for each change: 3 s, until a file says stop."""
    stop = pb.base / "stop"
    loops = [subprocess.Popen(
        ["sh", "-c", "n=0; while [ ! -e $STOP ]; do p=$($PB allocate shop/w$W) && "
         "$PB --quiet release $p >/dev/null || exit 1; n=$((n + 2)); done; echo $n"],
        env=pb.environment({"PB": pb.program, "STOP": stop, "W": w}), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=pb.work, start_new_session=True)
        for w in range(16)]
    pb.started += loops
    with pytest.raises(subprocess.TimeoutExpired):  # none ends by itself
        loops[0].wait(timeout=3)
    stop.touch()
    answers = [(*loop.communicate(timeout=60), loop.returncode) for loop in loops]

    assert_all_well(answers)
    counts = [int(out) for out, _err, _status in answers]
    record_property("commits", sum(counts))
    print(f"{sum(counts) / 3:.0f} commits/s, of one process {min(counts)} to {max(counts)}")
    assert min(counts) * 3 >= max(counts)
    assert_whole(wide_book)
