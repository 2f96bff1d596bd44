"""Who may ask: tokens, TLS, the machine's own users."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess

import pytest

from serving import make_certificate
from test_mcp import call

SERVICE = "/api/v1/projects/{}/services/{}"


def actors(server):
    return [e["actor"] for e in server.ok("GET", "/api/v1/history?limit=200")["events"]]


def wait_for(process, words):
    """The line of its stderr with these words; what else it says of this machine is passed over."""
    for line in iter(process.stderr.readline, ""):
        if words in line:
            return line
    raise AssertionError(f"it ended, and did not say: {words}")


# Addresses that other machines reach.

def test_listen__for_others_says_what_is_missing(pb, certificate, token):
    token("ci")
    cert, key = certificate
    tls, tokens = ["--tls-cert", cert, "--tls-key", key], ["--tokens", pb.base / "tokens"]
    for options, missing in (([], "--tokens FILE with --tls-cert"), (tokens, "--tls-cert"),
                             (tls, "--tokens")):
        for address in ("0.0.0.0:0", "[::]:0"):
            result = pb.fails(6, "serve", "--listen", address, *options)
            assert "can be reached by other machines" in result.err and missing in result.err
            assert "unix:PATH" in result.err


def test_tls__is_of_1_2_at_least(far):
    server = far()
    for version, ok in (("-tls1", False), ("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)):
        run = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}",
                              "-cipher", "ALL@SECLEVEL=0", version], input="", text=True,
                             capture_output=True, check=False)
        assert (run.returncode == 0) == ok, (version, run.stdout[-500:])
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=20) as plain:
        plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert not plain.recv(100).startswith(b"HTTP")


@pytest.mark.parametrize("break_it, says", [
    (lambda cert, key: cert.unlink(), "the certificate '{cert}'"),
    (lambda cert, key: key.unlink(), "the key '{key}'"),
    (lambda cert, key: cert.write_text("x"), "'{cert}' is no certificate"),
    (lambda cert, key: key.write_text("x"), "'{key}' is no key"),
    (lambda cert, key: key.write_text(""), "the key '{key}' is empty"),
    (lambda cert, key: key.write_text(make_certificate(key.parent, "other")[1].read_text()),
     "the key '{key}' is not that of '{cert}'")])
def test_tls__files_that_are_none_are_named(pb, certificate, token, break_it, says):
    token("ci")
    cert, key = certificate
    break_it(cert, key)
    result = pb("serve", "--listen", "0.0.0.0:0", "--tokens", pb.base / "tokens", "--tls-cert", cert,
                "--tls-key", key)
    assert result.code in (1, 2) and says.format(cert=cert, key=key) in result.err, result


def test_tls__a_key_that_all_may_read_is_told(pb, certificate, token):
    token("ci")
    cert, key = certificate
    key.chmod(0o644)
    process = pb.start("serve", "--listen", "0.0.0.0:0", "--tokens", pb.base / "tokens",
                       "--tls-cert", cert, "--tls-key", key)
    assert process.stdout.readline().startswith("listening on https://0.0.0.0:")
    assert wait_for(process, f"everyone on this machine may read the key '{key}'")


def serial_of(server):
    with socket.create_connection(("127.0.0.1", server.tls_port), timeout=20) as sock:
        context = ssl._create_unverified_context()  # which certificate is asked, not whose
        with context.wrap_socket(sock) as tls:
            return tls.getpeercert(binary_form=True)


def test_tls__certificate_is_read_anew_on_hup_and_connections_stay(far, pb, certificate, token):
    server, ask = far(), token("ci")
    open_one = server.connection("tls")
    assert server.ask("GET", "/api/v1/status", headers=ask, connection=open_one).status == 200
    before = serial_of(server)
    for old, new in zip(certificate, make_certificate(pb.base, "new")):
        old.write_text(new.read_text())
    server.process.send_signal(signal.SIGHUP)
    while serial_of(server) == before:
        pass
    assert server.ask("GET", "/api/v1/status", headers=ask, connection=open_one).status == 200
    certificate[1].write_text("no key")
    after = serial_of(server)
    server.process.send_signal(signal.SIGHUP)
    assert str(certificate[1]) in wait_for(server.process, "what was read before stays in use")
    assert serial_of(server) == after
    server.stop()


@pytest.mark.parametrize("host, status", [
    ("ports.example", 200), ("PORTS.example:1", 200), ("10.9.9.9:9000", 200), ("[::1]", 200),
    ("evil.example", 403), ("ports.example.evil", 403), ("10.9.9.8", 403), ("", 403)])
def test_host__by_tls_is_a_name_of_the_certificate(far, host, status):
    server = far()
    assert server.ask("GET", "/healthz", headers={"Host": host}, over="tls").status == status


# Tokens.

def test_token__is_needed_from_elsewhere(far, token):
    server, right = far(), token("ci")
    secret = right["Authorization"].split()[1]
    for wrong in (None, "Bearer", "Bearer ", f"Bearer {secret}x", f"Bearer {secret[:-1]}",
                  f"Basic {secret}", secret, f"Bearer {secret.upper()}"):
        headers = {} if wrong is None else {"Authorization": wrong}
        for method, path in (("GET", "/api/v1/status"), ("GET", "/metrics"), ("GET", "/mcp"),
                             ("POST", "/mcp"), ("POST", "/mcp/meta/list_ports"),
                             ("GET", "/api/v1/events"), ("GET", "/nowhere"),
                             ("POST", "/api/v1/operations/list")):
            answer = server.ask(method, path, "{}" if method == "POST" else None, headers=headers,
                                over="tls")
            assert answer.status == 401, (wrong, path, answer)
            assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="portbook"')
            assert ("invalid_token" in answer.headers["WWW-Authenticate"]) == bool(headers)
    for fine in (right, {"Authorization": f"bearer   {secret}"}):
        assert server.ask("GET", "/api/v1/status", headers=fine, over="tls").status == 200


def test_token__is_not_needed_to_hear_that_the_server_runs(far):
    server = far()
    for path, status in (("/healthz", 200), ("/readyz", 200),
                         ("/.well-known/oauth-protected-resource", 404),
                         ("/.well-known/oauth-authorization-server/mcp", 404)):
        assert server.ask("GET", path, over="tls").status == status


def test_token__that_is_bound_changes_only_its_projects(far, token):
    server, ci = far(), token("ci", "--project", "shop")
    asked = {"headers": ci, "over": "tls"}
    server.ok("PUT", SERVICE.format("shop", "web"), {}, status=201, **asked)
    server.ok("PUT", SERVICE.format("bank", "web"), {}, status=201)
    for method, path, body in (
            ("PUT", SERVICE.format("bank", "api"), {}), ("POST", SERVICE.format("bank", "web"), {}),
            ("DELETE", SERVICE.format("bank", "web"), None), ("DELETE", "/api/v1/allocations/3200", None),
            ("PATCH", "/api/v1/allocations/3200", {"description": "mine"}),
            ("POST", SERVICE.format("shop", "web") + "/move", {"toProjectName": "bank"}),
            ("PATCH", "/api/v1/projects/bank", {"owner": "me"}),
            ("POST", "/api/v1/projects", {"projectName": "x"}),
            ("POST", "/api/v1/reservations", {"ports": "7000", "reason": "x"}),
            ("PUT", "/api/v1/policy", {"name": "types"}), ("POST", "/api/v1/undo", {}),
            ("POST", "/api/v1/import", {"content": "x"}),
            ("POST", "/api/v1/cleanup", {"dryRun": False}),
            ("POST", "/api/v1/operations/release", {"port": 3200})):
        answer = server.ask(method, path, body, **asked)
        assert answer.status == 403, (path, answer)
        assert "the token 'ci' may change only 'shop'" in answer.bytes.decode()
    arguments = {"projectName": "bank", "serviceName": "api"}
    said = call(server, "get-port", arguments, **asked)
    assert said["isError"] and "only 'shop'" in said["content"][0]["text"]
    old = server.ask("POST", "/mcp/meta/allocate_port", arguments, **asked)
    assert old.status == 403 and "only 'shop'" in old.json["error"]["message"]
    assert call(server, "get-port", {"projectName": "shop", "serviceName": "web"}, headers=ci,
                over="tls")["structuredContent"]["port"] == 3100
    assert server.ok("GET", "/api/v1/projects/bank", **asked)["success"]
    assert [a for a in actors(server) if a == "token ci"]
    assert len(server.ok("GET", "/api/v1/allocations")["ports"]) == 2


def test_token__that_only_reads_changes_nothing(far, token):
    server, look = far(), token("look", "--read-only")
    before = len(actors(server))
    asked = {"headers": look, "over": "tls"}
    server.ok("PUT", SERVICE.format("shop", "web"), {}, status=201)
    assert server.ok("PUT", SERVICE.format("shop", "web"), {}, **asked)["port"] == 3100
    said = server.problem(403, "not-permitted", "PUT", SERVICE.format("shop", "api"), {}, **asked)
    assert "the token 'look' may only read" in said["detail"] and said["hint"]
    assert server.ok("POST", "/api/v1/audit", {}, **asked)["success"]
    assert len(actors(server)) == before + 2  # the service, and its instance


def test_token__decides_whatever_it_comes_over(far, token):
    """A proxy may pass it on, over a socket that knows the proxy alone."""
    server, look = far(), token("look", "--read-only")
    for over in ("unix", "tcp", "tls"):
        server.problem(403, "not-permitted", "PUT", SERVICE.format("shop", "web"), {}, headers=look,
                       over=over)
        bad = {"Authorization": "Bearer portbook_x"}
        assert server.ask("GET", "/api/v1/status", headers=bad, over=over).status == 401


def test_token__that_is_removed_is_not_good_any_more_and_a_new_one_is(far, pb, token):
    server, first = far(), token("first")
    connection = server.connection("tls")
    assert server.ask("GET", "/api/v1/status", headers=first, connection=connection).status == 200
    pb.ok("token", "remove", "first", "--tokens", pb.base / "tokens")
    assert server.ask("GET", "/api/v1/status", headers=first, connection=connection).status == 401
    assert server.ask("GET", "/api/v1/status", headers=token("second"), over="tls").status == 200


def test_token__that_is_removed_ends_its_streams(far, pb, token):
    server, first, second = far(), token("first"), token("second")
    streams = []
    for headers in (first, second):
        connection = server.connection("tls")
        connection.request("GET", "/api/v1/events", headers=headers)
        streams.append(connection.getresponse())
        assert streams[-1].readline().startswith(b"retry")
    pb.ok("token", "remove", "first", "--tokens", pb.base / "tokens")
    with pytest.raises((http.client.IncompleteRead, OSError)):
        streams[0].read()  # to an end that is none of the stream's own
    server.ok("PUT", SERVICE.format("shop", "web"), {}, status=201)
    while not streams[1].readline().startswith(b"event"):
        pass


def test_token__file_that_is_broken_lets_nobody_in_until_it_is_mended(far, pb, token):
    server, ci = far(), token("ci")
    path = pb.base / "tokens"
    whole = path.read_text()
    path.write_text(whole + "ci2 sha256:zz\n")
    for n in range(2):
        said = server.problem(503, "io", "GET", "/api/v1/status", headers=ci, over="tls")
        assert str(path) not in json.dumps(said)
    line = whole.count("\n") + 1
    assert wait_for(server.process, f"{path}:{line}: ")
    path.write_text(whole)
    assert server.ask("GET", "/api/v1/status", headers=ci, over="tls").status == 200
    path.chmod(0o622)
    assert server.ask("GET", "/api/v1/status", headers=ci, over="tls").status == 503


def test_tokens__that_others_may_write_are_refused_at_the_start(pb, token):
    token("ci")
    (pb.base / "tokens").chmod(0o660)
    result = pb.fails(6, "serve", "--listen", "127.0.0.1:0", "--tokens", pb.base / "tokens")
    assert "chmod go-w" in result.err


def test_folder__is_not_one_of_another_machine(far, token):
    server, ci = far(), token("ci")
    asked = {"headers": ci, "over": "tls"}
    said = server.problem(403, "not-permitted", "POST", "/api/v1/check", {"ports": "1", "path": "/"},
                          **asked)
    assert "'path'" in said["detail"]
    said = call(server, "get-port", {"projectName": "shop", "serviceName": "web", "path": "/tmp"},
                headers=ci, over="tls")
    assert said["isError"] and "'path'" in said["content"][0]["text"]
    # A portbook that asks for its user sends its directory each time.
    assert server.ok("POST", "/api/v1/operations/get", {"projectName": "shop", "serviceName": "web",
                                                        "path": "/home/eva"}, **asked)["port"] == 3100


# The loopback.

def test_loopback__needs_no_token_unless_it_is_told_to(far, serve, pb, token):
    server = far()
    assert server.ask("GET", "/api/v1/status", over="tcp").status == 200
    server.stop()
    server = serve("--tokens", pb.base / "tokens", "--require-token")
    assert server.ask("GET", "/api/v1/status", over="tcp").status == 401
    assert server.ask("GET", "/api/v1/status", over="unix").status == 200
    assert server.ask("GET", "/api/v1/status", headers=token("ci"), over="tcp").status == 200
    assert "--tokens" in pb.fails(2, "serve", "--require-token").err


@pytest.mark.parametrize("headers", [
    {"X-Forwarded-For": "10.1.1.1"}, {"Forwarded": "for=10.1.1.1"}, {"Host": "ports.example"}])
def test_loopback__what_a_proxy_passes_on_needs_a_token(far, serve, token, headers):
    server = far("--name", "ports.example")
    assert server.ask("GET", "/api/v1/status", headers=headers, over="tcp").status == 401
    with_token = {**headers, **token("ci")}
    assert server.ask("GET", "/api/v1/status", headers=with_token, over="tcp").status == 200
    server.stop()
    # Without tokens it is the proxy that asks who it is.
    server = serve("--name", "ports.example")
    assert server.ask("GET", "/api/v1/status", headers=headers, over="tcp").status == 200


def ask_from(address, port):
    with socket.create_connection(("127.0.0.1", port), timeout=20,
                                  source_address=(address, 0)) as sock:
        sock.sendall(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return sock.recv(12)


def test_loopback__is_for_who_comes_from_it(serve, far):
    """As where packets from outside are led to 127.0.0.1 by rules of the machine."""
    subprocess.run(["ip", "address", "add", "10.9.9.9/32", "dev", "lo"], check=True)
    server = far()
    assert ask_from("10.9.9.9", server.port) == b"HTTP/1.1 401"
    assert ask_from("127.0.0.2", server.port) == b"HTTP/1.1 200"
    server.stop()
    assert ask_from("10.9.9.9", serve().port) == b"HTTP/1.1 403"


# The users of this machine.

@pytest.fixture
def shared_book(pb, serve):
    """A book of root's that a group may write, as `setup --machine` makes it, and its server."""
    if os.environ["PORTBOOK_TESTS_WERE_ROOT"] != "1":
        pytest.skip("only root can ask as another user")
    folder = pb.base / "shared"
    folder.mkdir(mode=0o755)
    book = folder / "book.db"
    pb.ok("project", "add", "shop", "--book", book)
    for file in folder.iterdir():
        os.chown(file, 0, 61099)
        file.chmod(0o664)
    server = serve("--book", book)
    os.chmod(server.unix, 0o666)
    return server


