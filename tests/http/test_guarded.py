"""`portbook serve --guard`: a guard beside the server, for as long as that runs."""

import os
import signal
import socket

import pytest

from networks import until
from serving import children_of, status_of


@pytest.fixture
def port(pb):
    return int(pb.ok("get", "shop/web", "--create", "--meta", "startedBy=run"))


def bind(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError as err:
            assert err.errno == 98, err
            return False
    return True


def guard_of(server):
    return next(int(pid) for pid in children_of(server.process.pid)
                if status_of(pid)["Name"] == "portbook-guard")


def test_guard__holds_ports_while_the_server_runs(serve, pb, port):
    server = serve("--guard")
    assert (server.said["guard"]["held"], server.said["guard"]["notHeld"]) == (1, 0)
    assert not bind(port)
    pid = guard_of(server)
    assert pb.json("guard", "status")["guardPid"] == pid
    # It has nothing of what the server listens on.
    files = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    inodes = {f[8:-1] for f in files if f.startswith("socket:")}
    with open("/proc/net/tcp", encoding="ascii") as tcp:
        assert not inodes & {line.split()[9] for line in list(tcp)[1:]}
    server.stop()
    until(lambda: bind(port))


def test_guard__follows_what_is_entered_over_http(serve, port):
    server = serve("--guard")
    assert bind(port + 1)
    made = server.ok("PUT", "/api/v1/projects/shop/services/api", {"metadata": {"startedBy": "run"}},
                     status=201)
    until(lambda: not bind(made["port"]))


def test_guard__also_holds_ports_that_programs_start_on_unasked(serve, port):
    serve("--guard-defaults")
    assert not bind(3000) and not bind(port)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_guard__ends_with_a_server_however_that_ends(serve, port, number):
    server = serve("--guard")
    guard = guard_of(server)
    os.kill(guard, signal.SIGTERM)  # which systemd sends to both
    assert not bind(port)
    server.process.send_signal(number)
    server.process.wait()
    until(lambda: bind(port))


def test_guard__that_is_killed_ends_the_server(serve, port):
    server = serve("--guard")
    os.kill(guard_of(server), signal.SIGKILL)
    assert server.process.wait(timeout=20) == 5
    assert "the guard beside this one has ended" in server.process.stdout.read()


def test_guard__there_is_one_for_a_user(serve, pb, port):
    server = serve("--guard")
    said = pb.fails(3, "serve", "--guard", "--listen", "127.0.0.1:0")
    assert f"pid {guard_of(server)}" in said.err


def test_guard__of_a_book_in_memory_is_refused(pb):
    said = pb.fails(2, "serve", "--guard", "--book", "memory:", "--listen", "127.0.0.1:0")
    assert "a book in memory" in said.err
