"""The book held against what really listens, with real servers in a network of the test's own."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys

import pexpect
import pytest

from servers import FORKING, NOBODY, need_root


@pytest.fixture
def audit(answer):
    """audit(*options, status=0): the answer; 1 is the status where something is amiss."""
    return lambda *options, **more: answer("audit", *options, **more)


def on_terminal(pb, *args, cwd, env):
    """What a terminal of 80 columns shows, and the exit status."""
    child = pexpect.spawn(str(pb.program), list(args), cwd=str(cwd), timeout=20, encoding="utf-8",
                          env=pb.environment({"TERM": "xterm", **env}), dimensions=(24, 80))
    shown = child.read()
    child.close()
    return shown.replace("\r\n", "\n"), child.exitstatus


def verdicts(said):
    rows = said["conflicts"] + said["unverified"]
    return {row["expected"]: row["verdict"] for row in rows}


@pytest.fixture
def checks(pb):
    """checks(): (service, status, response_time_us, details) of each row, oldest first."""
    def run():
        with sqlite3.connect(pb.json("where")["book"]) as book:
            return book.execute(
                "SELECT service_name, h.status, response_time_us, details FROM port_health_checks h"
                " JOIN port_allocations a ON a.id = h.port_allocation_id ORDER BY h.id").fetchall()
    return run


@pytest.fixture
def systemctl(pb):
    """A stand-in for systemctl, for no systemd runs here: it notes its words and may fail."""
    folder = pb.base / "stand-in"
    folder.mkdir()
    log = folder / "log"
    program = folder / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n'
                       'case $2 in broken*) echo "Unit $2 not found." >&2; exit 5;; esac\n')
    program.chmod(0o755)

    class StandIn:
        env = {"PATH": f"{folder}:{os.environ['PATH']}"}

        @staticmethod
        def calls():
            return log.read_text().splitlines() if log.exists() else []
    return StandIn


# Verdicts.

def test_audit__of_an_empty_book_is_healthy(pb, audit):
    pb.ok("project", "add", "shop")
    said = audit()
    assert said["summary"] == {"allocated": 0, "inUse": 0, "notRunning": 0, "squatted": 0,
                               "unregistered": 0, "unverified": 0, "healthPercentage": 100}
    assert pb.ok("audit") == "0 allocated, 0 in use, 0 down"


def test_audit__finds_every_verdict(pb, project_dir, bound, elsewhere, audit):
    shop, blog = project_dir("shop"), project_dir("blog")
    pb.ok("get", "bare/web", "--create")
    ports = {name: int(pb.ok("get", name, cwd=shop)) for name in ("web", "api", "db", "docs")}
    pb.ok("get", "web", cwd=blog)
    bound(ports["web"], cwd=shop)
    stranger = bound(ports["api"], cwd=elsewhere)
    bound(ports["docs"], cwd=blog)
    bound(int(pb.ok("get", "bare/web")), cwd=elsewhere)
    said = audit(status=1)
    assert verdicts(said) == {"shop/api": "squatted", "shop/db": "down", "shop/docs": "squatted",
                              "blog/web": "down", "bare/web": "unknown"}
    assert said["summary"] == {"allocated": 6, "inUse": 2, "notRunning": 2, "squatted": 2,
                               "unregistered": 0, "unverified": 1, "healthPercentage": 33}
    rows = {row["expected"]: row for row in said["conflicts"]}
    user = rows["shop/api"]["listener"]["user"]
    assert rows["shop/api"]["actual"] == f"python3 (pid {stranger}, user {user}, cwd {elsewhere})"
    assert rows["shop/api"]["since"] == rows["shop/api"]["listener"]["startedAt"] is not None
    assert (rows["shop/api"]["belongsTo"], rows["shop/docs"]["belongsTo"]) == (None, "blog")
    assert (rows["shop/db"]["actual"], rows["shop/db"]["listener"]) == ("not running", None)
    assert [row["port"] for row in said["conflicts"]] == sorted(r["port"] for r in rows.values())


def test_audit__the_owner_is_down_and_a_stranger_has_its_port(pb, project_dir, node, audit):
    consilio, horizon = project_dir("consilio"), project_dir("openhorizon")
    port = int(pb.ok("get", "websocket", cwd=consilio))
    pb.ok("get", "web", cwd=horizon)
    assert verdicts(audit(status=1))["consilio/websocket"] == "down"
    pid = node(port, cwd=horizon)
    row, = [r for r in audit(status=1)["conflicts"] if r["port"] == port]
    assert (row["expected"], row["verdict"]) == ("consilio/websocket", "squatted")
    assert row["actual"].startswith("node") and f"(pid {pid}, user " in row["actual"]
    assert row["actual"].endswith(f", cwd {horizon})") and row["belongsTo"] == "openhorizon"


@pytest.mark.parametrize("address, kind, options", [
    ("127.0.0.1", "SOCK_STREAM", ()),
    ("0.0.0.0", "SOCK_STREAM", ()),
    ("::1", "SOCK_STREAM", ()),
    ("::", "SOCK_STREAM", ()),
    ("dual", "SOCK_STREAM", ()),
    ("127.0.0.1", "SOCK_DGRAM", ("--udp",)),
    ("::1", "SOCK_DGRAM", ("--udp",)),
])
def test_audit__sees_the_owner_by_every_way_to_listen(pb, project_dir, bound, audit, address, kind,
                                                      options):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", *options, cwd=shop))
    audit(status=1)
    bound(port, address, kind=kind, cwd=shop)
    assert audit()["summary"]["inUse"] == 1


def test_audit__tcp_and_udp_of_one_number_are_two_ports(pb, project_dir, bound, audit):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    bound(port, kind="SOCK_DGRAM", cwd=shop)
    said = audit(status=1)
    assert verdicts(said) == {"shop/web": "down"}
    assert [(r["port"], r["protocol"]) for r in said["unregistered"]] == [(port, "udp")]


def test_audit__a_server_that_forks_is_one_listener(pb, project_dir, python, audit):
    shop = project_dir("shop")
    python(FORKING, pb.ok("get", "web", cwd=shop), cwd=shop)
    assert audit()["summary"] == {"allocated": 1, "inUse": 1, "notRunning": 0, "squatted": 0,
                                  "unregistered": 0, "unverified": 0, "healthPercentage": 100}


def test_audit__names_both_strangers_that_share_a_port(pb, project_dir, bound, elsewhere, audit):
    shop, blog = project_dir("shop"), project_dir("blog")
    port = int(pb.ok("get", "web", cwd=shop))
    pb.ok("get", "web", cwd=blog)
    pids = [bound(port, cwd=elsewhere), bound(port, cwd=blog)]
    row, = [r for r in audit(status=1)["conflicts"] if r["port"] == port]
    assert row["verdict"] == "squatted"
    assert [p["pid"] for p in row["listener"]["processes"]] == pids
    assert all(f"pid {pid}," in row["actual"] for pid in pids)


def test_audit__says_who_shares_the_owners_port(pb, project_dir, bound, audit):
    shop, blog = project_dir("shop"), project_dir("blog")
    port = int(pb.ok("get", "web", cwd=shop))
    pb.ok("project", "add", "blog", "--path", blog)
    bound(port, cwd=shop)
    pid = bound(port, cwd=blog)
    said = audit()
    assert said["summary"]["inUse"] == 1
    notice, = said["notices"]
    assert notice.startswith(f"{port} of 'shop/web' is shared by python3 (pid {pid}, ")


def test_check__names_both_who_share_a_port(pb, project_dir, bound):
    shop, blog = project_dir("shop"), project_dir("blog")
    port = int(pb.ok("get", "web", cwd=shop))
    pids = {bound(port, cwd=shop), bound(port, "::1", cwd=blog)}
    shown = pb.ok("check", str(port), cwd=shop)
    assert all(f"python3 (pid {pid}, " in shown for pid in pids)
    assert f" in {shop} and python3 (" in shown and shown.endswith(f" in {blog}")


def test_audit__a_user_without_a_name_is_named_by_number(pb, project_dir, bound, elsewhere, audit):
    need_root()
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    pid = bound(port, cwd=elsewhere, user=61001)
    row, = audit(status=1)["conflicts"]
    assert row["actual"] == f"python3 (pid {pid}, uid 61001, cwd {elsewhere})"
    process, = row["listener"]["processes"]
    assert (process["user"], process["uid"]) == (None, 61001)
    assert "  61001  " in pb.ok("listeners")


def test_audit__of_another_users_process_nothing_can_be_told(pb, project_dir, bound, audit):
    need_root()
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop, user=NOBODY))
    bound(port, cwd=shop)
    said = audit(user=NOBODY)
    assert (verdicts(said), said["summary"]["inUse"]) == ({"shop/web": "unknown"}, 1)
    row, = said["unverified"]
    assert row["actual"] == "a process of the user root" and "another user" in row["reason"]
    assert row["listener"]["partlyKnown"]
    assert pb.ok("audit", cwd=shop, user=NOBODY).splitlines()[-1] == (
        "1 allocated, 1 in use (1 of them unverified), 0 down")


def test_audit__an_ordinary_user_sees_their_own(pb, project_dir, bound, audit):
    need_root()
    shop, blog = project_dir("shop"), project_dir("blog")
    web = int(pb.ok("get", "web", cwd=shop, user=NOBODY))
    api = int(pb.ok("get", "api", cwd=shop, user=NOBODY))
    pb.ok("get", "web", cwd=blog, user=NOBODY)
    bound(web, cwd=shop, user=NOBODY)
    pid = bound(api, cwd=blog, user=NOBODY)
    said = audit(user=NOBODY, status=1)
    row, = [r for r in said["conflicts"] if r["verdict"] == "squatted"]
    assert row["actual"] == f"python3 (pid {pid}, user nobody, cwd {blog})"
    assert said["summary"]["inUse"] == 1


def test_audit__an_instance_works_in_its_worktree(pb, project_dir, git, bound, audit):
    shop = project_dir("shop")
    tree = pb.base / "projects" / "shop-two"
    git(shop, "worktree", "add", "-q", "-b", "two", tree)
    main, two = int(pb.ok("get", "web", cwd=shop)), int(pb.ok("get", "web", cwd=tree))
    bound(main, cwd=tree)
    bound(two, cwd=tree)
    said = audit(status=1)
    row, = said["conflicts"]
    assert (row["expected"], row["verdict"], row["belongsTo"]) == ("shop/web", "squatted", "shop@2")


# What is entered nowhere.

def test_audit__lists_what_is_entered_nowhere_with_its_project(pb, project_dir, bound, elsewhere,
                                                               audit):
    shop = project_dir("shop")
    pb.ok("project", "add", "shop", "--path", shop)
    own, other = bound(4000, cwd=shop), bound(4001, cwd=elsewhere)
    bound(900, cwd=elsewhere)  # in none of the book's ranges
    said = audit()
    assert said["summary"]["unregistered"] == 2
    first, second = said["unregistered"]
    assert (first["port"], first["pid"], first["projectName"], first["belongsTo"]) == (
        4000, own, "shop", "shop")
    assert first["reason"] == f"works in {shop}"
    assert (second["port"], second["pid"], second["projectName"]) == (4001, other, None)
    text = pb.ok("audit")
    assert "entered nowhere" in text and text.endswith("0 allocated, 0 in use, 0 down")


def test_audit__of_a_project_looks_at_its_entries_its_block_and_its_own(pb, project_dir, bound,
                                                                        elsewhere, audit):
    shop, blog = project_dir("shop"), project_dir("blog")
    web = int(pb.ok("get", "web", cwd=shop))
    pb.ok("get", "web", cwd=blog)
    bound(web + 7, cwd=elsewhere)
    bound(900, cwd=shop)
    bound(4000, cwd=blog)
    said = audit("--project", "shop", status=1)
    assert verdicts(said) == {"shop/web": "down"}
    assert [row["port"] for row in said["unregistered"]] == [900, web + 7]


def test_audit__passing_udp_sockets_are_nobodys_business(pb, bound, elsewhere, audit):
    pb.ok("project", "add", "shop")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asks:
        asks.bind(("127.0.0.1", 0))
        assert audit()["unregistered"] == []


def test_audit__refuses_a_project_that_is_not_known(pb, error):
    pb.ok("get", "shop/web", "--create")
    assert "'shpo'" in error("not-found", "audit", "--project", "shpo")["message"]


def test_audit__looks_at_this_machines_entries_only(pb, audit):
    pb.ok("get", "shop/web", "--create", "--host", "build1")
    assert audit()["summary"]["allocated"] == 0


# What is said.

def test_audit__ends_with_what_is_amiss(pb, project_dir, bound, elsewhere):
    shop = project_dir("shop")
    web, api, db = (int(pb.ok("get", name, cwd=shop)) for name in ("web", "api", "db"))
    last = pb.fails(1, "audit").out.splitlines()[-1]
    assert last == (f"3 allocated, 0 in use, 3 down: shop/web ({web}), shop/api ({api}), "
                    f"shop/db ({db})")
    bound(web, cwd=shop)
    bound(api, cwd=elsewhere)
    last = pb.fails(1, "audit").out.splitlines()[-1]
    assert last == (f"3 allocated, 1 in use, 1 down: shop/db ({db}), 1 squatted: shop/api ({api})")


def test_audit__fits_a_terminal_of_80_columns(pb, project_dir, bound, elsewhere):
    shop = project_dir("shop")
    bound(int(pb.ok("get", "api", cwd=shop)), cwd=elsewhere)
    pb.ok("get", "db", "--unit", "a-unit-with-a-long-name.service", cwd=shop)
    shown, code = on_terminal(pb, "audit", cwd=shop, env={"NO_COLOR": "1"})
    lines = shown.splitlines()
    assert code == 1 and "squatted" in lines[1]
    assert max(map(len, lines[:-1])) <= 80, "the line that sums it up is never cut"


def test_audit__fix_hint_says_what_to_do(pb, project_dir, bound, elsewhere, audit):
    shop, blog = project_dir("shop"), project_dir("blog")
    pb.ok("get", "db", "--unit", "shop-db", cwd=shop)
    api, docs = int(pb.ok("get", "api", cwd=shop)), int(pb.ok("get", "docs", cwd=shop))
    pb.ok("project", "add", "blog", "--path", blog)
    bound(api, cwd=elsewhere)
    bound(docs, cwd=blog)
    bound(4000, cwd=blog)
    said = audit("--fix-hint", status=1)
    fix = {row["expected"]: row["fix"] for row in said["conflicts"]}
    assert "systemctl restart shop-db" in fix["shop/db"]
    assert f"portbook free {api}" in fix["shop/api"]
    assert "portbook recover shop/docs" in fix["shop/docs"]
    assert "portbook register blog/SERVICE 4000" in said["unregistered"][0]["fix"]
    assert "    start it: systemctl restart shop-db\n" in pb.fails(1, "audit", "--fix-hint").out
    assert "fix" not in audit(status=1)["conflicts"][0]


# What is noted.

def test_audit__notes_what_it_saw_of_each_entry(pb, project_dir, bound, elsewhere, audit, checks):
    shop = project_dir("shop")
    web, api = (int(pb.ok("get", name, cwd=shop)) for name in ("web", "api"))
    pb.ok("get", "db", cwd=shop)
    bound(web, cwd=shop)
    pid = bound(api, cwd=elsewhere)
    audit(status=1)
    rows = checks()
    assert [row[:2] for row in rows] == [("web", "in_use"), ("api", "squatted"), ("db", "down")]
    assert all(row[2] >= 0 for row in rows)
    assert (rows[0][3], rows[2][3]) == (None, None)
    assert f"(pid {pid}, " in json.loads(rows[1][3])["actual"]


def test_audit__notes_when_the_owner_was_last_seen(pb, project_dir, bound, audit):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))

    def seen():
        row, = pb.json("list")["ports"]
        return row["lastVerifiedAt"]
    audit(status=1)
    assert seen() is None
    pid = bound(port, cwd=shop)
    said = audit()
    assert seen() == said["at"]
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    later = audit(status=1)
    assert seen() == said["at"] < later["at"]
    assert later["conflicts"][0]["lastVerifiedAt"] == said["at"]


def test_audit__changes_no_status_and_leaves_no_event(pb, project_dir, bound, elsewhere, audit):
    shop = project_dir("shop")
    bound(int(pb.ok("get", "api", cwd=shop)), cwd=elsewhere)
    pb.ok("get", "db", cwd=shop)
    before = pb.json("list"), pb.json("history")
    audit(status=1)
    assert (pb.json("list"), pb.json("history")) == before


def test_audit__a_trial_run_notes_nothing(pb, project_dir, audit, checks):
    pb.ok("get", "web", cwd=project_dir("shop"))
    assert audit("--dry-run", status=1)["summary"]["notRunning"] == 1
    assert checks() == []


def test_audit__who_may_not_write_the_book_sees_all_the_same(pb, project_dir, audit, checks):
    need_root()
    shop = project_dir("shop")
    book = pb.base / "shared.db"
    pb.ok("--book", book, "get", "web", cwd=shop)
    for path in pb.base.glob("shared.db*"):
        path.chmod(0o644)
    said = audit("--book", book, user=NOBODY, status=1)
    assert verdicts(said) == {"shop/web": "down"}
    assert any("not noted" in notice for notice in said["notices"])


def test_history_health__shows_at_how_many_looks_it_was_up(pb, project_dir, bound, answer):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    pid = bound(port, cwd=shop)
    for _ in range(3):
        pb.ok("audit")
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    pb.fails(1, "audit")
    said, = pb.json("history", "shop/web", "--health")["services"]
    assert (said["port"], said["state"], said["looks"]) == (port, "down", 4)
    assert said["uptime"] == {"day": 75, "week": 75, "month": 75, "all": 75}
    assert [turn["state"] for turn in said["changes"]] == ["in_use", "down"]
    assert said["since"] == said["lastLookAt"] > said["firstLookAt"]
    lines = pb.ok("history", "shop/web", "--health").splitlines()
    assert lines[0].split()[:3] == ["PORT", "SERVICE", "STATE"]
    assert "shop/web" in lines[1] and "75%" in lines[1] and lines[-1].endswith("down")
    assert pb.json("history", port, "--health")["services"] == [said]
    assert pb.json("history", "shop", "--health")["services"] == [said]
    csv = pb.ok("history", "shop/web", "--health", "--format", "csv").splitlines()
    assert len(csv) == 2 and csv[0].startswith("port,serviceName,state,")


def test_history_health__of_what_nobody_has_looked_at(pb):
    pb.ok("get", "shop/web", "--create")
    said, = pb.json("history", "shop/web", "--health")["services"]
    assert (said["state"], said["looks"], said["uptime"]["all"]) == (None, 0, None)
    assert "not looked at" in pb.ok("history", "shop/web", "--health")
    assert pb("history", "shop/nothing", "--health").code == 1


def test_audit__sums_up_looks_of_long_ago(pb, project_dir, audit):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    audit(status=1)
    day = 24 * 3600 * 1000
    with sqlite3.connect(pb.json("where")["book"]) as book:
        (own, at), = book.execute("SELECT port_allocation_id, checked_at FROM port_health_checks")
        book.executemany("INSERT INTO port_health_checks(port_allocation_id, checked_at, status)"
                         " VALUES (?, ?, ?)",
                         [(own, at - 2 * day - minute * 60000, "in_use") for minute in range(600)])
        book.execute("UPDATE settings SET value = '0' WHERE name = 'checks-thinned'")
    audit(status=1)
    said, = pb.json("history", "shop/web", "--health")["services"]
    assert (said["looks"], said["uptime"]["week"]) == (602, 99.66)
    with sqlite3.connect(pb.json("where")["book"]) as book:
        (rows,), = book.execute("SELECT count(*) FROM port_health_checks")
    assert 12 <= rows <= 13, "ten hours, of which one may be cut in two, and two looks"


# Restarting.

def test_audit_restart__restarts_the_unit_of_what_is_down(pb, project_dir, audit, systemctl):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", "--unit", "shop-web", cwd=shop))
    pb.ok("get", "api", cwd=shop)
    said = audit("--restart", env=systemctl.env, status=1)
    assert systemctl.calls() == ["restart shop-web"]
    assert said["restarted"] == [{"unit": "shop-web", "port": port, "expected": "shop/web",
                                  "restarted": True, "message": None}]
    text = pb.fails(1, "audit", "--restart", env=systemctl.env)
    assert f"restarted shop-web, for shop/web ({port})" in text.err


def test_audit_restart__leaves_alone_what_runs_and_what_is_squatted(
        pb, project_dir, bound, elsewhere, audit, systemctl):
    shop = project_dir("shop")
    web = int(pb.ok("get", "web", "--unit", "shop-web", cwd=shop))
    api = int(pb.ok("get", "api", "--unit", "shop-api", cwd=shop))
    pb.ok("get", "metrics", "--unit", "shop-api", cwd=shop)  # down, but of the same unit
    bound(web, cwd=shop)
    bound(api, cwd=elsewhere)
    said = audit("--restart", env=systemctl.env, status=1)
    assert (systemctl.calls(), said["restarted"]) == ([], [])


def test_audit_restart__restarts_a_unit_once_however_many_ports_it_has(pb, project_dir, audit,
                                                                       systemctl):
    shop = project_dir("shop")
    pb.ok("get", "web", "--unit", "shop", cwd=shop)
    pb.ok("get", "api", "--unit", "shop", cwd=shop)
    audit("--restart", env=systemctl.env, status=1)
    assert systemctl.calls() == ["restart shop"]


def test_audit_restart__says_what_systemctl_said(pb, project_dir, audit, systemctl):
    pb.ok("get", "web", "--unit", "broken-web", cwd=project_dir("shop"))
    said = audit("--restart", env=systemctl.env, status=1)
    assert (said["restarted"][0]["restarted"], said["restarted"][0]["message"]) == (
        False, "Unit broken-web not found.")
    text = pb.fails(1, "audit", "--restart", env=systemctl.env)
    assert "could not restart broken-web" in text.err and "not found." in text.err


def test_audit_restart__without_systemd_says_so(pb, project_dir, audit):
    pb.ok("get", "web", "--unit", "shop-web", cwd=project_dir("shop"))
    said = audit("--restart", env={"PATH": "/nowhere"}, status=1)
    assert "no systemctl" in said["restarted"][0]["message"]


def test_audit_restart__takes_no_option_for_a_unit(pb, project_dir, audit, systemctl):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    with sqlite3.connect(pb.json("where")["book"]) as book:
        book.execute("UPDATE port_allocations SET unit = '--force'")
    said = audit("--restart", env=systemctl.env, status=1)
    assert systemctl.calls() == [] and not said["restarted"][0]["restarted"]


def test_audit_restart__a_trial_run_restarts_nothing(pb, project_dir, audit, systemctl):
    pb.ok("get", "web", "--unit", "shop-web", cwd=project_dir("shop"))
    audit("--restart", "--dry-run", env=systemctl.env, status=1)
    assert systemctl.calls() == []


# What an earlier look found is a hint.

# It listens elsewhere; told to, it forks a child that works in the folder it is told.
PASSES_ON = """
import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
os.write(1, b"listening\\n")
folder = sys.stdin.readline().strip()
if os.fork() == 0:
    os.chdir(folder)