def curl_as(server, uid, gid, groups, method, path, body=None):
    words = ["setpriv", "--reuid", str(uid), "--regid", str(gid),
             *(["--groups", ",".join(map(str, groups))] if groups else ["--clear-groups"]),
             "curl", "-s", "-w", "\n%{http_code}", "-X", method, "--unix-socket", server.unix,
             f"http://localhost{path}"]
    if body is not None:
        words += ["-H", "Content-Type: application/json", "-d", json.dumps(body)]
    text, _, status = subprocess.run(words, capture_output=True, text=True, check=True,
                                     cwd="/").stdout.rpartition("\n")
    return int(status), json.loads(text)


def test_machine__who_is_not_in_the_books_group_only_reads(shared_book, pb):
    path = SERVICE.format("shop", "web")
    for uid, gid, groups, status in ((61001, 61001, [], 403), (61002, 61002, [61099], 201),
                                     (61003, 61099, [], 200)):
        assert curl_as(shared_book, uid, gid, groups, "PUT", path, {})[0] == status, uid
    status, said = curl_as(shared_book, 61001, 61001, [], "DELETE", path)
    assert status == 403 and "uid 61001 may only read" in said["detail"] and "group" in said["hint"]
    assert curl_as(shared_book, 61001, 61001, [], "GET", "/api/v1/projects/shop")[0] == 200
    assert "uid 61002" in actors(shared_book)
    # By the command, which sends its folder each time.
    status, said = curl_as(shared_book, 61001, 61001, [], "POST", "/api/v1/operations/list",
                           {"projectName": "shop", "path": "/root"})
    assert status == 200 and said["ports"][0]["port"] == 3100
    status, said = curl_as(shared_book, 61001, 61001, [], "POST", "/api/v1/operations/where",
                           {"path": "/root"})
    assert status == 403 and "has no folder here" in said["error"]["message"]


def test_machine__the_loopback_only_reads_as_nobody_is_known_there(shared_book):
    said = shared_book.problem(403, "not-permitted", "PUT", SERVICE.format("shop", "web"), {},
                               over="tcp")
    assert "someone at 127.0.0.1 may only read" in said["detail"] and "socket" in said["hint"]
    assert shared_book.ok("GET", "/api/v1/projects/shop", over="tcp")["success"]
