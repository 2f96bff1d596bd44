"""What really listens, whose it is, and what is observed of each entry.

All with real programs, in a network of the test's own. Containers and units of systemd have their
tests below tests/unit/registry/test_owner.c: neither runs here.
"""

import shutil
import socket
import subprocess
import sys

import pytest

from servers import FORKING, NOBODY, need_root


@pytest.fixture
def listeners(answer):
    """listeners("--port", 3000): the rows."""
    return lambda *options, **more: answer("listeners", *options, **more)["listeners"]


def test_listeners__tells_all_of_a_node_server(pb, project_dir, node, listeners):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    (shop / "api").mkdir()
    pid = node(port, cwd=shop / "api")
    row, = listeners()
    assert (row["port"], row["protocol"], row["pid"]) == (port, "tcp", pid)
    assert row["addresses"] == ["127.0.0.1"] and row["loopbackOnly"]
    assert (row["ipv4"], row["ipv6"]) == (True, False)
    assert row["program"].startswith("node") and row["command"].startswith(shutil.which("node"))
    assert row["cwd"] == str(shop / "api") and row["startedAt"].endswith("Z")
    assert (row["projectName"], row["instance"], row["entered"]) == ("shop", 1, "shop/web")
    assert row["state"] == "in_use" and row["reason"] == f"works in {shop / 'api'}"
    assert not row["partlyKnown"] and [p["pid"] for p in row["processes"]] == [pid]


def test_listeners__sees_pythons_http_server(pb, project_dir, serve, listeners):
    shop = project_dir("shop")
    pb.ok("get", "web", cwd=shop)
    pid = serve("/usr/bin/python3", "-u", "-m", "http.server", "3333", cwd=shop)
    row, = listeners()
    assert (row["port"], row["pid"], row["addresses"]) == (3333, pid, ["0.0.0.0"])
    assert (row["projectName"], row["entered"], row["state"]) == ("shop", None, None)


@pytest.mark.parametrize("address, kind, said", [
    ("::1", "SOCK_STREAM", (["::1"], False, True, True)),
    ("::", "SOCK_STREAM", (["::"], False, True, False)),
    ("dual", "SOCK_STREAM", (["::"], True, True, False)),
    ("127.0.0.1", "SOCK_STREAM", (["127.0.0.1"], True, False, True)),
    ("0.0.0.0", "SOCK_DGRAM", (["0.0.0.0"], True, False, False)),
])
def test_listeners__tells_from_where_a_port_can_be_reached(bound, listeners, elsewhere, address,
                                                           kind, said):
    bound(4000, address, kind=kind, cwd=elsewhere)
    row, = listeners()
    assert (row["addresses"], row["ipv4"], row["ipv6"], row["loopbackOnly"]) == said
    assert row["protocol"] == ("udp" if kind == "SOCK_DGRAM" else "tcp")


def test_listeners__names_both_that_share_a_port(bound, listeners, project_dir, pb):
    shop, blog = project_dir("shop"), project_dir("blog")
    pb.ok("get", "web", cwd=shop)
    pids = [bound(4000, cwd=shop), bound(4000, cwd=blog)]
    row, = listeners()
    assert row["pid"] == pids[0], "the older one comes first"
    assert [(p["pid"], p["cwd"]) for p in row["processes"]] == [
        (pids[0], str(shop)), (pids[1], str(blog))]


def test_listeners__names_the_parent_of_a_server_that_forks(pb, python, listeners, elsewhere):
    pid = python(FORKING, 4000, cwd=elsewhere)
    row, = listeners()
    assert row["pid"] == pid and len(row["processes"]) == 4
    assert "python3 (4)" in pb.ok("listeners")
    said = pb("check", "4000", json=True).json["ports"][0]["listener"]
    assert said["pid"] == pid


def test_listeners__an_ordinary_user_sees_that_something_listens_and_not_who(
        pb, bound, elsewhere, listeners):
    need_root()
    bound(4000, cwd=elsewhere)
    own = bound(4001, cwd=elsewhere, user=NOBODY)
    other, mine = listeners(user=NOBODY)
    assert (other["port"], other["pid"], other["processes"]) == (4000, None, [])
    assert other["partlyKnown"] and other["user"] == "root" and other["inode"] > 0
    assert (mine["pid"], mine["partlyKnown"], mine["user"]) == (own, False, "nobody")
    text = pb("listeners", user=NOBODY, check=True)
    assert "1 of them is known in part only: another user's; root sees all" in text.err