os.write(1, b"listening\\n")
sys.stdin.read()
"""


@pytest.fixture
def recalled(pb):
    """The file in which an audit keeps who has which socket."""
    return pb.home / "run" / "portbook-sockets-1"


def test_audit__keeps_who_has_which_socket_for_this_user_alone(pb, project_dir, bound, recalled):
    bound(int(pb.ok("get", "web", cwd=project_dir("shop"))), cwd=pb.base / "projects" / "shop")
    pb.ok("audit")
    assert recalled.stat().st_mode & 0o777 == 0o600
    before = recalled.stat().st_mtime_ns
    assert pb.json("audit")["summary"]["inUse"] == 1
    assert recalled.stat().st_mtime_ns == before, "nothing new was to be looked for"


def test_audit__recalls_nobody_who_has_gone(pb, project_dir, bound, elsewhere, audit):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    pid = bound(port, cwd=shop)
    audit()
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert verdicts(audit(status=1)) == {"shop/web": "down"}
    pid = bound(port, cwd=elsewhere)
    row, = audit(status=1)["conflicts"]
    assert (row["verdict"], row["listener"]["pid"]) == ("squatted", pid)


def test_audit__calls_nobody_a_stranger_by_what_it_recalls(pb, project_dir, serve, elsewhere,
                                                           audit):
    """A socket that a supervisor opened, and its owner got later."""
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    server = serve.process("/usr/bin/python3", "-S", "-E", "-u", "-c", PASSES_ON, port,
                           cwd=elsewhere)
    assert verdicts(audit(status=1)) == {"shop/web": "squatted"}
    server.stdin.write(f"{shop}\n")
    server.stdin.flush()
    assert server.stdout.readline() == server.stdout.readline() == "listening\n"
    assert audit()["summary"]["inUse"] == 1


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 160, b"\xff" * 4096],
                         ids=["empty", "short", "zeros", "ones"])
def test_audit__believes_nothing_that_it_recalls(pb, project_dir, bound, elsewhere, audit,
                                                 recalled, content):
    shop = project_dir("shop")
    web, api = int(pb.ok("get", "web", cwd=shop)), int(pb.ok("get", "api", cwd=shop))
    bound(web, cwd=shop)
    bound(api, cwd=elsewhere)
    recalled.write_bytes(content)
    assert verdicts(audit(status=1)) == {"shop/api": "squatted"}


def test_audit__needs_no_place_to_keep_what_it_found(pb, project_dir, bound, audit):
    shop = project_dir("shop")
    bound(int(pb.ok("get", "web", cwd=shop)), cwd=shop)
    for folder in ("/nonexistent", "/proc"):
        assert audit(env={"XDG_RUNTIME_DIR": folder})["summary"]["inUse"] == 1


def test_audit__takes_no_file_that_others_may_write(pb, project_dir, bound, audit, recalled):
    shop = project_dir("shop")
    bound(int(pb.ok("get", "web", cwd=shop)), cwd=shop)
    audit()
    recalled.chmod(0o666)
    assert audit()["summary"]["inUse"] == 1
    assert recalled.stat().st_mode & 0o777 == 0o600, "it was made anew"


def test_audit__follows_no_link_to_what_it_recalls(pb, project_dir, bound, audit, recalled):
    shop = project_dir("shop")
    bound(int(pb.ok("get", "web", cwd=shop)), cwd=shop)
    target = pb.base / "target"
    target.write_text("mine")
    recalled.symlink_to(target)
    assert audit()["summary"]["inUse"] == 1
    assert target.read_text() == "mine" and not recalled.is_symlink()


# Watching.

def test_audit_watch__says_what_changes(pb, project_dir, bound):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    watch = pb.start("audit", "--watch", "1")
    first = []
    for line in watch.stdout:
        first.append(line)
        if "allocated" in line:
            break
    assert f"1 allocated, 0 in use, 1 down: shop/web ({port})\n" == first[-1]
    bound(port, cwd=shop)
    assert watch.stdout.readline().endswith(f"  {port}  shop/web: in use, or released\n")
    watch.send_signal(signal.SIGINT)
    assert watch.wait() == -signal.SIGINT


def test_audit_watch__is_a_line_of_json_for_each_look(pb, project_dir, systemctl):
    pb.ok("get", "web", "--unit", "shop-web", cwd=project_dir("shop"))
    watch = pb.start("audit", "--watch", "1", "--json", "--restart", env=systemctl.env)
    looks = [json.loads(watch.stdout.readline()) for _ in range(3)]
    assert all(look["summary"]["notRunning"] == 1 for look in looks)
    assert [len(look["restarted"]) for look in looks] == [1, 0, 0]
    assert systemctl.calls() == ["restart shop-web"], "it is not restarted again and again"


# What may go wrong.

def test_audit__is_not_disturbed_by_processes_that_end_meanwhile(pb, project_dir, bound, audit):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    breeder = subprocess.Popen([sys.executable, "-S", "-E", "-c", (
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "import socket\nprint('ready', flush=True)\n"
        "while True:\n"
        "    if os.fork() == 0:\n"
        "        s = socket.create_server(('127.0.0.1', 0)); os._exit(0)\n")],
        stdout=subprocess.PIPE, text=True, cwd=shop)
    try:
        assert breeder.stdout.readline() == "ready\n"
        bound(port, cwd=shop)
        for _ in range(20):
            assert audit()["summary"]["inUse"] == 1
    finally:
        breeder.kill()
        breeder.wait()
        breeder.stdout.close()


def test_audit__is_reached_by_no_connection(pb, project_dir, audit):
    port = int(pb.ok("get", "web", cwd=project_dir("shop")))
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(0)
        audit(status=1)
        with pytest.raises(BlockingIOError):
            server.accept()
