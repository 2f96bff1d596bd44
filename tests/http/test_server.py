"""The server: where it listens, whom it lets in, how it ends, and what it survives."""

import os
import random
import signal
import socket
import stat
import subprocess
import sys
import threading

import pytest

from serving import JSON, Served


def test_serve__listens_on_its_own_port_and_a_socket_of_its_own(serve, pb):
    server = serve(where=[])
    port = pb.json("list", "--project", "shared-services")["ports"][0]
    assert port["serviceName"] == "portbook" and 9000 <= port["port"] <= 9999
    path = pb.home / "run" / "portbook.sock"
    assert server.listening == [f"http://127.0.0.1:{port['port']}", f"unix:{path}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    server.stop()
    assert not path.exists()
    assert serve(where=[]).listening == server.listening


def test_serve__says_where_it_listens(pb):
    process = pb.start("serve", "--listen", "127.0.0.1:0")
    assert process.stdout.readline().startswith("listening on http://127.0.0.1:")


def test_serve__twice_says_that_another_is_there(serve, pb):
    serve(where=[])
    result = pb.fails(3, "serve")
    assert "cannot listen on '127.0.0.1:9000'" in result.err
    assert "portbook check 9000 says who is there" in result.err
    result = pb.fails(3, "serve", "--listen", f"unix:{pb.home}/run/portbook.sock")
    assert "another portbook serves" in result.err


def test_serve__takes_the_socket_of_one_that_was_killed(serve, pb):
    server = serve()
    server.process.kill()
    server.process.wait()
    assert os.path.exists(server.unix)
    assert serve().ask("GET", "/healthz").status == 200


def test_serve__does_not_remove_what_is_no_socket(pb):
    file = pb.base / "file"
    file.write_text("precious")
    pb.fails(3, "serve", "--listen", f"unix:{file}")
    assert file.read_text() == "precious"


@pytest.mark.parametrize("address, status", [
    ("0.0.0.0:0", 6), ("[::]:0", 6), ("10.1.2.3:80", 6), ("127.0.0.1", 2), ("127.0.0.1:x", 2),
    ("unix:relative", 2), ("example.org:80", 2), ("[::1]:70000", 2), ("unix:/" + "x" * 200, 2)])
def test_serve__refuses_addresses_that_others_reach_or_that_are_none(pb, address, status):
    assert pb.fails(status, "serve", "--listen", address).err


def test_serve__listens_on_ipv6(serve):
    server = serve(where=["--listen", "[::1]:0"])
    port = int(server.listening[0].rpartition(":")[2])
    with socket.create_connection(("::1", port), timeout=20) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: [::1]\r\nConnection: close\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 200")


HAND_OVER = """
import os, socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen()
os.dup2(s.fileno(), 3)
os.set_inheritable(3, True)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_serve__listens_on_sockets_that_systemd_hands_over(pb):
    process = subprocess.Popen(
        [sys.executable, "-c", HAND_OVER, pb.program, "serve"], env=pb.environment(),
        cwd=pb.work, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    pb.started.append(process)
    said = process.stdout.readline()
    with socket.create_connection(("127.0.0.1", int(said.rpartition(":")[2])), timeout=20) as sock:
        sock.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b"200 OK" in sock.recv(1000)


def test_serve__tells_systemd_when_it_is_ready(serve, pb):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told:
        told.bind(str(pb.base / "notify"))
        told.settimeout(20)
        serve(env={"NOTIFY_SOCKET": pb.base / "notify"})
        assert told.recv(100) == b"READY=1"


# Whom it lets in.

@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("LOCALHOST:1234", 200), ("127.0.0.1", 200), ("[::1]:9", 200),
    ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403),
    ("", 403), ("localhost:", 403), ("localhost:0", 403), ("localhost:99999", 403),
    ("user@localhost", 403), ("[::1", 403), ("0.0.0.0", 403), ("2130706433", 403)])
def test_host__is_one_of_ours(served, host, status):
    said = served.raw(f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    assert said.startswith(f"HTTP/1.1 {status} "), said


def test_host__by_another_name_that_was_given(serve):
    server = serve("--name", "ports.example")
    said = server.raw("GET /healthz HTTP/1.1\r\nHost: Ports.Example\r\nConnection: close\r\n\r\n")
    assert said.startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("origin, status", [
    ("http://localhost:5173", 200), ("https://127.0.0.1", 200), ("null", 403),
    ("http://evil.example", 403), ("http://localhost.evil.example", 403), ("file://", 403),
    ("", 403), ("http://localhost@evil.example", 403)])
def test_origin__is_of_this_machine(served, origin, status):
    answer = served.ask("GET", "/healthz", headers={"Origin": origin}, over="tcp")
    assert answer.status == status
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_preflight__is_never_answered_with_leave(served):
    for path in ("/api/v1/projects", "/mcp"):
        for origin, status in (("http://evil.example", 403), ("null", 403),
                               ("http://localhost:5173", 415)):
            answer = served.ask("OPTIONS", path, headers={
                "Origin": origin, "Access-Control-Request-Method": "POST",
                "Content-Type": "text/plain", "Access-Control-Request-Headers": "authorization"},
                over="tcp")
            assert answer.status == status, answer
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_page_of_another_site__is_refused(served):
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert served.ask("GET", "/healthz", headers=headers, over="tcp").status == 403


@pytest.mark.parametrize("kind", [
    "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx",
    "text/plain, application/json", None])
def test_body__of_a_type_that_any_page_may_send_is_refused(served, kind, pb):
    connection = served.connection("tcp")
    headers = {} if kind is None else {"Content-Type": kind}
    connection.request("POST", "/api/v1/projects", '{"projectName":"shop"}', headers)
    assert connection.getresponse().status == 415
    assert "shop" not in pb.ok("project", "list")


@pytest.mark.parametrize("headers", [
    "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    "Host: localhost\r\nContent-Length: 2\r\n",
    "Content-Length: 2\r\nContent-Length: 3\r\n"])
def test_headers__that_can_be_read_in_two_ways_are_refused(served, headers):
    said = served.raw("POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\n"
                      f"Content-Type: application/json\r\n{headers}\r\n{{}}")
    assert said.startswith("HTTP/1.1 400 ") and said.count("HTTP/1.1") == 1, said
    assert "connection: close" in said.lower()


def test_body__that_is_too_long_is_refused(served):
    answer = served.ask("POST", "/api/v1/projects", b" " * (1 << 20) + b"{}")
    assert answer.status == 413
    answer = served.ask("POST", "/api/v1/import", b" " * (1 << 20) + b"{}")
    assert answer.status == 400, answer


def test_body__in_chunks_is_taken(served):
    said = served.raw("POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                      "Content-Type: application/json; charset=utf-8\r\n"
                      "Transfer-Encoding: chunked\r\n\r\n"
                      '9\r\n{"project\r\nd\r\nName":"shop"}\r\n0\r\n\r\n')
    assert said.startswith("HTTP/1.1 201 "), said


def test_headers__longer_than_a_connection_has_room_for_are_refused(served):
    answer = served.ask("GET", "/healthz", headers={"X": "y" * 60000}, over="tcp")
    assert answer.status in (413, 431), answer


def test_connection__is_kept_and_knows_nothing_of_the_request_before(served):
    connection = served.connection("tcp")
    for n in range(3):
        made = served.ask("POST", "/api/v1/projects", {"projectName": f"p{n}"},
                          connection=connection)
        assert made.json["project"]["projectName"] == f"p{n}"
    assert len(served.ask("GET", "/api/v1/projects", connection=connection).json["projects"]) == 4


def test_audit_every__notes_what_is_seen(serve, pb):
    pb.ok("project", "add", "shop")
    pb.ok("get", "shop/web")
    server = serve("--audit-every", "1s")
    looks = 0
    while looks < 2:
        services = server.ok("GET", "/api/v1/uptime?projectName=shop&serviceName=web")["services"]
        looks = services[0]["looks"]
    server.stop()


def test_audit_every__is_a_time(pb):
    assert "x" in pb.fails(2, "serve", "--audit-every", "x").err


# What it survives, and how it ends.

def test_slow_client__does_not_hold_up_others(served):
    slow = []
    for n in range(50):
        sock = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        sock.sendall(b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Le"[:10 + n])
        slow.append(sock)
    assert served.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)
    for sock in slow:
        sock.close()


def test_junk__is_survived(served):
    dice = random.Random(1)
    starts = [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n", b"POST /api/v1/import HTTP/1.1\r\n"
              b"Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n"]
    for n in range(60):
        with socket.create_connection(("127.0.0.1", served.port), timeout=20) as sock:
            try:
                sock.sendall(dice.choice(starts) + dice.randbytes(dice.randrange(1, 20000)))
            except OSError:
                pass  # it has had enough, and closed
    assert served.ask("GET", "/healthz").status == 200


def test_clients__that_go_away_are_survived(served):
    for n in range(20):
        sock = socket.create_connection(("127.0.0.1", served.port), timeout=20)
        body = b'{"projectName":"p%d"}' % n
        sock.sendall(b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                     b"application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    assert served.ask("GET", "/healthz").status == 200
    served.stop()


def test_term__ends_it_while_connections_are_idle(served):
    connections = [served.connection("tcp") for n in range(5)]
    for connection in connections:
        assert served.ask("GET", "/healthz", connection=connection).status == 200
    served.stop()


def hammer(server, worker, answered, stop):
    """Allocate without pause; note what was answered."""
    connection = server.connection("tcp")
    n = 0
    while not stop.is_set():
        try:
            name = f"s{worker}-{n}"
            connection.request("PUT", f"/api/v1/projects/shop/services/{name}", "{}", JSON)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status == 201:
                answered[name] = body
            n += 1
        except OSError:
            return
        except Exception:  # http.client's own, when the server has gone
            return


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_end__under_load_loses_nothing_that_was_answered(shop, pb, how):
    answered, stop = {}, threading.Event()
    workers = [threading.Thread(target=hammer, args=(shop, w, answered, stop)) for w in range(4)]
    for worker in workers:
        worker.start()
    while len(answered) < 40:
        assert any(w.is_alive() for w in workers)
        stop.wait(0.01)
    shop.process.send_signal(how)
    for worker in workers:
        worker.join()
    stop.set()
    assert shop.process.wait(timeout=20) == (0 if how == signal.SIGTERM else -how)
    entered = {p["serviceName"] for p in pb.json("list", "--project", "shop")["ports"]}
    assert entered >= set(answered), "answered, and not in the book"


def test_idle_connections__are_many(serve, pb):
    server = Served(pb)
    idle = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for n in range(300)]
    assert server.ask("GET", "/healthz").status == 200
    for sock in idle:
        sock.close()
