"""What a client may take of a server, and that others have the rest."""

import json
import os
import random
import socket
import ssl
import threading

import pytest

from serving import JSON

HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
STATUS = b"GET /api/v1/check HTTP/1.1\r\nHost: localhost\r\n\r\n"


def connect(server, over="tcp"):
    """A connection over which bytes go as they are."""
    if over == "unix":
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(20)
        sock.connect(server.unix)
        return sock
    port = server.port if over == "tcp" else server.tls_port
    sock = socket.create_connection(("127.0.0.1", port), timeout=20)
    if over != "tls":
        return sock
    return ssl.create_default_context(cafile=str(server.certificate)).wrap_socket(
        sock, server_hostname="ports.example")


def is_closed(sock, trickle=b"", pause=0.1):
    """Wait until the server closes; meanwhile it is sent a byte now and then."""
    sock.settimeout(pause)
    left = iter(trickle)
    while True:
        try:
            if not sock.recv(65536):
                return True
        except TimeoutError:
            byte = next(left, None)
            if byte is not None:
                sock.send(bytes([byte]))
        except OSError:
            return True


def read_all(sock):
    got = b""
    try:
        while piece := sock.recv(65536):
            got += piece
    except ConnectionResetError:
        pass
    return got


# Requests.

def test_rate__more_is_answered_with_when_to_come_again(serve):
    server = serve("--max-rate", "1")
    with connect(server) as sock:
        sock.sendall(STATUS * 49 + STATUS[:-2] + b"Connection: close\r\n\r\n")
        got = read_all(sock)
    assert got.count(b"HTTP/1.1 405 ") >= 2, "two seconds are saved up"
    assert got.count(b"HTTP/1.1 429 ") >= 40 and got.count(b"Retry-After: ") >= 40
    answer = server.ask("GET", "/api/v1/status", over="tcp")
    while answer.status == 200:  # a loaded machine may have let a second go by
        answer = server.ask("GET", "/api/v1/status", over="tcp")
    assert answer.status == 429 and answer.json["code"] == "busy"
    assert 1 <= int(answer.headers["Retry-After"]) <= 2
    assert server.ask("GET", "/api/v1/status").status == 200, "on the socket it is another"


def test_rate__is_of_a_token_and_wrong_ones_are_of_an_address(serve, pb, token):
    first, second = token("first"), token("second")
    server = serve("--tokens", pb.base / "tokens", "--max-rate", "1")

    def statuses(headers, over="tcp"):
        connection = server.connection(over)
        return {server.ask("GET", "/api/v1/status", headers=headers, connection=connection).status
                for n in range(30)}

    assert statuses(first) == {200, 429}
    assert server.ask("GET", "/api/v1/status", headers=second, over="unix").status == 200
    assert statuses({"Authorization": "Bearer portbook_0"}) == {401, 429}


@pytest.mark.parametrize("option, value", [
    ("--max-rate", "0"), ("--max-rate", "x"), ("--max-rate", "-1"), ("--max-connections", "none"),
    ("--max-client-connections", "1000001"), ("--header-timeout", "soon"), ("--body-timeout", "0s")])
def test_limit__that_is_none_is_refused(pb, option, value):
    assert pb.fails(2, "serve", "--listen", "127.0.0.1:0", option, value).err


# Connections.

def test_connections__of_one_client_are_limited(serve):
    server = serve("--max-client-connections", "3")
    mine = [connect(server) for n in range(3)]
    for sock in mine:
        sock.sendall(HEALTH)
        assert sock.recv(12) == b"HTTP/1.1 200"
    with connect(server) as fourth:
        assert is_closed(fourth)
    assert server.ask("GET", "/healthz", over="unix").status == 200
    mine.pop().close()
    while True:
        with connect(server) as sock:
            try:
                sock.sendall(HEALTH)
                if sock.recv(12):
                    break
            except OSError:
                pass  # the server has not noticed yet that one has gone
    for sock in mine:
        sock.close()


def test_connections__of_ipv4_are_of_their_own_address_on_a_socket_of_ipv6(serve, pb, certificate,
                                                                          token):
    token("ci")
    server = serve("--max-client-connections", "1", "--tokens", pb.base / "tokens", "--tls-cert",
                   certificate[0], "--tls-key", certificate[1], where=["--listen", "[::]:0"])
    server.certificate = certificate[0]
    with connect(server, "tls") as mine:
        mine.sendall(HEALTH)
        assert mine.recv(12) == b"HTTP/1.1 200"
        with connect(server, "far") as second:
            assert is_closed(second)
        with socket.create_connection(("127.0.0.1", server.tls_port), timeout=20,
                                      source_address=("127.0.0.2", 0)) as other:
            trusts = ssl.create_default_context(cafile=str(certificate[0]))
            assert trusts.wrap_socket(other, server_hostname="ports.example").version()


