"""free: ending who has a port, and nobody else.

All with real programs, in a network of the test's own.  What cannot be made to happen here, a
number that goes to another process between two looks, is in tests/unit/enforce/test_ending.c.
"""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys

import jsonschema
import pytest

from clilib import TOP
from servers import BOUND, FORKING, NOBODY, need_root

HOLDERS = json.loads((TOP / "schemas" / "holders.json").read_text())

FATES = {"terminated", "killed", "let_go", "gone", "changed", "refused", "stuck"}

# Listens on argv[1]; what SIGTERM does is argv[2].
STUBBORN = """
import signal, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[2] == "ignore" else lambda *_: s.close())
print("listening", flush=True)
while True:
    signal.pause()
"""

# Starts a server again whenever it ends.
SUPERVISOR = """
import subprocess, sys
while True:
    subprocess.run([sys.executable, "-S", "-E", "-c", '''
import signal, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print("listening", flush=True)
signal.pause()
''', sys.argv[1]])
"""

# Opens the port, runs argv[2:], and says what came of it when it is asked.
PARENT = """
import socket, subprocess, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
if sys.argv[2] == "exec":
    import os
    s.set_inheritable(True)
    os.execv(sys.argv[3], sys.argv[3:])
done = subprocess.run(sys.argv[3:], stdin=subprocess.DEVNULL, capture_output=True, text=True)
print(done.returncode, done.stderr, end="")
"""

# A server as root whose three workers are somebody else.
DROPPING = FORKING.replace("if os.fork() == 0:", "if os.fork() == 0:\n        os.setuid(65534)")


