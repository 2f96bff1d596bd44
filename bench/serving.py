"""`portbook serve` and its peers: the part `serve` of bench/run."""

import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 64
# The blocks of the default policy, of both protocols: room for 120,000 new services.
PROJECTS = 600
IDLE = 10000
NGINX = """
worker_processes auto; daemon off; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 1024; }}
http {{
    access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
    default_type application/json;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A program that listens, until the end of the block."""

    def __init__(self, command, port, **how):
        self.port = port
        self.started = time.perf_counter()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, **how)

    def __enter__(self):
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except ConnectionRefusedError:
                if self.process.poll() is not None:
                    raise RuntimeError(f"{self.process.args[0]} has ended") from None
                time.sleep(0.01)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def peak_mib(self):
        return memory_mib(self.process.pid, "VmHWM")

    def wrk(self, seconds, *words):
        """What wrk says: {name: number}; the same command whoever is asked."""
        done = subprocess.run(
            ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", f"{HERE}/serve.lua",
             f"http://127.0.0.1:{self.port}", "--", *map(str, words)],
            text=True, stdout=subprocess.PIPE, check=True)
        said = dict(re.findall(r"^(requests_per_s|refused) (\S+)$", done.stdout, re.M))
        assert said["refused"] == "0", done.stdout
        return float(said["requests_per_s"])

    def post(self, message, **headers):
        """The answer to a message at /mcp, and its headers."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/mcp", json.dumps(message).encode(),
            {"Content-Type": "application/json",
             "Accept": "application/json, text/event-stream", **headers})
        with urllib.request.urlopen(request) as answer:
            text = answer.read().decode()
            events = re.findall(r"^data: (.+)$", text, re.M)
            return json.loads(events[-1] if events else text or "null"), answer.headers


def memory_mib(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(rf"{name}:\s+(\d+)", status.read())[1]) / 1024


def portbook(program, book):
    port = free_port()
    return Server([program, "serve", "--book", book, "--listen", f"127.0.0.1:{port}"], port)


def copy_of(book):
    """A book of its own for a server that writes; nobody has it open."""
    for path in (f"{book}-new", f"{book}-new-wal", f"{book}-new-shm", f"{book}-new-queue"):
        if os.path.exists(path):
            os.unlink(path)
    return shutil.copy(book, f"{book}-new")


# Reading.


def write_files(server, folder):
    """What the server answers, as files of the same paths."""
    files = os.path.join(folder, "files")
    for n in range(PROJECTS):
        path = f"/api/v1/projects/p{n}/services/s{n * 10 % 100:02d}"
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}") as answer:
            os.makedirs(os.path.dirname(files + path), exist_ok=True)
            with open(files + path, "wb") as file:
                file.write(answer.read())


def nginx(folder):
    port = free_port()
    with open(os.path.join(folder, "nginx.conf"), "w", encoding="ascii") as file:
        file.write(NGINX.format(folder=folder, port=port))
    # Its workers are another user's.
    for path in (os.path.dirname(folder), folder):
        os.chmod(path, 0o755)
    return Server(["nginx", "-c", f"{folder}/nginx.conf"], port, stderr=subprocess.DEVNULL)


def read_round(program, book, folder, seconds):
    with portbook(program, book) as server:
        if not os.path.exists(os.path.join(folder, "files")):
            write_files(server, folder)
        ours = server.wrk(seconds, "get", PROJECTS)
    with nginx(folder) as server:
        return {"ours": ours, "peer": server.wrk(seconds, "get", PROJECTS)}


# Writing.


def write_round(program, book, folder, seconds, measure):
    own = os.path.join(folder, "inserts")
    shutil.rmtree(own, ignore_errors=True)
    os.mkdir(own)
    peer = measure("insert", own, seconds * 1000)["commits_per_s"]
    with portbook(program, copy_of(book)) as server:
        return {"ours": server.wrk(seconds, "new", PROJECTS), "peer": peer}


# Agents.


def call_of(tool, arguments):
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": {"name": tool, "arguments": arguments}}


def open_session(server):
    """As its clients do; the header that names it, where there is one."""
    hello = {"protocolVersion": "2025-11-25", "capabilities": {},
             "clientInfo": {"name": "bench", "version": "1"}}
    _, headers = server.post({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello})
    name = headers.get("Mcp-Session-Id")
    own = {"Mcp-Session-Id": name} if name else {}
    server.post({"jsonrpc": "2.0", "method": "notifications/initialized"}, **own)
    return own


def agent_round(server, seconds, call):
    with server:
        own = open_session(server)
        answer, _ = server.post(call, **own)
        assert "result" in answer and not answer["result"].get("isError"), answer
        said = {"calls": server.wrk(seconds, "mcp", json.dumps(call), *sum(own.items(), ()))}
        said["peak_mib"] = server.peak_mib()
    return said


def agents_round(program, book, everything, seconds):
    port = free_port()
    peer = Server(["node", everything, "streamableHttp"], port, stderr=subprocess.DEVNULL,
                  env={**os.environ, "PORT": str(port)})
    theirs = agent_round(peer, seconds, call_of("echo", {"message": "hello"}))
    ours = agent_round(portbook(program, book), seconds,
                       call_of("get-port", {"projectName": "p300", "serviceName": "s00",
                                            "instance": 1}))
    return {"ours": ours, "peer": theirs}


# Idleness.


def idle_mib(program, book):
    """The memory of a server with so many connections that say nothing."""
    import resource  # pylint: disable=import-outside-toplevel
    resource.setrlimit(resource.RLIMIT_NOFILE, (IDLE + 1000, max(
        IDLE + 1000, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    open_ones = []
    with portbook(program, book) as server:
        for n in range(IDLE):
            # From several addresses of the loopback, as one has not so many ports.
            open_ones.append(socket.create_connection(
                ("127.0.0.1", server.port), source_address=(f"127.0.0.{2 + n % 4}", 0)))
            open_ones[-1].sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        for one in open_ones:
            one.recv(1000)
        used = memory_mib(server.process.pid, "VmRSS")
    for one in open_ones:
        one.close()
    return used


# All of it.


def by_name(rounds):
    return {name: [r[name] for r in rounds] for name in rounds[0]}


def middle(numbers, unit):
    return f"{statistics.median(numbers):,.0f} {unit}"


def bench(table, options, folder, measure, everything):
    """`everything`: the reference server for agents, or None."""
    book, own = os.path.join(folder, "serve.db"), os.path.join(folder, "nginx")
    os.mkdir(own)
    measure("fill", book, PROJECTS * 10, 10)
    seconds = 1 if options.quick else 3

    def row(what, rounds, bar, unit="/s"):
        got = by_name(rounds)
        table.row(what, middle(got["ours"], unit), middle(got["peer"], unit),
                  [a / b for a, b in zip(got["ours"], got["peer"])], bar, least=unit == "/s")

    def rounds_of(one_round, *words):
        return [one_round(options.portbook, book, *words) for _ in range(options.rounds)]

    missing = [name for name in ("wrk", "nginx") if not shutil.which(name)]
    if missing:
        print(f"serve: left out, as it needs {' and '.join(missing)}: tools/install-packages bench")
        return
    row(f"serve, {CONNECTIONS} connections: asking / nginx, a file",
        rounds_of(read_round, own, seconds), 0.5)
    row("  allocating / one-row inserts of SQLite",
        rounds_of(write_round, folder, seconds, measure), 3)
    used = idle_mib(options.portbook, book)
    table.row(f"  memory, {IDLE:,} idle connections", f"{used:,.1f} MiB", bar=95, measured=used)
    if not everything:
        print("serve: without agents, as that needs the packages of tools/install-node")
        return
    got = rounds_of(agents_round, everything, seconds)
    for name, what, bar, unit in (("calls", "  tools/call over HTTP / server-everything", 20, "/s"),
                                  ("peak_mib", "  the most memory it had", 0.1, "MiB")):
        row(what, [{side: r[side][name] for side in r} for r in got], bar, unit)
