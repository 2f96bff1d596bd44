"""doctor: is all well with the book?  Every finding is brought about, and its remedy is tried."""

import json
import shlex
import sqlite3
import subprocess
import time

import pytest

from books import settle

SPARED = "/proc/sys/net/ipv4/ip_local_reserved_ports"
DAY = 86_400_000


@pytest.fixture
def book(pb):
    """A book of two projects, shop/web 3100 and far/web 43000."""
    pb.ok("get", "shop/web", "--create")
    pb.ok("project", "add", "far", "--number", "400")
    pb.ok("get", "far/web")
    return pb.home / "data" / "portbook" / "book.db"


@pytest.fixture
def doctor(pb, answer):
    """doctor(): {check: [finding, ...]} of all that is not well; the exit status has to fit."""
    def run(*words, **options):
        said = None
        for status in (0, 1):
            code = pb(*words, "doctor", **options).code
            if code == status:
                said = answer("doctor", *words, status=status, **options)
        assert said, code
        findings = [c for c in said["checks"] if c["severity"] != "ok"]
        counts = [sum(c["severity"] == s for c in findings) for s in ("error", "warning")]
        assert [said["errors"], said["warnings"]] == counts
        assert (code == 1) == (counts[0] > 0)
        assert all(c["remedy"] for c in findings), "a finding without a remedy"
        assert not any(c["remedy"] for c in said["checks"] if c["severity"] == "ok")
        run.answer = said
        found = {}
        for finding in findings:
            found.setdefault(finding["check"], []).append(finding)
        return found
    return run


@pytest.fixture
def spared():
    """The kernel's list of this test's network namespace; spared("40000") sets it."""
    def write(text):
        with open(SPARED, "w", encoding="ascii") as f:
            f.write(text + "\n")

    try:
        write("")
    except OSError as why:
        pytest.skip(f"{SPARED} cannot be written here: {why}")
    yield write
    write("")


def sql(book, *statements):
    db = sqlite3.connect(book)
    with db:
        for statement, *values in statements:
            db.execute(statement, values)
    db.close()


def severities(found):
    return {check: [f["severity"] for f in findings] for check, findings in found.items()}


# ---- where all is well

def test_doctor__of_a_sound_book_finds_nothing_and_changes_nothing(pb, doctor):
    pb.ok("get", "shop/web", "--create")
    book = pb.home / "data" / "portbook" / "book.db"
    settle(book)
    was = book.read_bytes()
    assert doctor() == {}
    text = pb.ok("doctor")
    assert text.endswith("All is well.") and str(book) in text.splitlines()[0]
    assert doctor.answer["entries"] == 1 and doctor.answer["sysctl"] is None
    assert book.read_bytes() == was


def test_doctor__says_what_it_looked_at(pb, doctor):
    pb.ok("get", "shop/web", "--create")
    doctor()
    assert [c["check"] for c in doctor.answer["checks"]] == [
        "book", "schema", "integrity", "policy", "ranges", "paths", "ephemeral", "clock"]


def test_doctor__counts_errors_and_warnings_at_its_end(pb, book):
    sql(book, ("UPDATE projects SET path = '/srv/a' WHERE name IN ('shop', 'far')",))
    *_, last = pb.fails(1, "doctor").out.splitlines()
    assert last == "1 error, 1 warning"


# ---- the book and its file

def test_doctor__makes_no_book(pb, doctor):
    assert severities(doctor()) == {"book": ["note"]}
    assert severities(doctor("--book", "none.db")) == {"book": ["error"]}
    assert not (pb.home / "data" / "portbook").exists() and not list(pb.work.iterdir())


def test_doctor__of_an_empty_file_leaves_it_empty(pb, doctor):
    (pb.work / "empty.db").touch()
    assert severities(doctor("--book", "empty.db")) == {"book": ["error"]}
    assert (pb.work / "empty.db").stat().st_size == 0


def spoil(change):
    def run(path):
        settle(path)
        path.write_bytes(change(path.read_bytes()))
    return run


