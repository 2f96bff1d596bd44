"""Many clients of one book in PostgreSQL, as processes and as machines; servers and cables that fail.

However many ask at once: one owner for each port, no error, nothing lost.
"""

import os
import signal
import subprocess
import threading

import pytest

from books import WIDE, start_at_once, wait_all
from networks import HERE, far, network, until  # noqa: F401: fixtures
from pgserver import Server

CLIENTS = 64


def assert_whole(database, answered):
    """What was answered is entered, {(project, service): port}; and the history tells the same."""
    rows = database.sql("SELECT p.name, a.service_name, a.port_number FROM port_allocations a "
                        "JOIN projects p ON p.id = a.project_id WHERE a.released_at IS NULL")
    live = {tuple(row.split("|")[:2]): int(row.split("|")[2]) for row in rows.splitlines()}
    assert len(set(live.values())) == len(live) == len(rows.splitlines())
    assert answered.items() <= live.items()
    assert database.sql(
        "SELECT count(*) FROM port_allocations a WHERE a.released_at IS NULL AND NOT EXISTS (SELECT "
        "FROM events e WHERE e.after->>'id' = a.id::text AND e.port = a.port_number)") == "0"
    assert database.sql(
        "SELECT count(*) FROM events e WHERE e.op = 'allocate' AND NOT EXISTS (SELECT FROM "
        "port_allocations a WHERE a.id::text = e.after->>'id')") == "0"
    return live


def all_well(done):
    """What they said, a line for each port: {(project, service): port}."""
    for out, err, status in done:
        assert (status, err) == (0, ""), out + err
    said = [line.split() for out, _err, _status in done for line in out.splitlines()]
    return {tuple(name.split("/")): int(port) for name, port in said}


def asks(name, book, more=""):
    return f'port=$($PB get --quiet {name} {more} --book "{book}") && echo {name} $port'


# ---- processes

def test_get__64_processes_in_one_project_and_in_64(pb, shared):
    pb.ok("project", "add", "shop", "--book", shared.url())
    done = start_at_once(pb, [
        asks(f"shop/s{n}", shared.url()) + " && " + asks(f"own{n}/web", shared.url(), "--create")
        for n in range(CLIENTS)])
    answered = all_well(done)
    assert len(answered) == 2 * CLIENTS
    assert assert_whole(shared, answered) == answered
    assert {answered["shop", f"s{n}"] for n in range(CLIENTS)} == set(range(3100, 3100 + CLIENTS))
    assert shared.sql("SELECT count(*), count(DISTINCT number) FROM projects WHERE number > 0"
                      ) == "65|65"


@pytest.fixture
def writers(pb):
    program = pb.program.parent / "tests" / "writers"
    if not program.exists():
        pytest.skip(f"{program} is not built: meson configure -Dtests=true")
    return program