def test_listeners__does_not_send_root_to_root(pb, bound, elsewhere):
    need_root()
    bound(4000, cwd=elsewhere)
    def inside(*words):
        return subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", *pb.command(words)],
                              env=pb.environment(), cwd=pb.work, capture_output=True, text=True,
                              check=True)
    said = inside("listeners")
    assert "4000  ?  " in said.stdout
    assert "1 of them is known in part only: in another container, or the kernel's" in said.stderr
    assert "it runs in another container, or the kernel itself" in inside("adopt", "--yes").stdout


def test_listeners__root_sees_those_of_all_users(bound, elsewhere, listeners):
    need_root()
    pid = bound(4000, cwd=elsewhere, user=NOBODY)
    row, = listeners()
    assert (row["pid"], row["user"], row["partlyKnown"]) == (pid, "nobody", False)


def test_listeners__filters_by_port_project_protocol_and_entry(pb, project_dir, bound, listeners):
    shop, blog = project_dir("shop"), project_dir("blog")
    web = int(pb.ok("get", "web", cwd=shop))
    pb.ok("get", "web", cwd=blog)
    bound(web, cwd=blog)
    bound(4000, cwd=shop)
    bound(4001, cwd=blog, kind="SOCK_DGRAM")

    def ports(*options):
        return [row["port"] for row in listeners(*options)]
    assert ports() == [web, 4000, 4001]
    assert ports("--unregistered") == [4000, 4001]
    # What is the project's, and what sits on its ports.
    assert ports("--project", "shop") == [web, 4000]
    assert ports("--project", "blog") == [web, 4001]
    assert ports("--port", "4000-4999") == [4000, 4001]
    assert ports("--port", f"{web},4001") == [web, 4001]
    assert ports("--udp") == [4001]


def test_listeners__refuses_a_project_that_is_not_known(pb, error):
    pb.ok("get", "shop/web", "--create")
    assert "'shpo'" in error("not-found", "listeners", "--project", "shpo")["message"]


def test_listeners__has_the_formats_of_list(pb, bound, elsewhere):
    pid = bound(4000, cwd=elsewhere)
    lines = pb.ok("listeners", "--format", "csv").splitlines()
    assert lines[0].startswith("port,protocol,program,pid,user,") and f"4000,tcp,python3,{pid}" in lines[1]
    assert pb.ok("listeners", "--format", "md").startswith("| PORT |")
    assert pb.ok("listeners", "--format", "tsv").splitlines()[1].startswith("4000\ttcp\t")


def test_listeners__says_so_where_nothing_listens(pb):
    said = pb("listeners", check=True)
    assert (said.out, "nothing listens" in said.err) == ("", True)


def test_list_live__shows_every_state(pb, project_dir, bound, elsewhere, answer):
    shop, blog = project_dir("shop"), project_dir("blog")
    pb.ok("get", "bare/web", "--create")
    ports = {name: int(pb.ok("get", name, cwd=shop)) for name in ("web", "api", "db", "docs")}
    pb.ok("get", "web", cwd=blog)
    bare = int(pb.ok("get", "bare/web"))
    bound(ports["web"], cwd=shop)
    stranger = bound(ports["api"], cwd=elsewhere)
    bound(ports["docs"], cwd=blog)
    bound(bare, cwd=elsewhere)
    said = {f"{p['projectName']}/{p['serviceName']}": p for p in answer("list", "--live")["ports"]}
    assert {name: p["state"] for name, p in said.items()} == {
        "shop/web": "in_use", "shop/api": "squatted", "shop/db": "down", "shop/docs": "squatted",
        "blog/web": "down", "bare/web": "unknown"}
    assert said["shop/api"]["actual"] == (
        f"python3 (pid {stranger}, user {said['shop/api']['listener']['user']}, cwd {elsewhere})")
    assert said["shop/docs"]["reason"] == f"belongs to blog: works in {blog}"
    assert (said["shop/db"]["actual"], said["shop/db"]["listener"]) == ("not running", None)
    assert "neither path nor unit" in said["bare/web"]["reason"]


def test_list_live__does_not_look_unless_it_is_asked(pb, answer):
    pb.ok("get", "shop/web", "--create")
    assert "state" not in answer("list")["ports"][0]


