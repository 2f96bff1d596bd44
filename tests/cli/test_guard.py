"""guard: the ports of services that are down, and how their owners get them back."""

import os
import resource
import select
import shutil
import signal
import socket
import subprocess

import pytest

from guards import HAMMER, Guard
from networks import until
from servers import need_root

NOBODY = 65534

V4, V6 = socket.AF_INET, socket.AF_INET6
PLACES = [(V4, "0.0.0.0"), (V4, "127.0.0.1"), (V4, "127.0.0.2"), (V6, "::"), (V6, "::1")]
MANNERS = {"plain": None, "REUSEADDR": socket.SO_REUSEADDR, "REUSEPORT": socket.SO_REUSEPORT}

# Takes what is handed over, says so, and serves until its input ends; each client is hung up on.
HELD_SERVER = """
import os, socket, sys, threading
fds = range(3, 3 + int(os.environ["LISTEN_FDS"]))
assert os.environ["LISTEN_PID"] == str(os.getpid())
socks = [socket.socket(fileno=fd) for fd in fds]
print(os.environ["LISTEN_FDNAMES"], os.environ["PORT"],
      *(":".join(map(str, s.getsockname()[:2])) for s in socks), flush=True)
def serve(s):
    while True:
        s.accept()[0].close()
for s in socks:
    if s.type == socket.SOCK_STREAM:
        threading.Thread(target=serve, args=(s,), daemon=True).start()
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture
def held_server(pb, elsewhere):
    """held_server("shop/web"): exec-held with a server that ends when its input does."""
    def run(service, *options):
        process = pb.start("exec-held", service, *options, "--", "/usr/bin/python3", "-S", "-E",
                           "-c", HELD_SERVER, cwd=elsewhere, stdin=subprocess.PIPE)
        process.said = process.stdout.readline().split()
        assert process.said, process.stderr.read()
        return process
    return run


def bind(port, family=V4, address="127.0.0.1", kind=socket.SOCK_STREAM, option=None):
    """Whether a stranger gets the port."""
    with socket.socket(family, kind) as s:
        if option:
            s.setsockopt(socket.SOL_SOCKET, option, 1)
        try:
            s.bind((address, port))
        except OSError as err:
            assert err.errno == 98, err
            return False
    return True


def state_of(pb, port, protocol="tcp"):
    rows = pb.json("guard", "status")["ports"]
    return next(r for r in rows if (r["port"], r["protocol"]) == (port, protocol))


@pytest.mark.parametrize("manner", MANNERS)
def test_held__nobody_else_can_bind_it(guard, owned, manner):
    tcp, udp = owned("shop/web"), owned("shop/dns", "--udp")
    guard()
    for family, address in PLACES:
        for port, kind in ((tcp, socket.SOCK_STREAM), (udp, socket.SOCK_DGRAM)):
            assert not bind(port, family, address, kind, MANNERS[manner]), (address, kind)
    assert bind(udp + 50) and bind(tcp, kind=socket.SOCK_DGRAM) is (tcp != udp)


def test_held__programs_are_told_that_it_is_in_use(guard, owned, pb):
    port = owned("shop/web")
    guard()
    python = subprocess.run(["/usr/bin/python3", "-m", "http.server", str(port)], text=True,
                            capture_output=True, check=False, timeout=30)
    assert "Address already in use" in python.stderr
    node = shutil.which("node")
    if node:
        run = subprocess.run([node, "-e", f"require('http').createServer().listen({port})"],
                             text=True, capture_output=True, check=False, timeout=60)
        assert "EADDRINUSE" in run.stderr


def test_held__reads_as_down(guard, owned, pb):
    tcp, udp = owned("shop/web"), owned("shop/dns", "--udp")
    guard()
    for family, address in ((V4, "127.0.0.1"), (V6, "::1")):
        with socket.socket(family) as s, pytest.raises(ConnectionRefusedError):
            s.connect((address, tcp))
    assert pb.json("listeners")["listeners"] == []
    states = {(p["port"], p["state"]) for p in pb.json("list", "--live")["ports"]}
    assert states == {(tcp, "down"), (udp, "down")}


def test_held__who_asks_why_is_told(guard, owned, pb):
    port = owned("shop/web")
    assert "guard" not in pb("check", port).out
    g = guard("--defaults")
    for asked, told in ((port, "for who starts it by portbook run"),
                        (3000, "as programs start there unasked")):
        said = pb("check", asked).out
        assert f"held: by portbook guard (pid {g.process.pid}), {told}" in said
    assert f"portbook guard (pid {g.process.pid}) holds it" in pb("free", port, check=True).err
    assert "guard" not in pb("check", port + 1).out


def test_status__says_what_is_held_and_why_the_rest_is_not(guard, owned, pb):
    port, other = owned("shop/web"), int(pb.ok("get", "shop/api"))
    g = guard()
    assert g.held == "1 held, 0 in use, 1 not held: portbook guard status says why"
    said = pb.json("guard", "status")
    assert (said["guardPid"], said["held"], said["notHeld"]) == (g.process.pid, 1, 1)
    assert said["book"].endswith("book.db") and not said["defaults"]
    rows = {r["port"]: r for r in said["ports"]}
    assert (rows[port]["state"], rows[port]["startedBy"]) == ("held", "run")
    assert rows[other]["state"] == "not_held"
    assert rows[other]["reason"] == "was never started by run, exec-held or yield"
    text = pb.ok("guard", "status")
    assert f"pid {g.process.pid}" in text.splitlines()[0] and "not held" in text


def test_status__without_a_guard_says_how_to_start_one(pb):
    result = pb.fails(1, "guard", "status")
    assert "no guard of this user runs here" in result.err and "portbook guard" in result.err


def test_guard__there_is_one_for_a_user(guard, owned, pb):
    owned("shop/web")
    g = guard()
    result = pb.fails(3, "guard")
    assert f"pid {g.process.pid}" in result.err, result
    assert g.end() == 0
    guard()  # and the next one may


def test_guard__follows_the_book(guard, owned, pb):
    first = owned("shop/web")
    g = guard()
    second = owned("shop/api")
    g.wait(f"holds {second} (shop/api)")
    assert not bind(second)
    pb.ok("release", "shop/web")
    g.wait(f"does not hold {first}")
    assert bind(first) and not bind(second)
    pb.ok("update", "shop/api", "--meta", "startedBy=")
    g.wait(f"does not hold {second}")
    assert bind(second)


def test_guard__that_is_killed_frees_its_ports_and_holds_them_when_it_is_back(guard, owned):
    port = owned("shop/web")
    guard().end(signal.SIGKILL)
    assert bind(port)
    guard()
    assert not bind(port)


def test_guard__holds_no_more_than_it_may_and_says_so(guard, owned, pb):
    for i in range(22):
        owned(f"shop/s{i}")
    g = guard(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    assert g.held.startswith("20 held, 0 in use, 2 not held")
    said = pb.json("guard", "status")
    assert (said["limit"], said["limited"]) == (20, 2)
    assert [r["reason"] for r in said["ports"]][-2:] == ["no more files may be open"] * 2
    g.end()
    assert "RLIMIT_NOFILE" in g.process.stderr.read()


def test_defaults__are_held_while_nobody_owns_them(guard, owned, pb):
    g = guard("--defaults")
    assert not bind(3000) and not bind(5173, V6, "::") and bind(5432)
    pb.ok("register", "shop/web", "5173", "--create")
    g.wait("does not hold 5173")
    assert bind(5173) and not bind(3000)


def test_defaults__are_those_of_the_policy(guard, use_policy):
    use_policy("name: own\nunasked: [4567]\nranges: [{name: all, ports: 3000-3999}]\n")
    guard("--defaults")
    assert not bind(4567) and bind(3000)


def test_yield__lets_go_and_the_port_is_taken_back_when_its_owner_ends(guard, owned, pb, listen):
    port = owned("shop/web")
    g = guard()
    assert "for 30 s" in pb.ok("yield", "shop/web")
    listener = listen(port)
    g.wait(f"somebody has {port}")
    assert state_of(pb, port)["state"] == "in_use"
    subprocess.run(["kill", "-9", str(listener)], check=True)
    g.wait(f"holds {port}")
    assert not bind(port, option=socket.SO_REUSEADDR)


def test_yield__is_over_when_nobody_comes(guard, owned, pb):
    port = owned("shop/web")
    g = guard()
    pb.ok("yield", "shop/web", "--for", "1s")
    assert bind(port) and state_of(pb, port)["state"] == "yielded"
    g.wait(f"holds {port}")
    assert not bind(port)


def test_yield__is_over_with_the_process_that_it_was_for(guard, owned, pb):
    port = owned("shop/web")
    g = guard()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as starter:
        pb.ok("yield", "shop/web", "--for", "10m", "--while", starter.pid)
        assert bind(port) and state_of(pb, port)["state"] == "yielded"
        starter.stdin.close()
        starter.wait()
    g.wait(f"holds {port}")
    assert not bind(port)


def test_yield__leaves_a_port_to_its_owner_whatever_becomes_of_who_started_that(guard, owned, pb,
                                                                              listen):
    port = owned("shop/web")
    g = guard()
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as starter:
        pb.ok("yield", "shop/web", "--while", starter.pid)
        listener = listen(port)
        g.wait(f"somebody has {port}")
        starter.stdin.close()
        starter.wait()
    pb.ok("yield", "shop/web")  # the guard has heard of that end before it answers this
    assert state_of(pb, port)["state"] == "in_use"
    subprocess.run(["kill", "-9", str(listener)], check=True)
    g.wait(f"holds {port}")


@pytest.mark.parametrize("process, status, text", [
    ("me", 2, "'me' is no number of a process"),
    ("0", 2, "'0' is no number of a process"),
    ("4194304", 1, "process 4194304 cannot be waited for: No such process"),  # above pid_max
])
def test_yield__says_whom_it_cannot_wait_for(owned, pb, process, status, text):
    owned("shop/web")
    assert text in pb.fails(status, "yield", "shop/web", "--while", process).err


def test_yield__makes_the_port_one_that_is_held_from_now_on(guard, pb):
    port = int(pb.ok("get", "shop/dns", "--udp", "--create"))
    g = guard()
    assert state_of(pb, port, "udp")["state"] == "not_held"
    said = pb.json("yield", "shop/dns", "--for", "1s")
    assert [(p["port"], p["protocol"]) for p in said["ports"]] == [(port, "udp")]
    g.wait(f"left {port}/udp (shop/dns) to its owner")
    g.wait(f"holds {port}/udp (shop/dns)")
    assert not bind(port, kind=socket.SOCK_DGRAM)


def test_yield__without_a_guard_does_no_harm(owned, pb):
    owned("shop/web")
    result = pb("yield", "shop/web", check=True)
    assert "was not held" in result.out and "no guard" in result.err


def test_yield__enters_nothing(pb):
    pb.ok("project", "add", "shop")
    assert "has no port" in pb.fails(1, "yield", "shop/web").err
    assert pb.json("list")["ports"] == []


def test_exec_held__gets_sockets_that_listen(pb, held_server, owned):
    tcp, udp = owned("shop/web"), owned("shop/web", "--udp")
    server = held_server("shop/web")
    assert server.said == ["web:web", str(tcp), f"127.0.0.1:{tcp}", f"127.0.0.1:{udp}"]
    socket.create_connection(("127.0.0.1", tcp)).close()


def test_exec_held__takes_over_and_gives_back_past_time_wait(guard, pb, held_server, owned):
    port = owned("shop/web")
    g = guard()
    server = held_server("shop/web", "--address", "::")
    assert server.said[2] == f":::{port}"
    g.wait(f"gave {port} (shop/web) to exec-held (pid {server.pid})")
    row = state_of(pb, port)
    assert (row["state"], row["to"], row["pid"]) == ("given", "exec-held", server.pid)
    with socket.create_connection(("127.0.0.1", port)) as s:
        assert s.recv(1) == b""  # the server is first to hang up
    server.stdin.close()
    g.wait(f"holds {port}")
    with open("/proc/net/tcp6", encoding="ascii") as six:
        assert any(f":{port:04X}" in line and line.split()[3] == "06" for line in six)
    for family, address in PLACES:
        assert not bind(port, family, address, option=socket.SO_REUSEADDR)
    held_server("shop/web")  # and it gets it once more


def hand_over(count, guard, held_server, port):
    """Hand it over and take it back, beside a stranger who binds it whenever that is possible.

    What the stranger got in between the guard could not give, and the owner would have failed.
    """
    g = guard()
    with subprocess.Popen(["/usr/bin/python3", "-S", "-E", "-c", HAMMER, str(port)], text=True,
                          stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout.readline() == "hammering\n"
        for _ in range(count):
            server = held_server("shop/web")
            server.stdin.close()
            assert server.wait(timeout=30) == 0
            g.wait(f"holds {port}")
        stranger.kill()


def test_exec_held__gets_its_port_beside_one_who_wants_it(guard, held_server, owned):
    hand_over(10, guard, held_server, owned("shop/web"))


@pytest.mark.slow
def test_exec_held__gets_its_port_a_thousand_times(guard, held_server, owned):
    hand_over(1000, guard, held_server, owned("shop/web"))


SERVER = """
import os, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else int(os.environ["PORT"])))
print("listening", flush=True)
while s.accept()[0].close() is None:
    pass