@pytest.mark.slow
def test_get__64_sessions_with_10_services_each_have_640_ports(pb, shared, writers):
    policy = pb.base / "wide.yaml"
    policy.write_text(WIDE)
    pb.ok("policy", "use", policy, "--book", shared.url())
    pb.ok("project", "add", "shop", "--book", shared.url())
    run = subprocess.run([writers, "each", shared.url(), str(CLIENTS), "10"], capture_output=True,
                         env=pb.environment(), text=True, timeout=110, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    said = {("shop", service): int(port) for service, port in
            (line.split() for line in run.stdout.splitlines())}
    assert len(said) == 640
    assert assert_whole(shared, said) == said


# ---- a server that is killed

def lines_hold(lines):
    """What is entered for sure after the lines of `writers talk`; the oldest may be released."""
    held = []
    for line in lines:
        if line[0] == "+":
            held.append(int(line[1:]))
        else:
            held.remove(int(line[1:]))
    return held[1:]


class Talker:
    """`writers talk`, until it is killed, and what it says."""

    def __init__(self, pb, program, book):
        self.process = subprocess.Popen([program, "talk", book, "shop"], env=pb.environment(),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        pb.started.append(self.process)
        self.lines = []
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            if line.endswith("\n"):
                self.lines.append(line.strip())

    def end(self):
        self.process.kill()
        self.thread.join()
        assert self.process.stderr.read() == ""
        return self.lines


def kill_the_server(pb, writers, times):
    """It is killed -9 in full flow and started again: no client hears of it, no port is lost."""
    server = Server()
    try:
        book = server.new_database()
        pb.ok("setup", "--book", book.url())
        pb.ok("project", "add", "shop", "--book", book.url())
        talkers = [Talker(pb, writers, book.url()) for _ in range(8)]
        for _ in range(times):
            said = [len(t.lines) for t in talkers]
            until(lambda: all(len(t.lines) > n + 4 for t, n in zip(talkers, said)))
            server.stop(signal.SIGKILL)
            server.start()
        said = [len(t.lines) for t in talkers]
        until(lambda: all(len(t.lines) > n for t, n in zip(talkers, said)))
        sure = [port for t in talkers for port in lines_hold(t.end())]
        assert len(sure) == len(set(sure)) and sure
        assert set(sure) <= set(assert_whole_ports(book))
    finally:
        server.remove()


def assert_whole_ports(book):
    """One service has many ports here."""
    rows = book.sql("SELECT port_number FROM port_allocations WHERE released_at IS NULL").split()
    assert len(rows) == len(set(rows))
    assert book.sql("SELECT count(*) FROM port_allocations a WHERE NOT EXISTS (SELECT FROM events e "
                    "WHERE e.after->>'id' = a.id::text AND e.after->>'status' = a.status)") == "0"
    return map(int, rows)


def test_server__killed_under_8_sessions_loses_nothing_and_no_session_fails(pb, writers):
    kill_the_server(pb, writers, 1)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_server__killed_again_and_again_loses_nothing_and_no_session_fails(pb, writers):
    kill_the_server(pb, writers, 12)


def test_commit__whose_number_another_has_got_meanwhile_is_made_again(pb):
    """A server that is killed before it wrote a transaction down gives its number to another one.

    The client sleeps meanwhile; when it asks, that number is committed, and not by it.
    """
    server = Server("wal_writer_delay=10000")
    try:
        book = server.new_database()
        pb.ok("setup", "--book", book.url())
        pb.ok("project", "add", "shop", "--book", book.url())
        gate = Gate(pb, book)
        asking = pb.start("allocate", "shop/web", "--book", book.url())
        gate.wait_for_one()
        asking.send_signal(signal.SIGSTOP)
        server.stop(signal.SIGKILL)
        server.start()
        book.sql("DROP TRIGGER wait_here ON port_allocations")
        for _ in range(4):
            book.sql("UPDATE settings SET value = value")
        asking.send_signal(signal.SIGCONT)
        assert wait_all([asking], 60) == [("3100\n", "", 0)]
        assert assert_whole(book, {("shop", "web"): 3100})
    finally:
        server.remove()


# ---- machines

def test_get__64_machines_in_one_project_and_in_64(pb, far, network):
    pb.ok("project", "add", "shop", "--book", far.url())
    url = f"postgres://postgres@{HERE}/{far.name}"
    done = wait_all(network.machines(
        [asks(f"shop/m{n}", url) + " && " + asks(f"own{n}/web", url, "--create")
         for n in range(CLIENTS)]), 110)
    answered = all_well(done)
    assert len(answered) == 2 * CLIENTS
    assert assert_whole(far, answered) == answered


class Gate:
    """Whoever commits a new port waits here, inside of COMMIT, until it is opened."""

    def __init__(self, pb, database):
        self.database = database
        database.sql("""
            CREATE FUNCTION wait_here() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM pg_advisory_xact_lock_shared(42);
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER wait_here AFTER INSERT ON port_allocations
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION wait_here();""")
        self.keeper = subprocess.Popen(
            ["psql", "-XAtq", "-h", database.server.folder, "-U", "postgres", "-d", database.name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"]}, start_new_session=True)
        pb.started.append(self.keeper)
        self.keeper.stdin.write("SELECT 'closed' FROM pg_advisory_lock(42);\n")
        self.keeper.stdin.flush()
        assert self.keeper.stdout.readline() == "closed\n"

    def wait_for_one(self):
        until(lambda: self.database.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portbook' AND "
            "query = 'COMMIT' AND wait_event_type = 'Lock'") == "1")

    def open(self):
        self.keeper.communicate()


def connections(database):
    return int(database.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = "
                            "'portbook' AND datname = current_database()"))


def commits_on_its_own(database, gate, network, machine):
    gate.open()
    until(lambda: database.sql("SELECT count(*) FROM port_allocations") == "1")
    until(lambda: not network.is_connected(machine))
    network.link(1, "up")


def is_undone(database, gate, network, machine):
    database.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT'")
    gate.open()
    until(lambda: not network.is_connected(machine))
    network.link(1, "up")


def is_still_at_it(database, gate, network, machine):
    until(lambda: not network.is_connected(machine))
    network.link(1, "up")
    until(lambda: connections(database) > 1)
    gate.open()


@pytest.mark.parametrize("server", [commits_on_its_own, is_undone, is_still_at_it],
                         ids=lambda server: server.__name__)
def test_commit__in_whose_middle_the_cable_is_pulled(pb, far, network, server):
    """The client finds out which way it went: there is one port, and one event that says so."""
    pb.ok("project", "add", "shop", "--book", far.url())
    gate = Gate(pb, far)
    url = (f"postgres://postgres@{HERE}/{far.name}?connect_timeout=2&keepalives_idle=1&"
           "keepalives_interval=1&keepalives_count=2&tcp_user_timeout=1000")
    machine, = network.machines([f'exec $PB allocate shop/web --book "{url}"'])
    gate.wait_for_one()
    network.link(1, "down")
    server(far, gate, network, machine)
    assert wait_all([machine], 60) == [("3100\n", "", 0)]
    assert far.sql("SELECT count(*) FROM port_allocations") == "1"
    assert far.sql("SELECT count(*) FROM events WHERE op = 'allocate'") == "1"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_commit__of_which_nobody_can_say_is_asked_again_by_its_name(pb, far, network):
    """The cable stays pulled for longer than the client has patience."""
    pb.ok("project", "add", "shop", "--book", far.url())
    gate = Gate(pb, far)
    url = (f"postgres://postgres@{HERE}/{far.name}?connect_timeout=2&keepalives_idle=1&"
           "keepalives_interval=1&keepalives_count=2&tcp_user_timeout=1000")
    command = f'exec $PB allocate shop/web --once deploy --book "{url}"'
    machine, = network.machines([command])
    gate.wait_for_one()
    network.link(1, "down")
    gate.open()
    (out, err, status), = wait_all([machine], 110)
    assert (out, status) == ("", 5) and "cannot be reached" in err
    assert far.sql("SELECT count(*) FROM port_allocations") == "1"
    machine, = network.machines([command])
    assert wait_all([machine], 60) == [("3100\n", "", 0)]
    assert far.sql("SELECT count(*) FROM port_allocations") == "1"
