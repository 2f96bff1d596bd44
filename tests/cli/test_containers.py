"""Containers are named by their engine, and a docker-proxy by whose port it passes on.

The engine is a stand-in on a socket of the test's own, and the docker-proxy a copy of python with
that name: no engine runs here. What one answers is of Docker 24, in tests/unit/observe.
"""

import json
import os
import shutil
import socket
import tempfile
import threading

import pytest

from servers import NOBODY, need_root

ID = "0123456789abcdef" * 4


def container(name, *ports, folder=None, service=None, of=ID):
    """As /containers/json has it; `ports` are (address, port)."""
    labels = {"com.docker.compose.project.working_dir": folder and str(folder),
              "com.docker.compose.service": service}
    return {"Id": of, "Names": [f"/{name}"],
            "Ports": [{"IP": address, "PrivatePort": 80, "PublicPort": int(port), "Type": "tcp"}
                      for address, port in ports],
            "Labels": {name: value for name, value in labels.items() if value}}


def answer_of(*containers):
    return b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + json.dumps(
        list(containers)).encode()


class Engine:
    """Answers whoever asks with the same bytes; None: never."""

    def __init__(self, path):
        self.path, self.asked, self.answer, self.held = path, [], answer_of(), []
        self.env = {"DOCKER_HOST": f"unix://{path}"}
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(path)
        os.chmod(path, 0o666)
        self.socket.listen()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while True:
            try:
                one, _ = self.socket.accept()
            except OSError:
                return
            if self.answer is None:
                self.held.append(one)
                continue
            with one:
                self.asked.append(one.recv(4096))
                try:
                    one.sendall(self.answer)
                except OSError:
                    pass  # whoever asked has heard enough

    def stop(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.socket.close()
        for one in self.held:
            one.close()


@pytest.fixture
def engine():
    # Rationale: a test's own folder may be too long for the address of a socket.
    with tempfile.TemporaryDirectory(prefix="pb-") as folder:
        os.chmod(folder, 0o755)
        started = Engine(f"{folder}/docker.sock")
        yield started
        started.stop()


@pytest.fixture
def proxy(pb, serve):
    """proxy(port, "127.0.0.1", user=UID): a docker-proxy that has the port; its pid."""
    program = pb.base / "programs" / "docker-proxy"
    program.parent.mkdir()
    shutil.copy("/usr/bin/python3", program)
    code = ("import socket, sys; s = socket.create_server((sys.argv[1], int(sys.argv[2])));"
            "print('listening', flush=True); sys.stdin.read()")

    def run(port, address="0.0.0.0", user=None):
        return serve(program, "-S", "-E", "-u", "-c", code, address, port, cwd="/", user=user)
    return run


@pytest.fixture
def row(answer, engine):
    """row(): the only listener, with what is said to stderr where it is not --json."""
    def run(**options):
        found, = answer("listeners", env=engine.env, **options)["listeners"]
        return found
    return run


def test_listeners__names_the_container_that_a_docker_proxy_serves(pb, project_dir, proxy, engine,
                                                                   row):
    shop = project_dir("shop")
    port = pb.ok("get", "db", cwd=shop)
    pid = proxy(port)
    engine.answer = answer_of(container("shop-db-1", ("0.0.0.0", port), folder=shop, service="db"),
                              container("blog-db-1", ("0.0.0.0", 9), of="f" * 64))
    said = row()
    assert (said["pid"], said["program"], said["container"]) == (pid, "docker-proxy", "shop-db-1")
    assert (said["projectName"], said["state"]) == ("shop", "in_use")
    assert said["reason"] == f"its container was started by compose in {shop}"
    assert engine.asked == [b"GET /containers/json HTTP/1.0\r\nHost: localhost\r\n\r\n"]
    shown = pb("listeners", env=engine.env, check=True)
    assert "shop-db-1" in shown.out and shown.err == ""


def test_audit__judges_a_proxy_by_its_container(pb, project_dir, proxy, engine, answer):
    shop, blog = project_dir("shop"), project_dir("blog")
    ports = {name: pb.ok("get", name, cwd=shop) for name in ("db", "cache", "queue")}
    pb.ok("get", "web", cwd=blog)
    pb.ok("get", "grid/db", "--create", "--meta", "container=grid-db-1")
    ports["grid"] = pb.ok("get", "grid/db")
    for port in ports.values():
        proxy(port)
    engine.answer = answer_of(
        container("shop-db-1", ("0.0.0.0", ports["db"]), folder=shop, of="1" * 64),
        container("blog-cache-1", ("0.0.0.0", ports["cache"]), folder=blog, of="2" * 64),
        container("grid-db-1", ("0.0.0.0", ports["grid"]), of="3" * 64))
    said = answer("audit", "--dry-run", "--fix-hint", status=1, env=engine.env)
    verdicts = {r["expected"]: r["verdict"] for r in said["conflicts"] + said["unverified"]}
    # Nobody tells of the queue's, and the web is down.
    assert verdicts == {"shop/cache": "squatted", "shop/queue": "unknown", "blog/web": "down"}
    actual = {r["expected"]: r["actual"] for r in said["conflicts"]}["shop/cache"]
    assert actual.startswith("container blog-cache-1 (pid ") and "cwd" not in actual, actual
    fixes = {r["expected"]: r["fix"] for r in said["conflicts"] + said["unverified"]}
    assert fixes["shop/cache"].splitlines() == [
        "stop the container: docker stop blog-cache-1",
        "publish it on a port of its own: portbook get blog/SERVICE"]
    assert fixes["shop/queue"] == ("say which container it is: portbook update shop/queue --meta "
                                   "container=NAME")
    assert len(engine.asked) == 1, "one question for all of them"


def test_get__passes_over_a_container_and_names_it(pb, project_dir, proxy, engine, answer):
    shop = project_dir("shop")
    pb.ok("project", "add", "shop", "--path", shop)
    first = int(pb.ok("get", "web", "--dry-run", cwd=shop))
    pid = proxy(first)
    engine.answer = answer_of(container("blog-db-1", ("0.0.0.0", first)))
    said = pb("get", "web", cwd=shop, env=engine.env, check=True)
    assert f"{first} was passed over: container blog-db-1 (pid {pid}, user " in said.err
    passed, = answer("allocate", "api", "--dry-run", cwd=shop, env=engine.env)["passedOver"]
    assert (passed["port"], passed["container"]) == (first, "blog-db-1")


def test_check__tells_two_addresses_of_one_port_apart(pb, proxy, engine, answer):
    proxy(4000, "127.0.0.2")
    engine.answer = answer_of(container("one", ("127.0.0.1", 4000), of="1" * 64),
                              container("two", ("127.0.0.2", 4000), of="2" * 64))
    said, = answer("check", "4000", status=1, env=engine.env)["ports"]
    assert "container two (pid " in said["message"]


def test_adopt__enters_a_container_for_the_folder_of_its_compose_file(pb, project_dir, proxy,
                                                                      engine, answer):
    shop = project_dir("shop")
    proxy(4000)
    engine.answer = answer_of(container("shop-cache-1", ("0.0.0.0", 4000), folder=shop,
                                        service="redis-cache"))
    said = answer("adopt", "--dry-run", env=engine.env)
    assert [(p["port"], p["projectName"], p["serviceName"]) for p in said["ports"]] == [
        (4000, "shop", "redis-cache")]


def test_free__names_the_container_to_stop(pb, proxy, engine):
    proxy(4000)
    engine.answer = answer_of(container("shop-db-1", ("0.0.0.0", 4000)))
    refused = pb.fails(6, "free", "4000", "--yes", env=engine.env)
    assert "stop the container: docker stop shop-db-1" in refused.err


def test_listeners__an_ordinary_user_is_told_of_the_container_behind_roots_proxy(
        pb, proxy, engine, row):
    need_root()
    proxy(4000)
    engine.answer = answer_of(container("shop-db-1", ("0.0.0.0", 4000)))
    said = row(user=NOBODY)
    assert (said["pid"], said["container"], said["partlyKnown"]) == (None, "shop-db-1", True)
    said = pb("check", "4000", env=engine.env, user=NOBODY)
    assert "container shop-db-1 (user root)" in said.out + said.err
    pb.fails(6, "free", "4000", "--yes", env=engine.env, user=NOBODY)


def test_listeners__asks_no_engine_where_there_is_no_container(pb, bound, elsewhere, engine, row):
    bound(4000, cwd=elsewhere)
    assert row()["container"] is None
    assert pb("check", "4000", env=engine.env).code == 1
    pb.ok("audit", "--dry-run", env=engine.env)
    assert engine.asked == []


@pytest.mark.parametrize("said_by_engine, why", [
    (None, "it does not answer"),
    (b"SSH-2.0-OpenSSH_9.2p1\r\n", "the answer is none of HTTP"),
    (b"HTTP/1.0 403 Forbidden\r\n\r\n{}", "it answers with status 403"),
    (b"HTTP/1.0 200 OK\r\nContent-Length: 99\r\n\r\n[", "the answer was cut short"),
])
def test_listeners__says_why_names_are_missing(pb, proxy, engine, said_by_engine, why):
    proxy(4000)
    engine.answer = said_by_engine
    said = pb("listeners", env=engine.env, check=True)
    assert "docker-proxy" in said.out
    assert (f"containers are shown without their names: '{engine.path}' cannot be asked: {why}"
            in said.err)


def test_listeners__says_that_the_engine_lets_nobody_in(pb, proxy, engine):
    need_root()
    proxy(4000, user=NOBODY)
    os.chmod(engine.path, 0o600)
    said = pb("listeners", env=engine.env, user=NOBODY, check=True)
    assert f"'{engine.path}' cannot be asked: Permission denied" in said.err
    assert pb("listeners", env=engine.env, check=True).err == "", "root may, and is told of none"


def test_listeners__an_engine_that_is_not_there_is_not_missed(pb, proxy, engine):
    proxy(4000)
    for host in ("unix:///nowhere/docker.sock", "tcp://127.0.0.1:9", "unix://docker.sock", ""):
        assert pb("listeners", env={"DOCKER_HOST": host}, check=True).err == ""
    engine.stop()
    said = pb("listeners", env=engine.env, check=True)
    assert "cannot be asked: Connection refused" in said.err