def test_connections__of_all_are_limited(serve):
    server = serve("--max-connections", "4")
    mine = [connect(server, over) for over in ("tcp", "unix", "tcp", "unix")]
    for sock in mine:
        sock.sendall(HEALTH)
        assert sock.recv(12) == b"HTTP/1.1 200"
    for over in ("tcp", "unix"):
        with connect(server, over) as sock:
            assert is_closed(sock)
    for sock in mine:
        sock.close()


# Time.

@pytest.mark.parametrize("over, sent, trickle", [
    ("tcp", b"", b""), ("tcp", b"", HEALTH[:-2] * 100), ("unix", b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 100),
    ("tcp", HEALTH, b"GET" + b"/" * 1000), ("handshake", b"", b""),
    ("handshake", b"\x16\x03\x01", b"\2" * 1000), ("tls", b"", HEALTH[:-2] * 100)])
def test_slow_headers__are_waited_for_so_long(far, over, sent, trickle):
    server = far("--header-timeout", "1s")
    with connect(server, "far" if over == "handshake" else over) as slow:
        slow.sendall(sent)
        assert is_closed(slow, trickle)
    assert server.ask("GET", "/healthz", over="tcp").status == 200


def test_slow_body__is_waited_for_so_long(serve):
    server = serve("--body-timeout", "1s")
    with connect(server) as slow:
        slow.sendall(b"POST /api/v1/projects HTTP/1.1\r\nHost: localhost\r\n"
                     b"Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{")
        assert is_closed(slow, b" " * 1000)
    assert server.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)


def test_slow_reader__is_waited_for_so_long(serve):
    """Who does not take its answers keeps its connection for a second, and then it is free."""
    server = serve("--body-timeout", "1s", "--max-client-connections", "1")
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(20)
        slow.connect(("127.0.0.1", server.port))
        slow.sendall(b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 60)
        while True:
            with connect(server) as sock:
                try:
                    sock.sendall(HEALTH)
                    if sock.recv(12):
                        break
                except OSError:
                    pass
        assert read_all(slow).count(b"HTTP/1.1 200") < 60


@pytest.mark.parametrize("sent", [
    STATUS, STATUS * 2, b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n"])
def test_client__that_ends_with_what_it_sends_is_not_waited_for(served, sent):
    with connect(served) as sock:
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        assert read_all(sock).count(b"HTTP/1.1 405") == sent.count(b"GET ")


# Sizes.

def test_json__that_nests_too_deep_is_refused(served):
    for depth in (65, 20000):
        body = '{"projectName":' + "[" * depth + "]" * depth + "}"
        assert served.ask("POST", "/api/v1/projects", body).status == 400
    assert served.ask("POST", "/mcp", "[" * 20000).status == 400


def test_json__with_a_nul_or_twice_the_same_key_is_refused(served):
    for body in ('{"projectName":"shop\\u0000x"}', '{"projectName":"a","projectName":"b"}',
                 b'{"projectName":"sh\0op"}', b'{"projectName":"\xff"}'):
        assert served.ask("POST", "/api/v1/projects", body).status == 400
    for name in ("ProjectName", "PROJECTNAME"):
        assert served.ask("POST", "/api/v1/projects", {name: "shop"}).status == 400
    assert served.ok("GET", "/api/v1/projects")["projects"][-1]["projectName"] == "shared-services"


# Junk.

JUNK = 3 << 20
STARTS = [b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n",
          b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          b"Content-Length: 60000\r\n\r\n",
          b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
          b"Transfer-Encoding: chunked\r\n\r\nea60\r\n"]


def send_junk(server, over, seed, done):
    """Some megabytes, over as many connections as it takes."""
    dice = random.Random(seed)
    sent = 0
    while sent < JUNK:
        try:
            with connect(server, over) as sock:
                junk = dice.choice(STARTS) + dice.randbytes(60000)
                sock.sendall(junk)
                sent += len(junk)
        except OSError:
            sent += 1000  # it has had enough, and closed
    done.append(over)


def memory_of(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return int(file.read().split("VmRSS:")[1].split()[0]) * 1024


def test_junk__on_every_socket_does_not_hold_up_others(far, token):
    server, ci = far(), token("ci")
    sanitized = "san" in os.environ.get("PORTBOOK", "")
    connections = {over: server.connection(over) for over in ("unix", "tcp", "tls")}
    done, answered = [], 0
    before = memory_of(server.process)
    senders = [threading.Thread(target=send_junk, args=(server, over, n, done)) for n, over in
               enumerate(("unix", "tcp", "far", "tls"))]
    for sender in senders:
        sender.start()
    while any(sender.is_alive() for sender in senders) or not answered:
        for over, connection in connections.items():
            path = f"/api/v1/projects/shop/services/s{answered}"
            connection.request("PUT", path, "{}", {**JSON, **(ci if over == "tls" else {})})
            reply = connection.getresponse()
            said = json.loads(reply.read())
            assert reply.status in (200, 201, 409) or (over, reply.status) == ("tls", 429), said
        answered += 1
    for sender in senders:
        sender.join()
    assert sorted(done) == ["far", "tcp", "tls", "unix"]
    assert sanitized or memory_of(server.process) - before < 24 << 20
    server.stop()