def is_there(pid):
    """Whether it still runs; one that has ended and waits for its parent does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


@pytest.fixture
def free(pb):
    """free(4000, "--yes"): the answer of --json, with the exit status it has to have."""
    def run(target, *options, status=0, settle=0, **more):
        result = pb.fails(status, "free", target, "--settle", settle, *options, "--json", **more)
        assert result.err == "", result
        said = result.json
        assert said["success"] == (status == 0), result
        for port in said.get("ports", []):
            assert {e["fate"] for e in port["ended"]} <= FATES
        return said
    return run


def ended(said):
    """{pid: fate} of the only port."""
    port, = said["ports"]
    return {e["pid"]: e["fate"] for e in port["ended"]}


@pytest.fixture
def listeners(answer):
    return lambda: answer("listeners")["listeners"]


@pytest.fixture
def shop(pb, project_dir):
    return project_dir("shop")


@pytest.fixture
def web(pb, shop):
    """The port of shop/web."""
    return int(pb.ok("get", "web", cwd=shop))


def test_free__ends_a_node_server_that_squats(pb, web, node, elsewhere):
    pid = node(web, cwd=elsewhere)
    said = pb("free", web, "--yes", "--settle", 0, check=True)
    assert said.out == (f"ended {said.out.split()[1]} (pid {pid}, user {user()}) in {elsewhere}\n"
                        f"{web} is free\n") and said.err == ""
    assert not is_there(pid)


def user(uid=None):
    return subprocess.run(["id", "-un"] + ([str(uid)] if uid is not None else []),
                          capture_output=True, text=True, check=True).stdout.strip()


def test_free__ends_pythons_http_server(free, serve, elsewhere):
    pid = serve("/usr/bin/python3", "-u", "-m", "http.server", "4000", cwd=elsewhere)
    said = free(4000, "--yes")
    assert ended(said) == {pid: "terminated"} and said["ports"][0]["free"]
    assert not is_there(pid)


@pytest.mark.parametrize("address", ["::1", "dual", "127.0.0.1", "0.0.0.0"])
def test_free__ends_it_on_whatever_address(free, bound, elsewhere, address):
    pid = bound(4000, address, cwd=elsewhere)
    assert ended(free(4000, "--yes")) == {pid: "terminated"}


def test_free__ends_all_of_a_server_that_forks(pb, free, python, elsewhere, listeners):
    python(FORKING, 4000, cwd=elsewhere)
    pids = [p["pid"] for p in listeners()[0]["processes"]]
    shown = pb.ok("free", 4000, "--dry-run")
    assert len(pids) == 4 and all(f"(pid {pid}, " in shown for pid in pids)
    said = free(4000, "--yes")
    assert set(ended(said)) == set(pids) and not any(map(is_there, pids))


def test_free__ends_both_that_share_a_port(free, bound, elsewhere):
    pids = {bound(4000, cwd=elsewhere), bound(4000, cwd=elsewhere)}
    assert set(ended(free(4000, "--yes"))) == pids
    assert not any(map(is_there, pids))


def test_free__ends_a_udp_server_and_leaves_the_other_protocol(pb, free, bound, elsewhere):
    tcp = bound(4000, cwd=elsewhere)
    udp = bound(4000, kind="SOCK_DGRAM", cwd=elsewhere)
    assert ended(free(4000, "--udp", "--yes")) == {udp: "terminated"}
    assert is_there(tcp) and not is_there(udp)


def test_free__says_that_what_is_there_speaks_udp(pb, bound, elsewhere):
    pid = bound(4000, kind="SOCK_DGRAM", cwd=elsewhere)
    said = pb("free", 4000, "--yes", check=True)
    assert said.out == "4000 is free already: nobody listens there\n"
    assert f"a UDP server is there: python3 (pid {pid}, " in said.err and is_there(pid)


def test_free__kills_what_does_not_end_and_says_so(pb, free, python, elsewhere):
    pid = python(STUBBORN, 4000, "ignore", cwd=elsewhere)
    said = free(4000, "--yes", "--grace", 1)
    assert ended(said) == {pid: "killed"} and said["ports"][0]["ended"][0]["tookMs"] >= 1000
    again = python(STUBBORN, 4000, "ignore", cwd=elsewhere)
    text = pb.ok("free", 4000, "--yes", "--grace", 0, "--settle", 0)
    assert text.startswith("killed python3") and "did not end when it was told to" in text
    assert not is_there(pid) and not is_there(again)


def test_free__does_not_kill_what_closes_its_socket_and_goes_on(free, python, elsewhere):
    pid = python(STUBBORN, 4000, "close", cwd=elsewhere)
    said = free(4000, "--yes", "--grace", 600)
    assert ended(said) == {pid: "let_go"} and said["ports"][0]["free"]
    assert is_there(pid)


def test_free__ends_what_was_stopped(free, bound, elsewhere):
    pid = bound(4000, cwd=elsewhere)
    os.kill(pid, signal.SIGSTOP)
    assert ended(free(4000, "--yes", "--grace", 600, timeout=60)) == {pid: "terminated"}


def test_free__says_that_a_port_is_free_already(pb, web, shop):
    said = pb("free", web, "--yes", check=True)
    assert said.out == f"{web} is free already: nobody listens there\n"
    assert pb("free", "web", cwd=shop, check=True).out == said.out, "and needs no yes for that"


def test_free__leaves_the_entry_in_the_book(pb, free, web, bound, elsewhere):
    bound(web, cwd=elsewhere)
    said = free(web, "--yes")["ports"][0]
    assert (said["state"], said["entry"]["serviceName"]) == ("squatted", "web")
    assert pb("check", web, json=True).json["ports"][0]["holder"]["projectName"] == "shop"


def test_free__takes_a_service_with_all_its_ports(pb, free, web, shop, bound, elsewhere):
    second = int(pb.ok("allocate", "web", cwd=shop))
    pids = {bound(port, cwd=elsewhere) for port in (web, second)}
    other = bound(second + 1, cwd=elsewhere)
    said = free("web", "--yes", cwd=shop)
    assert [p["port"] for p in said["ports"]] == [web, second]
    assert {e["pid"] for p in said["ports"] for e in p["ended"]} == pids and is_there(other)


def test_free__knows_no_service_that_has_no_port(pb):
    pb.ok("get", "shop/web", "--create")
    said = pb.fails(1, "free", "shop/api", "--yes")
    assert "'shop/api' has no port in dev" in said.err


# Who is asked.


def test_free__refuses_where_there_is_nobody_to_ask(pb, bound, elsewhere):
    pid = bound(4000, cwd=elsewhere)
    said = pb.fails(2, "free", 4000)
    assert "there is nobody to ask" in said.err and f"pid {pid}" in said.err
    assert "portbook free 4000 --yes" in said.err and said.out == ""
    assert is_there(pid)


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, pb, *args):
        self.leader, follower = pty.openpty()
        self.process = pb.start(*args, stdin=follower, stdout=follower, stderr=follower)
        os.close(follower)
        self.seen = ""

    def until(self, text):
        while text not in self.seen:
            assert select.select([self.leader], [], [], 30)[0], self.seen
            self.seen += os.read(self.leader, 4096).decode()

    def type(self, text):
        os.write(self.leader, text.encode())

    def ends(self):
        status = self.process.wait(30)
        while True:
            try:
                piece = os.read(self.leader, 4096)
            except OSError:
                piece = b""
            if not piece:
                os.close(self.leader)
                return status
            self.seen += piece.decode()


def test_free__asks_and_a_no_ends_nobody(pb, web, bound, elsewhere):
    pid = bound(web, cwd=elsewhere)
    terminal = Terminal(pb, "free", web)
    terminal.until("End it? [y/N] ")
    assert f"{web} (shop/web) is held by" in terminal.seen and f"(pid {pid}, " in terminal.seen
    assert "squatted: fits neither path" in terminal.seen
    terminal.type("n\n")
    assert terminal.ends() == 1 and "nobody was ended" in terminal.seen
    assert is_there(pid)


def test_free__asks_and_a_yes_ends_it(pb, web, bound, elsewhere):
    pid = bound(web, cwd=elsewhere)
    terminal = Terminal(pb, "free", web, "--settle", 0)
    terminal.until("End it? [y/N] ")
    terminal.type("y\n")
    assert terminal.ends() == 0 and f"{web} is free" in terminal.seen
    assert not is_there(pid)


def test_free__asks_about_all_that_would_be_ended(pb, python, elsewhere):
    pid = python(FORKING, 4000, cwd=elsewhere)
    terminal = Terminal(pb, "free", 4000)
    terminal.until("End all of them? [y/N] ")
    assert terminal.seen.count("python3 (pid ") == 4
    terminal.type("\n")
    assert terminal.ends() == 1 and is_there(pid)


def test_free__ends_the_owner_itself_after_a_yes_that_was_typed(pb, web, shop, bound):
    pid = bound(web, cwd=shop)
    terminal = Terminal(pb, "free", web, "--settle", 0)
    terminal.until("That is the owner itself. End it? [y/N] ")
    terminal.type("y\n")
    assert terminal.ends() == 0 and not is_there(pid)


@pytest.mark.parametrize("options", [[], ["--yes"]])
def test_free__leaves_the_owners_own_service(pb, free, web, shop, bound, options):
    pid = bound(web, cwd=shop)
    error = free(web, *options, status=3)["error"]
    assert error["code"] == "taken" and "'shop/web' itself runs there" in error["message"]
    assert f"portbook free {web} --force" in error["hint"] and is_there(pid)
    assert ended(free(web, "--force")) == {pid: "terminated"}


def test_free__leaves_what_may_be_the_owner(pb, free, bound, elsewhere):
    web = int(pb.ok("get", "bare/web", "--create"))
    pid = bound(web, cwd=elsewhere)
    error = free(web, "--yes", status=3)["error"]
    assert "what may be its owner, 'bare/web'" in error["message"] and is_there(pid)
    assert ended(free(web, "--force")) == {pid: "terminated"}


def test_free__dry_run_ends_nobody_and_tells_who_it_would_be(pb, free, web, bound, elsewhere):
    pid = bound(web, cwd=elsewhere)
    said = free(web, "--dry-run")
    port, = said["wouldEnd"]
    jsonschema.validate({"success": True, "ports": said["wouldEnd"]}, HOLDERS["output"])
    assert said["dryRun"] and [p["pid"] for p in port["processes"]] == [pid]
    text = pb.ok("free", web, "--dry-run", "--yes")
    assert f"{web} (shop/web) is held by\n  python3 (pid {pid}, " in text
    assert is_there(pid)


# Who is never ended.


def test_free__refuses_another_users_process(pb, free, bound, elsewhere):
    need_root()
    root, nobodys = bound(4000, cwd=elsewhere), bound(4001, cwd=elsewhere, user=NOBODY)
    error = free(4001, "--yes", "--force", status=6)["error"]
    assert "a process of the user nobody" in error["message"]
    assert error["hint"] == "as that user: sudo -u nobody portbook free 4001"
    error = free(4000, "--yes", "--force", status=6, user=NOBODY)["error"]
    assert "of the user root that cannot be seen" in error["message"]
    assert is_there(root) and is_there(nobodys)


def test_free__ends_an_ordinary_users_own(pb, free, bound, elsewhere):
    need_root()
    pid = bound(4001, cwd=elsewhere, user=NOBODY)
    assert ended(free(4001, "--yes", user=NOBODY)) == {pid: "terminated"}
    assert not is_there(pid)


def test_free__refuses_all_where_one_is_another_users(free, bound, elsewhere):
    need_root()
    pids = [bound(4000, cwd=elsewhere, user=NOBODY)]
    # One more on the same port, of root: Linux lets nobody but its first user share it, so it
    # is another address.
    pids.append(bound(4000, "127.0.0.2", cwd=elsewhere))
    assert "nobody" in free(4000, "--yes", status=6)["error"]["message"]
    assert all(map(is_there, pids))


def test_free__ends_workers_of_another_user_with_their_parent(free, python, elsewhere, listeners):
    need_root()
    python(DROPPING, 4000, cwd=elsewhere)
    pids = {p["pid"]: p["user"] for p in listeners()[0]["processes"]}
    assert sorted(pids.values()) == ["nobody"] * 3 + ["root"]
    assert set(ended(free(4000, "--yes"))) == set(pids)


def test_free__refuses_what_passes_on_for_a_container(pb, free, serve, elsewhere):
    proxy = pb.base / "docker-proxy"
    shutil.copy(os.path.realpath("/usr/bin/python3"), proxy)
    pid = serve(proxy, "-S", "-E", "-u", "-c", BOUND, "AF_INET", "SOCK_STREAM", "127.0.0.1", 4000,
                cwd=elsewhere)
    error = free(4000, "--yes", "--force", status=6)["error"]
    assert f"'docker-proxy' (pid {pid}) has port 4000 for a container" in error["message"]
    assert error["hint"].startswith("stop the container: docker stop") and is_there(pid)


def parent(pb, how, *options):
    return subprocess.run([sys.executable, "-S", "-E", "-c", PARENT, "4000", how,
                           str(pb.program), "free", "4000", *options], cwd=pb.work,
                          env=pb.environment(), stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60, check=False)


def test_free__refuses_what_it_was_started_from(pb):
    said = parent(pb, "run", "--yes", "--force")
    assert said.returncode == 0 and said.stdout.startswith("6 "), said
    assert "from which this command was started" in said.stdout


def test_free__refuses_what_the_one_that_started_it_was_started_from(pb):
    wrapper = pb.base / "wrapper"
    wrapper.write_text(f"#!/bin/sh\n{pb.program} \"$@\"\nexit $?\n")
    wrapper.chmod(0o755)
    said = subprocess.run([sys.executable, "-S", "-E", "-c", PARENT, "4000", "run", "/bin/sh",
                           str(wrapper), "free", "4000", "--force"], cwd=pb.work,
                          env=pb.environment(), capture_output=True, text=True, timeout=60,
                          check=False)
    assert said.stdout.startswith("6 ") and "from which this command" in said.stdout, said


def test_free__refuses_itself(pb):
    said = parent(pb, "exec", "--yes", "--force")
    assert said.returncode == 6 and "held by this very command" in said.stderr, said


@pytest.fixture
def namespace(pb):
    """namespace(*options): a server that is pid 1 of a pid namespace; its pid out here."""
    started = []

    def run(*options):
        process = subprocess.Popen(
            ["unshare", "--pid", "--fork", *options, sys.executable, "-S", "-E", "-u", "-c",
             "import socket, sys; s = socket.create_server(('127.0.0.1', 4000));"
             "print('listening', flush=True); sys.stdin.read()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        if process.stdout.readline() != "listening\n":
            pytest.skip(f"no pid namespace for the test: {process.stderr.read()}")
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            return int(file.read())

    yield run
    for process in started:
        process.stdin.close()  # it ends then
        process.wait()
        process.stdout.close()
        process.stderr.close()


def inside(pb, first, *options, mounts=True):
    return subprocess.run(
        ["nsenter", "--target", str(first), "--pid", *(["--mount"] if mounts else []),
         *pb.command(["free", 4000, *options])], env=pb.environment(), cwd=pb.work,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)


def test_free__refuses_the_first_process_of_a_container(pb, namespace):
    first = namespace("--mount-proc")
    said = inside(pb, first, "--yes", "--force")
    assert said.returncode == 6 and "pid 1, which is never ended" in said.stderr, said
    assert is_there(first)


def test_free__ends_nobody_where_proc_counts_otherwise(pb, namespace):
    """Numbers of /proc are then other processes' than the same numbers of a signal."""
    first = namespace()
    said = inside(pb, first, "--yes", "--force", mounts=False)
    assert said.returncode == 5 and "another pid namespace" in said.stderr, said
    assert is_there(first)


# What happens next.


def test_free__tells_who_took_the_port_again(pb, free, serve, elsewhere, listeners):
    supervisor = serve(sys.executable, "-S", "-E", "-u", "-c", SUPERVISOR, 4000, cwd=elsewhere)
    first = listeners()[0]["pid"]
    said = free(4000, "--yes", status=3, settle=60, timeout=90)
    taker = said["ports"][0]["takenBy"]["processes"][0]
    assert ended(said) == {first: "terminated"} and not said["ports"][0]["free"]
    assert taker["pid"] != first and taker["parent"] == supervisor
    assert f"port 4000 was taken again by python3 (pid {taker['pid']}, " in said["error"]["message"]
    assert said["error"]["hint"].endswith(f"(pid {supervisor}) started it: end that first")


def test_free__a_bystander_is_not_touched(free, bound, elsewhere):
    others = [bound(port, cwd=elsewhere) for port in (3999, 4001)]
    pid = bound(4000, cwd=elsewhere)
    assert ended(free(4000, "--yes")) == {pid: "terminated"}
    assert all(map(is_there, others))