"""


@pytest.fixture
def run(pb, elsewhere):
    """run("shop/web", *options, words=[...]): a server below `portbook run` that listens."""
    def start(service, *options, words=()):
        process = pb.start("run", service, *options, "--", "/usr/bin/python3", "-S", "-E", "-c",
                           SERVER, *words, cwd=elsewhere)
        assert process.stdout.readline() == "listening\n", process.stderr.read()
        return process
    return start


def test_run__takes_its_port_from_the_guard_and_it_is_held_again(guard, pb, run):
    port = int(pb.ok("get", "shop/web", "--create"))
    g = guard()
    process = run("shop/web")
    for _ in range(2):
        process.kill()  # which is known by its supervisor
        g.wait(f"holds {port}")
        assert not bind(port, option=socket.SO_REUSEADDR)
        process = run("shop/web")
        line = g.wait(f"gave {port} (shop/web) to run")
        assert state_of(pb, port)["state"] == "given", line
        with socket.create_connection(("127.0.0.1", port)) as s:
            assert s.recv(1) == b""  # connections of the one before are remembered
    assert not bind(port)


def test_run__gets_its_port_beside_one_who_wants_it(guard, owned, run):
    port = owned("shop/web")
    g = guard()
    with subprocess.Popen(["/usr/bin/python3", "-S", "-E", "-c", HAMMER, str(port)], text=True,
                          stdout=subprocess.PIPE) as stranger:
        assert stranger.stdout.readline() == "hammering\n"
        for _ in range(5):
            process = run("shop/web")
            process.kill()
            g.wait(f"holds {port}")
        stranger.kill()


def test_run__that_stops_somebody_has_it_noted(guard, owned, run):
    owned("shop/web")
    g = guard("--defaults")
    run("shop/web", words=["3000"])
    assert "python3" in g.wait(" asked for 3000")


def test_run__without_a_supervisor_has_the_guard_let_go(guard, owned, pb, run):
    port = owned("shop/web")
    g = guard()
    run("shop/web", "--plain")
    g.wait(f"left {port} (shop/web) to its owner, as told by run")
    assert state_of(pb, port)["state"] in ("in_use", "yielded")


def test_run_hold__is_content_with_a_guard_that_does(guard, owned, run):
    port = owned("shop/web")
    g = guard()
    run("shop/web", "--hold")
    g.wait(f"gave {port}")


def test_exec_held__says_what_cannot_be_started(pb, owned):
    owned("shop/web")
    result = pb.fails(1, "exec-held", "shop/web", "--", "no-such-program")
    assert "cannot start 'no-such-program'" in result.err
    result = pb.fails(2, "exec-held", "shop/web", "--address", "home", "--", "true")
    assert "'home' is no address" in result.err


def test_guard__of_another_user_is_not_asked(guard, pb):
    need_root()
    port = int(pb.ok("get", "shop/web", "--create", "--meta", "startedBy=run", user=NOBODY))
    guard(user=NOBODY)
    assert not bind(port)
    run = pb.home_of(NOBODY) / "run"
    assert pb.fails(1, "guard", "status", env={"XDG_RUNTIME_DIR": run})
    guard()  # root has its own
    assert pb.json("guard", "status", user=NOBODY)["user"] == "nobody"


@pytest.fixture
def serve(pb):
    """serve(): a server of the book, at serve.url."""
    def run():
        server = pb.start("serve", "--listen", run.url)
        assert server.stdout.readline() == f"listening on {run.url}\n"
        return server
    run.url = f"unix:{pb.base}/book.sock"
    return run


def test_guard__says_since_when_and_why_it_cannot_read_the_book(guard, owned, pb, serve):
    port = owned("shop/web")
    server = serve()
    g = guard("--book", serve.url)
    assert pb.json("guard", "status")["unreadSince"] is None
    server.terminate()
    server.wait(timeout=20)
    assert "cannot read the book: no portbook answers at" in g.wait("goes on with what it read")
    status = pb.json("guard", "status")
    assert status["unreadSince"] > status["since"]
    assert "no portbook answers" in status["unreadReason"]
    assert "the book has been out of reach since 20" in pb.ok("guard", "status").splitlines()[1]
    assert not bind(port)
    serve()
    g.wait("reads the book again, after ")
    assert pb.json("guard", "status")["unreadReason"] is None
    assert "out of reach" not in pb.ok("guard", "status")


def test_guard__follows_a_book_in_postgresql(guard, pb, shared, run):
    with_book = ("--book", shared.url())
    pb.ok("get", "shop/web", "--create", "--meta", "startedBy=run", *with_book)
    g = guard(*with_book)
    port = int(pb.ok("get", "shop/web", *with_book))
    assert not bind(port)
    second = int(pb.ok("get", "shop/api", "--meta", "startedBy=run", *with_book))
    g.wait(f"holds {second} (shop/api)")
    process = run("shop/web", *with_book)
    g.wait(f"gave {port} (shop/web) to run")
    process.kill()
    g.wait(f"holds {port}")
    pb.ok("release", "shop/api", *with_book)
    g.wait(f"does not hold {second}")
    assert not bind(port) and bind(second)


def test_guard__gives_ports_while_its_book_hangs(guard, owned, pb, run, serve):
    port = owned("shop/web")
    server = serve()
    g = guard("--book", serve.url)
    server.send_signal(signal.SIGSTOP)
    process = run("shop/web")
    g.wait(f"gave {port} (shop/web) to run")
    process.kill()
    g.wait(f"holds {port}")
    assert "it has not answered for 5 s; goes on" in g.wait("cannot read the book: ")
    assert "not answered" in pb.json("guard", "status")["unreadReason"]
    new = owned("shop/api")
    assert "was not held" in pb.ok("yield", "shop/api")
    run("shop/web")
    g.wait(f"gave {port} (shop/web) to run")
    server.send_signal(signal.SIGCONT)
    g.wait("reads the book again, after ")
    g.wait(f"holds {new} (shop/api)")


def test_guard__answers_and_ends_before_it_has_read_a_book_that_hangs(pb, serve):
    server = serve()
    server.send_signal(signal.SIGSTOP)
    process = pb.start("guard", "--log", "--book", serve.url)
    until(lambda: pb("guard", "status").code == 0)
    assert pb.json("guard", "status")["held"] == 0
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert process.stdout.read() == ""
    server.send_signal(signal.SIGCONT)


def test_guard__has_another_process_read_when_the_first_has_ended(guard, owned):
    port = owned("shop/web")
    g = guard()
    os.kill(g.follower(), signal.SIGKILL)
    assert "the process that reads it has ended" in g.wait("cannot read the book: ")
    assert not bind(port)
    g.wait("reads the book again, after ")
    g.wait(f"holds {owned('shop/api')} (shop/api)")


def test_guard__leaves_nothing_behind_when_it_is_killed(guard, owned):
    port = owned("shop/web")
    g = guard()
    follower = os.pidfd_open(g.follower())
    g.end(signal.SIGKILL)
    assert select.select([follower], [], [], 20)[0], "who reads its book has not ended"
    os.close(follower)
    assert bind(port)


def test_guard__does_not_take_an_empty_book_for_one_that_was_moved_away(guard, owned, pb):
    port = owned("shop/web")
    g = guard()
    folder = pb.home / "data" / "portbook"
    folder.rename(away := folder.with_name("away"))
    assert "there is no book" in g.wait("cannot read the book: ")
    assert not bind(port) and not folder.exists()
    away.rename(folder)
    g.wait("reads the book again, after ")
    g.wait(f"holds {owned('shop/api')} (shop/api)")


@pytest.mark.parametrize("name, text", [("unix:{}/nobody.sock", "no portbook answers at"),
                                        ("{}/none.db", "(--book)")])
def test_guard__cannot_begin_without_the_book_that_it_is_told(pb, name, text):
    result = pb.fails(5, "guard", "--book", name.format(pb.base))
    assert text in result.err


def test_guard__ends_while_its_book_hangs(guard, owned, serve):
    port = owned("shop/web")
    server = serve()
    g = guard("--book", serve.url)
    server.send_signal(signal.SIGSTOP)
    g.wait("cannot read the book: it has not answered")
    assert g.end() == 0
    assert bind(port)
    server.send_signal(signal.SIGCONT)


def test_guard__has_no_use_for_who_hangs_up_while_it_looks_into_the_book(guard, owned, pb, serve):
    port = owned("shop/web")
    server = serve()
    g = guard("--book", serve.url)
    place = next((pb.home / "run").rglob("guard-*.sock"))
    server.send_signal(signal.SIGSTOP)
    for asks in 1, 2:
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.connect(str(place))
            for _ in range(asks):
                s.send(b'{"ask":"take","protocol":"tcp","port":3999}')
    server.send_signal(signal.SIGCONT)
    assert state_of(pb, port)["state"] == "held"
    g.wait(f"holds {owned('shop/api')} (shop/api)")
