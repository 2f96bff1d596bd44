"""Many who ask for ports at once: slots of free ports, who waits for whom, and what stays true."""

import subprocess
import time

import pytest

from books import start_at_once
from pgserver import make_older


@pytest.fixture
def ask(pb, shared):
    """ask("get", "shop/web"): the program, on the shared book; it waits for nobody."""
    url = shared.url(more="&options=-c%20lock_timeout%3D2s")
    return lambda *words: pb.ok(*words, "--book", url)


@pytest.fixture
def other(pb, shared):
    """Another program in a transaction of its own: other(SQL) is what it answers."""
    psql = subprocess.Popen(
        ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", shared.url()], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True, bufsize=1)
    pb.started.append(psql)

    def say(sql):
        psql.stdin.write(f"{sql};\n\\echo .\n")
        answer = []
        while True:
            line = psql.stdout.readline()
            assert line, answer
            if line == ".\n":
                return "".join(answer).strip()
            answer.append(line)
    yield say
    psql.stdin.close()
    psql.wait()


def allocating(service, project="shop", services="1"):
    return (f"SELECT allocate_port((SELECT id FROM projects WHERE name = '{project}'), (SELECT id "
            f"FROM port_ranges WHERE range_name = 'projects'), {service}) "
            f"FROM generate_series(1, {services}) n")


def start(pb, shared, *words):
    process = subprocess.Popen([pb.program, *words, "--book", shared.url()], cwd=pb.work,
                               env=pb.environment({}), stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    pb.started.append(process)
    return process


def await_a_waiter(shared):
    """Until one of the program's connections waits for a lock."""
    until = time.monotonic() + 60
    while shared.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'portbook' "
                     "AND datname = current_database() AND wait_event_type = 'Lock'") == "0":
        assert time.monotonic() < until
        time.sleep(0.02)


def wrong_slots(shared):
    """Slots that say otherwise than the entries, and ports of an open span that have none."""
    return shared.sql("""
        SELECT s.port_number FROM port_slots s WHERE s.free = EXISTS (SELECT FROM port_allocations a
            WHERE a.hostname = s.hostname AND a.protocol = s.protocol
            AND a.port_number = s.port_number AND a.released_at IS NULL)
        UNION ALL
        SELECT n FROM port_slot_spans o, generate_series(o.start_port, o.end_port) n
        WHERE NOT EXISTS (SELECT FROM port_slots s WHERE s.hostname = o.hostname
            AND s.protocol = o.protocol AND s.port_number = n)""")


# ---- who gets what

def test_claim__alone_gives_the_lowest_free_port(shared, ask):
    ask("project", "add", "shop")
    shared.sql(allocating("'s' || n", services="10"))
    for port in (3107, 3102, 3104):
        shared.sql(f"SELECT release_port({port})")
    assert [ask("get", f"shop/new{n}") for n in range(4)] == ["3102", "3104", "3107", "3110"]
    assert shared.sql(allocating("'another'")) == "3111"


def test_claim__16_at_once_get_the_last_ports_of_a_block_and_no_more(pb, shared, ask):
    ask("project", "add", "shop")
    shared.sql(allocating("'s' || n", services="92"))
    done = start_at_once(pb, [f"$PB get shop/new{n} --book '{shared.url()}'" for n in range(16)])
    assert sorted(out for out, _, status in done if status == 0) == [
        f"{port}\n" for port in range(3192, 3200)]
    assert sorted(status for _, _, status in done) == [0] * 8 + [4] * 8, done
    assert shared.sql("SELECT count(*), count(DISTINCT port_number) FROM port_allocations "
                      "WHERE released_at IS NULL") == "100|100"
    assert wrong_slots(shared) == ""


def test_claim__beside_one_that_is_not_finished_takes_another_port_at_once(shared, ask, other):
    ask("get", "shop/web", "--create")
    assert other(f"BEGIN; {allocating('$$slow$$')}") == "3101"
    assert ask("get", "shop/quick") == "3102"
    assert ask("release", "shop/web")
    other("ROLLBACK")
    assert ask("get", "shop/last") == "3100"
    assert ask("get", "shop/then") == "3101"


@pytest.mark.parametrize("end, status, port", [("ROLLBACK", 0, "3199\n"), ("COMMIT", 4, "")])
def test_claim__says_that_none_is_left_when_it_knows(pb, shared, ask, other, end, status, port):
    """The last port is in the hands of a transaction that may still let go of it."""
    ask("project", "add", "shop")
    shared.sql(allocating("'s' || n", services="99"))
    assert other(f"BEGIN; {allocating('$$last$$')}") == "3199"
    waiting = start(pb, shared, "get", "shop/late")
    await_a_waiter(shared)
    other(end)
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (status, port), err


def test_claim__of_a_port_by_number_waits_for_who_may_have_it(pb, shared, ask, other):
    ask("project", "add", "shop")
    assert other(f"BEGIN; {allocating('$$web$$')}") == "3100"
    waiting = start(pb, shared, "get", "shop/mine", "--port", "3100")
    await_a_waiter(shared)
    other("ROLLBACK")
    out, err = waiting.communicate(timeout=60)
    assert (waiting.returncode, out) == (0, "3100\n"), err


# ---- who waits for whom

def test_service__is_changed_by_one_at_a_time(pb, shared, ask, other):
    """`a-b` would make the variable of `a.b`: it is told so, not entered beside it."""
    ask("project", "add", "shop")
    other(f"BEGIN; {allocating('$$a.b$$')}")
    waiting = start(pb, shared, "get", "shop/a-b")
    await_a_waiter(shared)
    other("COMMIT")
    _, err = waiting.communicate(timeout=60)
    assert waiting.returncode == 2 and "would share a variable" in err


def test_number__is_set_above_nobody_who_takes_one(shared, ask, other):
    """Set behind a number that is being taken, the sequence would give it twice."""
    ask("project", "add", "shop")
    above = "SET lock_timeout = '100ms'; SELECT number_above(1)"
    assert other(f"BEGIN; {allocating('$$web$$')}") == "3100"
    assert "lock timeout" in shared.refused(above)
    other("COMMIT")
    assert shared.sql(above) == shared.sql("SELECT max(seq) + 1 FROM events")


def test_rules__are_not_changed_while_a_port_is_given(pb, shared, ask, other):
    ask("project", "add", "shop")
    assert other(f"BEGIN; {allocating('$$web$$')}") == "3100"
    waiting = start(pb, shared, "reserve", "3101", "--reason", "kept")
    await_a_waiter(shared)
    other("COMMIT")
    assert waiting.wait(60) == 0
    assert ask("get", "shop/api") == "3102"


def test_many__who_get_and_release_the_same_leave_a_book_that_is_right(pb, shared, ask):
    ask("project", "add", "shop")
    url = shared.url()
    script = "; ".join(f"$PB {words} --book '{url}'" for words in (
        "get shop/web", "allocate shop/web", "get shop/s$N", "release shop/web", "get shop/web",
        "release shop/s$N", "allocate shop/web --replace"))
    done = start_at_once(pb, [f"N={n}; {script}; true" for n in range(12)])
    said = "".join(err for _, err, _ in done)
    assert "nothing to release" in said or not said, said
    assert set(line for line in said.splitlines() if "portbook:" in line) <= {
        "portbook: 'shop/web' has no port in dev: nothing to release"}, said
    assert shared.sql("""
        SELECT service_name FROM port_allocations WHERE released_at IS NULL
        GROUP BY service_name HAVING count(*) FILTER (WHERE ordinal = 0) <> 1""") == ""
    assert wrong_slots(shared) == ""
    # Each change is of one transaction, and a number is left out before it.
    assert shared.sql("""
        SELECT count(*) FROM events e JOIN events n ON n.seq = e.seq + 1
        WHERE e.xid <> n.xid""") == "0"
    # What is live is what the history says last of each port.
    assert shared.sql("""
        SELECT port_number FROM port_allocations WHERE released_at IS NULL EXCEPT
        SELECT port FROM (SELECT DISTINCT ON (after->>'id') port, op FROM events
            WHERE port IS NOT NULL ORDER BY after->>'id', seq DESC) last
        WHERE op <> 'release'""") == ""


# ---- the slots themselves

def test_slots__follow_whoever_changes_an_entry(pb, shared, ask):
    ask("get", "shop/web", "--create")
    ask("get", "shop/dns", "--udp")
    ask("register", "shop/far", "3150")
    ask("release", "3150")
    ask("undo", "--yes")
    ask("allocate", "shop/far", "--replace", "--port", "3160")
    ask("get", "blog/web", "--create")
    ask("release", "blog/web")
    ask("project", "remove", "blog")
    shared.sql("UPDATE port_allocations SET port_number = 3170 WHERE port_number = 3160; "
               "DELETE FROM port_allocations WHERE port_number = 3100 AND protocol = 'udp'")
    assert shared.sql("SELECT port_number FROM port_slots WHERE NOT free") == "3100\n3170"
    assert wrong_slots(shared) == ""


def test_slots__that_are_wrong_are_found_and_do_no_harm(pb, shared, ask):
    ask("get", "shop/web", "--create")
    ask("get", "shop/api")
    shared.sql("UPDATE port_slots SET free = NOT free WHERE port_number IN (3101, 3102)")
    finding, = (c for c in pb.json("doctor", "--book", shared.url())["checks"]
                if c["check"] == "slots")
    assert finding["severity"] == "warning"
    assert finding["message"] == ("2 of the slots, by which a free port is found, are wrong: that "
                                  "of 3101 on 'localhost' says free, and it is taken")
    assert ask("get", "shop/db") == "3103"
    shared.sql("UPDATE port_slots SET free = false")
    assert ask("get", "shop/cache") == "3102"
    assert finding["remedy"].startswith("SELECT forget_slots()")
    shared.sql("SELECT forget_slots()")
    finding, = (c for c in pb.json("doctor", "--book", shared.url())["checks"]
                if c["check"] == "slots")
    assert finding["severity"] == "ok"
    assert ask("get", "shop/queue") == "3104"
    assert wrong_slots(shared) == ""


def test_slots__of_an_older_book_are_made_by_setup(pb, empty):
    make_older(empty, "0004")
    empty.sql("""
        CREATE ROLE writer_of_old;
        GRANT INSERT, UPDATE ON port_allocations TO writer_of_old;
        INSERT INTO projects (name, number) VALUES ('shop', 1);
        INSERT INTO blocks (hostname, start_port, end_port, range_name, project_id)
            SELECT 'localhost', 3100, 3199, 'projects', id FROM projects;
        INSERT INTO port_allocations (project_id, service_name, port_number, status, released_at)
            SELECT id, 'web', 3100, 'allocated', NULL FROM projects UNION ALL
            SELECT id, 'api', 3101, 'released', now() FROM projects""")
    pb.ok("setup", "--book", empty.url())
    assert empty.sql("SELECT count(*), count(*) FILTER (WHERE free) FROM port_slots") == "100|99"
    assert wrong_slots(empty) == ""
    assert empty.sql("SELECT string_agg(privilege_type, ' ' ORDER BY 1) FROM information_schema."
                     "role_table_grants WHERE grantee = 'writer_of_old' AND table_name = "
                     "'port_slots'") == "INSERT UPDATE"
    empty.sql("DROP OWNED BY writer_of_old; DROP ROLE writer_of_old")
    assert pb.ok("get", "shop/api", "--book", empty.url()) == "3101"
    assert pb.ok("get", "shop/db", "--book", empty.url()) == "3102"


# ---- who follows the history

@pytest.mark.parametrize("first", ["SELECT pg_current_xact_id()", allocating("$$slow$$")])
def test_history__after_a_number_misses_no_change_that_ends_later(pb, shared, ask, other, first):
    """Numbers are taken in the middle: neither they nor the beginnings are the order of commits."""
    def follow():
        events = pb.json("history", "--after", str(seen[-1]), "--book", shared.url())["events"]
        seen.extend(event["seq"] for event in events)
        return {event["port"] for event in events}
    ask("get", "shop/web", "--create")
    seen = [pb.json("history", "--limit", "1", "--book", shared.url())["events"][0]["seq"]]
    other(f"BEGIN; {first}")
    quick = int(ask("get", "shop/quick"))
    assert follow() == set()
    slow = int(other(allocating("$$slow2$$")))
    assert follow() == set()
    other("COMMIT")
    assert {quick, slow} <= follow()
    assert follow() == set()
    last = int(ask("get", "shop/last"))
    assert follow() == {last}
    assert len(set(seen)) == len(seen)
