"""setup --machine: one book for all users of a machine, which its group writes and all read."""

import json
import os
import stat

import pytest

from books import start_at_once

FOLDER = "/var/lib/portbook"
BOOK = f"{FOLDER}/book.db"
CONFIG = "/etc/portbook/config.yaml"
FILES = ["book.db", "book.db-queue", "book.db-shm", "book.db-wal"]


@pytest.fixture
def shared(machine):
    """A machine that is set up; alice and bob are in the group, carol is not."""
    machine.portbook("setup", "--machine", umask=0o077)
    group = machine.group()

    def ask(user, *words, **options):
        groups = [] if user == "carol" else [group]
        return machine.portbook(*words, user=user, groups=groups, **options)

    ask.machine, ask.group = machine, group
    return ask


def modes(machine):
    """{name: "root:portbook 664"} of the book's folder (".") and all that is in it."""
    said = machine.run("sh", "-c", f"cd {FOLDER} && stat -c '%n %U:%G %a' . $(ls -A)").stdout
    return dict(line.split(" ", 1) for line in said.splitlines())


RIGHT = {".": "root:portbook 2755", **{name: "root:portbook 664" for name in FILES}}


# ---- setting up

def test_setup__makes_group_folder_book_and_config_whatever_the_umask(machine):
    for umask in (0o077, 0o000):
        machine.run("rm", "-rf", FOLDER, "/etc/portbook")
        said = machine.portbook("setup", "--machine", umask=umask, sudo="alice").stdout
        assert modes(machine) == RIGHT
        assert machine.run("stat", "-c", "%U %a", "/etc/portbook", CONFIG).stdout == (
            "root 755\nroot 644\n")
        assert machine.run("cat", CONFIG).stdout == f"book: {BOOK}\n"
        assert "sudo usermod -aG portbook alice" in said


def test_setup__twice_changes_nothing_and_says_so(machine):
    machine.portbook("setup", "--machine")
    machine.portbook("get", "shop/web", "--create")
    answer = json.loads(machine.portbook("setup", "--machine", "--json").stdout)
    assert {step["state"] for step in answer["steps"]} == {"unchanged"}
    assert modes(machine) == RIGHT
    assert machine.portbook("get", "shop/web").stdout == "3100\n"


def test_setup__mends_what_is_not_as_it_should_be(machine):
    machine.portbook("setup", "--machine")
    machine.run("sh", "-c", f"chmod 777 {FOLDER}; chown alice {BOOK}; chmod 600 {BOOK}-wal;"
                            f"rm {BOOK}-shm {BOOK}-queue")
    dry = json.loads(machine.portbook("setup", "--machine", "--dry-run", "--json").stdout)
    wet = json.loads(machine.portbook("setup", "--machine", "--json").stdout)
    assert dry["steps"] == wet["steps"]
    assert [step["state"] for step in wet["steps"]] == ["unchanged", "mended", "mended",
                                                        "unchanged"]
    assert modes(machine) == RIGHT


def test_setup__dry_run_makes_nothing_and_anybody_may_ask(machine):
    for user in (None, "carol"):
        said = machine.portbook("setup", "--machine", "--dry-run", user=user).stdout
        assert said.count("would be made") == 4
    assert machine.run("ls", "-A", "/var/lib").stdout == ""
    assert machine.run("test", "-e", "/etc/portbook").returncode == 1
    assert machine.run("getent", "group", "portbook").stdout == ""


def test_setup__is_roots_alone(machine):
    result = machine.portbook("setup", "--machine", user="alice", status=6)
    assert "sudo portbook setup --machine" in result.stderr
    assert machine.run("ls", "-A", "/var/lib").stdout == ""


@pytest.mark.parametrize("words", [["setup"], ["setup", "--dry-run"],
                                   ["--book", "x.db", "setup", "--machine"]])
def test_setup__that_is_not_asked_for_fully_is_wrong_use(machine, words):
    machine.portbook(*words, status=2)


def config_is(machine, text):
    machine.run("sh", "-c", f"mkdir -p /etc/portbook; cat >{CONFIG} <<'END'\n{text}END\n")


def test_setup__keeps_what_else_the_config_says(machine):
    config_is(machine, "# ours\nhost: build1\n")
    machine.portbook("setup", "--machine")
    assert machine.run("cat", CONFIG).stdout == f"# ours\nhost: build1\nbook: {BOOK}\n"
    machine.portbook("get", "shop/web", "--create")
    assert "build1" in machine.portbook("list", user="carol").stdout


@pytest.mark.parametrize("text, code, words", [
    ("book: /srv/other.db\n", 3, "/srv/other.db"),
    ("{host: build1}\n", 2, "by hand"),
    ("hots: build1\n", 2, "hots"),
])
def test_setup__that_cannot_have_the_config_makes_nothing_of_it(machine, text, code, words):
    config_is(machine, text)
    assert words in machine.portbook("setup", "--machine", status=code).stderr
    assert machine.run("cat", CONFIG).stdout == text
    assert machine.run("ls", "-A", "/var/lib").stdout == ""