@pytest.mark.parametrize("spoil_it, check, words", [
    (lambda b: sql(b, ("PRAGMA user_version = 99",)), "book", "version 99"),
    (lambda b: sql(b, ("PRAGMA user_version = -1",)), "book", "version is -1"),
    (lambda b: sql(b, ("PRAGMA application_id = 7",)), "book", "another program"),
    (spoil(lambda data: b"port,service\n" * 1000), "book", "not a database"),
    (spoil(lambda data: data[:len(data) // 2]), "book", "damaged"),
    (spoil(lambda data: data[:40000] + b"\xa5" * 30000 + data[70000:]), "integrity", "damaged"),
    (lambda b: sql(b, ("DROP INDEX live_port",)), "integrity", "not those of a book"),
    (lambda b: sql(b, ("CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END",)),
     "integrity", "not those of a book"),
    (lambda b: sql(b, ("DELETE FROM projects WHERE name = 'shop'",)), "integrity", "refers to"),
], ids=["newer", "of no version", "of another program", "text", "cut off", "overwritten",
        "without an index", "with a trigger", "without a row"])
def test_doctor__of_a_damaged_book_is_an_error_and_restore_mends_it(pb, book, doctor, spoil_it,
                                                                    check, words):
    pb.ok("backup", "good.db")
    spoil_it(book)
    found = doctor()
    assert found[check][0]["severity"] == "error" and words in found[check][0]["message"]
    if "portbook restore" in found[check][0]["remedy"] and words != "not a database":
        pb("restore", "good.db", "--yes")
        if words == "another program":
            return
        pb.ok("restore", "good.db", "--yes")
        assert not severities(doctor()).keys() & {"book", "integrity"}


def test_doctor__of_a_book_that_anybody_may_write_is_a_warning(pb, doctor):
    pb.ok("get", "shop/web", "--create")
    (pb.home / "data" / "portbook" / "book.db").chmod(0o646)
    finding, = doctor()["rights"]
    assert finding["severity"] == "warning"
    subprocess.run(shlex.split(finding["remedy"]), check=True)
    assert doctor() == {}


def test_doctor__of_a_book_that_one_may_only_read_says_so(pb, doctor):
    pb.ok("get", "shop/web", "--create")
    book = pb.base / "book.db"
    pb.ok("backup", book)
    book.chmod(0o444)
    pb.base.chmod(0o755)
    result = pb("--book", book, "doctor", "--json", user=65534, cwd="/")
    assert result.code == 0, result
    found = [c["check"] for c in json.loads(result.out)["checks"] if c["severity"] != "ok"]
    assert found == ["rights"]


def test_doctor__says_that_the_config_could_not_be_read(pb, doctor):
    pb.ok("--book", "b.db", "get", "shop/web", "--create")
    config = pb.home / "config" / "portbook" / "config.yaml"
    config.parent.mkdir()
    config.symlink_to(config)
    finding, = doctor("--book", "b.db")["config"]
    assert str(config) in finding["message"]


def test_doctor__of_a_book_in_memory_looks_at_what_it_says(doctor):
    doctor("--book", "memory:")


# ---- the policy

def test_doctor__of_a_book_without_a_policy_is_an_error(pb, book, doctor):
    sql(book, ("DELETE FROM settings WHERE name LIKE 'policy%'",))
    assert "policy" in doctor() or "book" in doctor()
    assert pb("doctor").code == 1


def test_doctor__finds_an_unsound_policy(pb, book, doctor):
    db = sqlite3.connect(book)
    policy = json.loads(db.execute("SELECT value FROM settings WHERE name = 'policy'").fetchone()[0])
    db.close()
    policy["ranges"][1]["ports"] = [2500, 3500]
    sql(book, ("UPDATE settings SET value = ? WHERE name = 'policy'", json.dumps(policy)))
    findings = doctor()["policy"]
    assert "error" in {f["severity"] for f in findings}
    pb.ok("policy", "use", "blocks")
    assert "policy" not in doctor()


# ---- ranges

def test_doctor__notes_a_registered_port_in_no_range_and_can_move_it(pb, doctor):
    pb.ok("register", "shop/postgres", "1234", "--create")
    finding, = doctor()["ranges"]
    assert finding["severity"] == "note" and finding["details"] == ["1234 shop/postgres"]
    pb.ok("allocate", "shop/postgres", "--replace")
    assert doctor() == {}


def test_doctor__warns_of_a_port_outside_of_the_range_it_was_taken_from(pb, doctor):
    pb.ok("get", "shop/web", "--create", "--env", "test")
    book = pb.home / "data" / "portbook" / "book.db"
    sql(book, ("UPDATE port_allocations SET port_number = 1500",))
    finding, = doctor()["ranges"]
    assert finding["severity"] == "warning" and finding["details"] == ["1500 shop/web (test)"]
    pb.ok("allocate", "shop/web", "--replace", "--env", "test")
    assert doctor() == {}


def test_doctor__shows_ten_and_says_how_many_more(pb):
    for n in range(13):
        pb.ok("register", f"shop/s{n}", 1100 + n, "--create")
    text = pb.ok("doctor")
    assert "13 ports are entered" in text and "... and 3 more" in text
    assert "1109 shop/s9" in text and "1110" not in text


# ---- paths

def test_doctor__finds_two_projects_with_one_path(pb, book, doctor):
    sql(book, ("UPDATE projects SET path = '/srv/a' WHERE name IN ('shop', 'far')",))
    finding, = doctor()["paths"]
    assert finding["severity"] == "error"
    assert "'far' and 'shop'" in finding["message"] and "/srv/a" in finding["message"]
    command = finding["remedy"].partition(",")[0]
    assert shlex.split(command)[:3] == ["portbook", "project", "set"]
    pb.ok(*shlex.split(command)[1:])
    assert "paths" not in doctor()


def test_doctor__finds_two_paths_that_lead_to_one_folder(pb, doctor):
    for name in ("real", "link"):
        (pb.work / name).mkdir()
        pb.ok("project", "add", f"p-{name}", "--path", pb.work / name)
    (pb.work / "link").rmdir()
    (pb.work / "link").symlink_to("real")
    finding, = doctor()["paths"]
    assert str(pb.work / "real") in finding["message"]
    assert str(pb.work / "link") in finding["message"]


# ---- the kernel's range

def test_doctor__names_ports_in_the_ephemeral_range_and_the_line_that_protects_them(
        pb, book, doctor, spared):
    finding, = doctor()["ephemeral"]
    assert finding["severity"] == "warning" and finding["details"] == ["43000 far/web"]
    line = "net.ipv4.ip_local_reserved_ports = 43000"
    assert doctor.answer["sysctl"] == line
    run = pb("doctor", "--sysctl", check=True)
    assert (run.out, run.err) == (line + "\n", "")

    spared(line.partition("= ")[2])
    assert doctor() == {}
    assert doctor.answer["sysctl"] == line, "the file that has it can be made again"


def test_sysctl__keeps_what_is_spared_already_and_joins_neighbours(pb, book, spared):
    spared("8080,42998-42999,50000")
    for service in ("api", "db"):
        pb.ok("get", f"far/{service}")
    assert pb.ok("doctor", "--sysctl") == (
        "net.ipv4.ip_local_reserved_ports = 8080,42998-43002,50000")
    spared(pb.ok("doctor", "--sysctl").partition("= ")[2])
    with open(SPARED, encoding="ascii") as f:
        assert f.read() == "8080,42998-43002,50000\n"


def test_sysctl__with_no_port_in_that_range_is_silent(pb, spared):
    pb.ok("get", "shop/web", "--create")
    run = pb("doctor", "--sysctl", check=True)
    assert run.out == "" and "no port" in run.err


def test_sysctl__of_a_book_that_cannot_be_had_is_an_error(pb):
    run = pb.fails(5, "--book", "none.db", "doctor", "--sysctl")
    assert run.out == "" and "there is no book" in run.err


def test_doctor__of_another_machine_does_not_look_at_this_kernel(pb, book, doctor, spared):
    pb.ok("--host", "box2", "get", "far/api")
    assert doctor()["ephemeral"][0]["details"] == ["43000 far/web"]
    assert "ephemeral" not in doctor("--host", "box2")


# ---- the clock

def now_ms():
    return int(time.time() * 1000)


def test_doctor__finds_a_history_that_is_ahead_of_the_clock(pb, book, doctor, spared):
    sql(book, ("INSERT INTO events (at, op) VALUES (?, 'note')", now_ms() + 3 * DAY))
    finding, = doctor()["clock"]
    assert finding["severity"] == "warning" and "ahead of this machine's clock" in finding["message"]


@pytest.mark.parametrize("days_ago, is_said", [(1, True), (29, True), (31, False)])
def test_doctor__finds_that_the_clock_was_set_back_of_late(pb, book, doctor, days_ago, is_said):
    then = now_ms() - days_ago * DAY
    sql(book, ("DELETE FROM events",),
        ("INSERT INTO events (at, op) VALUES (?, 'note')", then - 2 * DAY),
        ("INSERT INTO events (at, op) VALUES (?, 'note')", then),
        ("INSERT INTO events (at, op) VALUES (?, 'note')", then - DAY // 2),
        ("INSERT INTO events (at, op) VALUES (?, 'note')", now_ms()))
    assert ("clock" in doctor()) == is_said


def test_doctor__does_not_mind_writers_that_waited_for_their_turn(pb, book, doctor):
    now = now_ms()
    sql(book, *(("INSERT INTO events (at, op) VALUES (?, 'note')", now - n * 1000)
                for n in range(30)))
    assert "clock" not in doctor()


def test_doctor__does_not_mind_a_history_that_was_moved_in(pb, book, doctor):
    sql(book, ("UPDATE events SET at = at - ?", 10 * DAY))
    file = pb.work / "book.json"
    file.write_text(pb.ok("export", "--format", "json"))
    for target in ("empty.db", "other.db"):
        if target == "other.db":
            pb.ok("--book", target, "project", "add", "else", "--number", "50")
        pb.ok("--book", target, "import", file)
        assert "clock" not in doctor("--book", target)
