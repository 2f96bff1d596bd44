"""run beside a guard: at no moment does its port belong to somebody else, and nobody misses it."""

import json
import select
import signal
import socket
import subprocess

import pytest

from guards import KEEPER
from networks import until

# Does what it is told, a word on each line, and says when it has.
OBEDIENT = """
import os, socket, sys
port = int(os.environ["PORT"])
def listen():
    global s
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", port))
    s.listen()
def close():
    s.close()
def check():
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.1", port))
def again():
    close()
    listen()
def child():
    if os.fork() == 0:
        listen()
        os.kill(os.getpid(), 9)
    os.wait()
def daemon():
    if os.fork():
        os._exit(0)
def away():
    with socket.socket(socket.AF_UNIX) as to:
        to.connect(sys.argv[1])
        socket.send_fds(to, [b"s"], [s.fileno()])
def pause():
    s.shutdown(socket.SHUT_RDWR)
def resume():
    s.listen()
def hide():
    import ctypes
    assert ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0  # PR_SET_DUMPABLE
def answer():
    client = s.accept()[0]
    client.sendall(b"it")
    client.close()
for line in sys.stdin:
    globals()[line.strip()]()
    print(line.strip(), flush=True)
"""


@pytest.fixture
def obedient(pb, elsewhere):
    """obedient("shop/web"): a program below run; it(words) has it do that."""
    def start(service, *words, env=None):
        process = pb.start("run", service, "--", "/usr/bin/python3", "-S", "-E", "-c", OBEDIENT,
                           *words, cwd=elsewhere, env=env, stdin=subprocess.PIPE)

        def try_to(word):
            process.stdin.write(word + "\n")
            process.stdin.flush()
            return process.stdout.readline() == word + "\n"

        def tell(*words):
            for word in words:
                assert try_to(word), process.stderr.read()
        process.try_to, process.tell = try_to, tell
        return process
    return start