@pytest.mark.parametrize("prepare", [
    f"mkdir {FOLDER}; chown alice {FOLDER}",
    f"ln -s /srv {FOLDER}",
    f"echo >{FOLDER}",
    f"mkdir {FOLDER}; cp /etc/passwd /var/lib/p; ln /var/lib/p {BOOK}-queue",
    f"mkdir {FOLDER}; ln -s /etc/passwd {BOOK}-queue",
    f"mkdir {FOLDER}; mkdir {BOOK}-wal",
])
def test_setup__takes_over_nothing_that_was_laid_for_it(machine, prepare):
    machine.run("sh", "-c", prepare)
    was = machine.run("stat", "-L", "-c", "%u %a", "/etc/passwd", "/srv").stdout
    result = machine.portbook("setup", "--machine", status=None)
    assert result.returncode in (2, 5), result
    assert machine.run("stat", "-L", "-c", "%u %a", "/etc/passwd", "/srv").stdout == was
    assert machine.run("test", "-e", CONFIG).returncode == 1


def test_setup__leaves_a_users_own_book_and_says_how_to_move_it(machine):
    machine.portbook("get", "old/web", "--create", user="alice")
    own = machine.homes / "alice" / ".local/share/portbook/book.db"
    said = machine.portbook("setup", "--machine", sudo="alice").stdout
    command = said.splitlines()[-1].split()
    assert command == ["sudo", "portbook", "restore", str(own)]
    assert machine.portbook("list", user="alice").stdout == ""
    machine.portbook("restore", own, "--yes", sudo="alice")
    assert "old" in machine.portbook("list", user="carol").stdout
    assert modes(machine).items() >= RIGHT.items()
    assert {path.stat().st_uid for path in own.parent.iterdir()} == {machine.USERS["alice"]}


def test_sudo__with_a_machines_book_is_about_that(shared):
    shared("alice", "get", "shop/web", "--create")
    result = shared.machine.portbook("get", "shop/api", sudo="alice")
    assert (result.stdout, result.stderr) == ("3101\n", "")
    assert "alice via root" in shared("carol", "history").stdout
    assert modes(shared.machine) == RIGHT


# ---- several users

def loop(shared, user, umask, words):
    """Of `start_at_once`: the words again and again, as that user."""
    machine = shared.machine
    uid = machine.USERS[user]
    groups = str(uid) if user == "carol" else f"{uid},{shared.group}"
    return (f"exec nsenter -m -t {machine.holder.pid} setpriv --reuid {uid} --regid {uid}"
            f" --groups {groups} env -u XDG_DATA_HOME -u XDG_CONFIG_HOME"
            f" HOME={machine.homes}/{user} PB={machine.program}"
            f" sh -c 'umask {umask}; cd /; {words}'")


def test_machine__has_one_set_of_ports_and_knows_who_did_what(shared, pb):
    """Alice and bob allocate at once, with unlike umasks; carol reads, and tries to write."""
    shared("alice", "project", "add", "shop")
    allocate = 'for i in $(seq 20); do "$PB" allocate shop/web-$0 || exit 1; done'
    read = ('for i in $(seq 20); do "$PB" list --format csv >/dev/null || exit 1;'
            ' "$PB" get shop/mine 2>/dev/null; test $? = 5 || exit 1; done; echo read')
    said = start_at_once(pb, [
        loop(shared, "alice", "077", allocate.replace("$0", "a")),
        loop(shared, "alice", "000", allocate.replace("$0", "a")),
        loop(shared, "bob", "022", allocate.replace("$0", "b")),
        loop(shared, "bob", "077", allocate.replace("$0", "b")),
        loop(shared, "carol", "022", read),
    ])
    assert [(err, status) for _out, err, status in said] == [("", 0)] * 5
    ports = {"alice": [int(p) for out, _e, _s in said[:2] for p in out.split()],
             "bob": [int(p) for out, _e, _s in said[2:4] for p in out.split()]}
    assert said[4][0] == "read\n"
    assert len(ports["alice"]) == len(ports["bob"]) == 40
    assert len({*ports["alice"], *ports["bob"]}) == 80

    events = json.loads(shared("carol", "history", "--limit", "1000", "--json").stdout)["events"]
    for user, given in ports.items():
        assert {e["port"] for e in events
                if e["operation"] == "allocate" and e["actor"] == user} == set(given)
    listed = json.loads(shared("bob", "list", "--json").stdout)["ports"]
    assert {p["port"]: p["allocatedBy"] for p in listed} == {
        port: user for user, given in ports.items() for port in given}
    assert modes(shared.machine) == RIGHT


def test_machine__gives_each_member_the_same_port(shared):
    assert shared("alice", "get", "shop/web", "--create").stdout == "3100\n"
    for user in ("alice", "bob", "carol"):
        assert shared(user, "get", "shop/web").stdout == "3100\n"
    shared("bob", "release", "shop/web")
    assert json.loads(shared("carol", "list", "--json").stdout)["ports"] == []