def test_list_live__knows_nothing_of_another_machine(pb, answer):
    pb.ok("get", "shop/web", "--create", "--host", "build1")
    row, = answer("list", "--live")["ports"]
    assert (row["state"], row["listener"]) == ("unknown", None)
    assert "another machine" in row["reason"]


def test_show_and_status_live__show_the_state_of_each_service(pb, project_dir, bound, answer):
    shop = project_dir("shop")
    port = int(pb.ok("get", "web", cwd=shop))
    pb.ok("get", "api", cwd=shop)
    pid = bound(port, cwd=shop)
    services = answer("status", "--live")["projects"][0]["services"]
    assert [s["state"] for s in services] == ["in_use", "down"]
    entries = answer("show", "shop", "--live")["instances"][0]["ports"]
    assert [e["state"] for e in entries] == ["in_use", "down"]
    for text in (pb.ok("show", "shop", "--live"), pb.ok("status", "--live")):
        assert f"web: {port}  in_use: python3 (pid {pid}," in text
        assert f"api: {port + 1}  down" in text
    assert "in_use" not in pb.ok("show", "shop")


def test_check__says_whether_the_owner_has_its_port(pb, project_dir, bound, elsewhere):
    shop, blog = project_dir("shop"), project_dir("blog")
    web = int(pb.ok("get", "web", cwd=shop))
    pb.ok("get", "web", cwd=blog)

    def check():
        return pb("check", web, "--project", "blog", json=True).json["ports"][0]
    assert (check()["state"], check()["listener"]) == ("down", None)
    assert check()["message"].endswith("which is down")
    pid = bound(web, "127.0.0.1", cwd=elsewhere)
    assert check()["state"] == "squatted" and f"python3 (pid {pid}" in check()["message"]
    assert check()["reason"] == "fits neither path nor unit nor container of the owner"


def test_check__sees_the_owner_on_its_port(pb, project_dir, bound):
    shop = project_dir("shop")
    web = int(pb.ok("get", "web", cwd=shop))
    pid = bound(web, cwd=shop)
    row = pb.json("check", web, cwd=shop)["ports"][0]
    assert (row["state"], row["yours"], row["listener"]["pid"]) == ("in_use", True, pid)


def test_list_orphans__shows_what_a_deleted_directory_left(pb, project_dir, git, ports):
    shop, blog = project_dir("shop"), project_dir("blog")
    pb.ok("get", "web", cwd=shop)
    pb.ok("get", "web", cwd=blog)
    pb.ok("get", "bare/web", "--create")
    tree = pb.base / "projects" / "shop-two"
    git(shop, "worktree", "add", "-q", "-b", "two", tree)
    two = int(pb.ok("get", "web", cwd=tree))
    assert not ports("--orphans")
    shutil.rmtree(tree)
    assert list(ports("--orphans")) == [two]
    shutil.rmtree(blog)
    assert sorted(ports("--orphans").values()) == ["blog/web", "shop/web"]
    assert len(ports()) == 4, "only looked at"


def test_listeners__is_not_disturbed_by_processes_that_end_meanwhile(pb, bound, elsewhere,
                                                                     listeners):
    breeder = subprocess.Popen([sys.executable, "-S", "-E", "-c", (
        "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
        "import socket\nprint('ready', flush=True)\n"
        "while True:\n"
        "    if os.fork() == 0:\n"
        "        s = socket.create_server(('127.0.0.1', 0)); os._exit(0)\n")],
        stdout=subprocess.PIPE, text=True, cwd=elsewhere)
    try:
        assert breeder.stdout.readline() == "ready\n"
        pid = bound(4000, cwd=elsewhere)
        for _ in range(20):
            row, = listeners("--port", "4000")
            assert row["pid"] == pid
            listeners()
    finally:
        breeder.kill()
        breeder.wait()
        breeder.stdout.close()


def test_listeners__is_reached_by_no_connection(pb, elsewhere, listeners):
    """Looking never connects: a server that would notice does not."""
    with socket.create_server(("127.0.0.1", 4000)) as server:
        server.settimeout(0)
        listeners()
        pb("check", "4000")
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize("command", ["listeners", "audit", "list --live", "check 4444",
                                     "cleanup --dry-run", "adopt --dry-run"])
def test_netlink_refused__is_said_by_all_that_look(pb, strace, command):
    pb.ok("project", "add", "shop")
    refused = ["-e", "trace=socket", "-e", "inject=socket:error=EPERM"]
    done = strace(refused, pb.program, *command.split())
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("note: sockets are read from /proc/net: ") == 1