@pytest.fixture
def keeper():
    """keeper(port): who takes that port as soon as it can."""
    started = []

    def run(port):
        process = subprocess.Popen(["/usr/bin/python3", "-S", "-E", "-c", KEEPER, str(port)],
                                   text=True, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline() == "hammering\n"

    yield run
    for process in started:
        process.kill()
        process.communicate()


def bind(port):
    """Whether a stranger gets the port."""
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def reached(port):
    """What somebody answers there; None: the connection is refused."""
    with socket.socket() as s:
        try:
            s.connect(("127.0.0.1", port))
            return s.recv(10)
        except ConnectionError:
            return None


def state_of(pb, port):
    return next(p["state"] for p in pb.json("guard", "status")["ports"] if p["port"] == port)


def test_run__that_ends_is_at_no_moment_without_its_port(guard, owned, obedient, keeper):
    port = owned("shop/web")
    g = guard()
    keeper(port)
    for _ in range(5):
        process = obedient("shop/web")
        process.tell("listen")
        process.kill()
        g.wait(f"holds {port}")
        assert reached(port) is None


def test_run__listens_again_beside_one_who_wants_its_port(guard, owned, obedient, keeper):
    port = owned("shop/web")
    guard()
    keeper(port)
    process = obedient("shop/web")
    process.tell("listen", "again", "again", "close", "listen", "close", "child", "child", "listen")
    assert process.poll() is None


def test_run__that_listens_no_more_refuses_clients_and_gives_its_port_back(guard, owned, obedient):
    port = owned("shop/web")
    g = guard()
    process = obedient("shop/web")
    process.tell("listen", "close")
    g.wait(f"holds {port}")
    assert reached(port) is None and process.poll() is None
    # The first one lives; its service may run elsewhere now.
    second = obedient("shop/web")
    second.tell("listen")
    g.wait(f"gave {port}")
    process.kill()
    with socket.create_connection(("127.0.0.1", port)) as s:
        second.tell("answer")
        assert s.recv(10) == b"it"


def test_run__of_a_child_that_ends_gives_its_port_back(guard, owned, obedient):
    port = owned("shop/web")
    g = guard()
    first, second = obedient("shop/web"), obedient("shop/web")
    for process in (first, second, first):
        process.tell("child")
        g.wait(f"holds {port}")
    assert reached(port) is None


def test_run__of_a_daemon_keeps_its_port_until_that_ends(guard, owned, obedient):
    port = owned("shop/web")
    g = guard()
    process = obedient("shop/web")
    process.tell("listen", "daemon")
    process.wait(timeout=20)
    with socket.create_connection(("127.0.0.1", port)) as s:
        process.tell("answer")
        assert s.recv(10) == b"it"
    process.stdin.close()
    g.wait(f"holds {port}")
    assert reached(port) is None


def test_run__leaves_alone_a_socket_that_it_has_passed_on(guard, owned, obedient, pb):
    port = owned("shop/web")
    g = guard()
    at = str(pb.base / "to")

    def is_down():
        (one,) = pb.json("history", "--health", "shop/web")["services"]
        return [change["state"] for change in one["changes"]][-1:] == ["down"]

    with socket.socket(socket.AF_UNIX) as here:
        here.bind(at)
        here.listen()
        process = obedient("shop/web", at)
        process.tell("listen", "away")
        with here.accept()[0] as via:
            _, (fd,), _, _ = socket.recv_fds(via, 10, 1)
    with socket.socket(fileno=fd) as taken:
        process.kill()
        until(is_down)  # which its supervisor says at last
        with socket.create_connection(("127.0.0.1", port)) as s:
            with taken.accept()[0] as client:
                client.sendall(b"it")
            assert s.recv(10) == b"it"
    g.wait(f"holds {port}")


def test_run__is_the_only_one_that_has_its_socket(guard, owned, obedient, pb):
    port = owned("shop/web")
    guard()
    process = obedient("shop/web")
    process.tell("listen")
    (seen,) = json.loads(pb("check", port, json=True).out)["ports"]
    assert [p["pid"] for p in seen["listener"]["processes"]] == [process.pid]


def test_run__may_be_elsewhere_at_once_when_the_one_before_listens_no_more(guard, owned, obedient):
    owned("shop/web")
    guard()
    first = obedient("shop/web")
    first.tell("listen", "close")
    obedient("shop/web").tell("listen")
    assert first.poll() is None


@pytest.mark.parametrize("way", [{}, {"PORTBOOK_RUN_WITHOUT": "in-place"}], ids=["in place", "beside"])
def test_run__may_be_started_again_at_once(guard, owned, obedient, way):
    owned("shop/web")
    guard()
    for _ in range(20):
        process = obedient("shop/web", env=way)
        process.tell("listen")
        process.kill()
        process.wait(timeout=20)


def test_run__of_a_child_that_pauses_may_go_on(guard, owned, obedient):
    port = owned("shop/web")
    guard()
    process = obedient("shop/web")
    process.tell("listen", "daemon", "pause", "resume")
    with socket.create_connection(("127.0.0.1", port)) as s:
        process.tell("answer")
        assert s.recv(10) == b"it"


def test_run__that_may_not_be_looked_into_is_as_without_a_copy(guard, owned, obedient):
    port = owned("shop/web")
    guard()
    process = obedient("shop/web")
    process.tell("listen", "hide")
    with socket.create_connection(("127.0.0.1", port)) as s:
        process.tell("answer")
        assert s.recv(10) == b"it"
    # A look is made four times in a second.
    assert select.select([process.stdout], [], [], 0.6)[0] == []
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        assert s.connect_ex(("127.0.0.1", port)) == 0
    with socket.socket() as s, pytest.raises(OSError):
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        s.bind(("127.0.0.1", port))
    process.tell("close")
    assert reached(port) is None


def test_run__listens_again_while_the_guard_is_stopped(guard, owned, obedient):
    port = owned("shop/web")
    g = guard()
    process = obedient("shop/web")
    process.tell("child", "listen", "close")
    g.process.send_signal(signal.SIGSTOP)
    process.tell("listen", "close", "child", "child", "listen")
    g.process.send_signal(signal.SIGCONT)
    process.tell("again")
    process.kill()
    until(lambda: state_of(g.pb, port) == "held")


def test_run__that_found_the_guard_stopped_gives_its_port_back_when_it_goes_on(guard, owned,
                                                                              obedient, pb):
    port = owned("shop/web")
    g = guard()
    process = obedient("shop/web")
    process.tell("listen")
    g.process.send_signal(signal.SIGSTOP)
    process.tell("close")
    assert select.select([process.stdout], [], [], 2.5)[0] == []  # it has waited for the guard
    assert not bind(port)
    g.process.send_signal(signal.SIGCONT)
    until(lambda: state_of(pb, port) == "held")
    until(lambda: obedient("shop/web").try_to("listen"))
    assert process.poll() is None


def test_run__of_a_check_that_never_listens_has_its_port_still(guard, owned, obedient):
    port = owned("shop/web")
    guard()
    process = obedient("shop/web")
    process.tell("listen")
    with socket.create_connection(("127.0.0.1", port)) as s:
        process.tell("answer")  # which is remembered
        assert s.recv(10) == b"it"
        process.tell("close", "check", "check", "listen")


def test_run__that_ends_gives_its_port_to_the_guard_that_there_is_then(guard, owned, obedient,
                                                                      keeper):
    port = owned("shop/web")
    g = guard()
    process = obedient("shop/web")
    process.tell("listen")
    assert g.end() == 0
    g = guard()
    keeper(port)
    process.kill()
    g.wait(f"holds {port}")
    assert reached(port) is None