def test_outsider__reads_and_cannot_write(shared):
    shared("alice", "get", "shop/web", "--create")
    for words in (("list",), ("get", "shop/web"), ("show", "shop"), ("history",), ("summary",),
                  ("check", "3905"), ("where",)):
        shared("carol", *words)
    was = shared("alice", "history", "--json").stdout
    for words in (("get", "shop/new"), ("allocate", "shop/web"), ("release", "shop/web"),
                  ("project", "add", "mine"), ("update", "shop/web", "--notes", "x")):
        result = shared("carol", *words, status=5)
        assert "may not write" in result.stderr and "usermod -aG portbook" in result.stderr
    assert shared("alice", "history", "--json").stdout == was


def test_outsider__reads_after_all_others_have_gone(shared):
    """What is in the log only is read, too, when nobody holds its index."""
    machine = shared.machine
    shared("alice", "get", "shop/web", "--create")
    assert int(machine.run("stat", "-c", "%s", f"{BOOK}-wal").stdout) > 0
    assert shared("carol", "get", "shop/web").stdout == "3100\n"
    # A start of the machine: the index is there, and what it says is of nobody.
    machine.run("sh", "-c", f": >{BOOK}-shm")
    assert shared("carol", "get", "shop/web").stdout == "3100\n"
    assert shared("alice", "get", "shop/web").stdout == "3100\n"


def test_outsider__backs_up_what_they_may_read(shared):
    shared("alice", "get", "shop/web", "--create")
    copy = shared.machine.homes / "carol" / "copy.db"
    shared("carol", "backup", copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_uid == shared.machine.USERS["carol"]
    shared("carol", "restore", copy, "--yes", status=5)


@pytest.mark.parametrize("user", ["alice", "carol"])
def test_book__is_replaced_renamed_and_removed_by_nobody(shared, user):
    machine = shared.machine
    groups = [shared.group] if user == "alice" else []
    shared("alice", "get", "shop/web", "--create")
    inode = machine.run("stat", "-c", "%i", BOOK).stdout
    other = machine.homes / user / "mine.db"
    machine.portbook("--book", other, "get", "mine/web", "--create", user=user, groups=groups)
    for words in (["rm", "-f", BOOK], ["mv", BOOK, f"{BOOK}.gone"], ["mv", "-f", other, BOOK],
                  ["ln", "-sf", other, BOOK], ["rm", "-f", f"{BOOK}-wal"],
                  ["touch", f"{BOOK}-journal"], ["mkdir", f"{FOLDER}/x"], ["chmod", "600", BOOK],
                  ["chgrp", str(machine.USERS[user]), BOOK], ["rmdir", FOLDER],
                  ["mv", FOLDER, f"{FOLDER}.gone"], ["touch", CONFIG]):
        assert machine.run(*words, user=user, groups=groups).returncode != 0, words
    assert machine.run("stat", "-c", "%i", BOOK).stdout == inode
    assert modes(machine) == RIGHT
    assert shared("bob", "get", "shop/web").stdout == "3100\n"


def test_files__that_are_missing_are_made_by_root_alone_as_they_were(shared):
    """Another program of root's that was the last to close the book takes the log away."""
    machine = shared.machine
    shared("alice", "get", "shop/web", "--create")
    machine.run("python3", "-c", f"import sqlite3; sqlite3.connect('{BOOK}')"
                                 ".execute('PRAGMA wal_checkpoint(TRUNCATE)')")
    machine.run("rm", "-f", f"{BOOK}-wal", f"{BOOK}-shm", f"{BOOK}-queue")
    for user in ("alice", "bob", "carol"):
        assert shared(user, "get", "shop/web").stdout == "3100\n"
    result = shared("alice", "get", "shop/api", status=5)
    assert "log" in result.stderr and "missing" in result.stderr
    assert "belongs to root" in shared("carol", "get", "shop/api", status=5).stderr
    machine.portbook("get", "shop/api", umask=0o077)
    assert modes(machine) == RIGHT
    assert shared("alice", "get", "shop/api").stdout == "3101\n"


def test_restore__of_the_machines_book_is_for_who_may_write_the_folder(shared):
    machine = shared.machine
    shared("alice", "get", "shop/web", "--create")
    copy = machine.homes / "alice" / "copy.db"
    shared("alice", "backup", copy)
    shared("bob", "release", "shop/web")
    result = shared("alice", "restore", copy, "--yes", status=5)
    assert "keeping the replaced book" in result.stderr
    machine.portbook("restore", copy, "--yes", sudo="alice", umask=0o077)
    assert shared("carol", "get", "shop/web").stdout == "3100\n"
    assert modes(machine).items() >= RIGHT.items()
    kept, = set(modes(machine)) - set(RIGHT)
    assert modes(machine)[kept] == "root:portbook 664"
    assert os.path.basename(kept).startswith("book.db.before-restore-")
