"""Real programs below run: each has a port of its own mind, and listens on its service's."""

import os
import shutil
import signal
import socket
import subprocess

import pytest

from networks import until

NOBODY = 65534

JAVA = """
import java.net.*;
public class Server {
    public static void main(String[] args) throws Exception {
        new ServerSocket(8080).accept();
    }
}
"""

GO = """
package main

import "net/http"

func main() { panic(http.ListenAndServe(":8080", nil)) }
"""

NGINX = """
daemon off; master_process on; worker_processes 2; pid nginx.pid; error_log stderr;
events {}
http { access_log off; server { listen 8080; listen [::]:8080; } }
"""

NODE = "require('http').createServer((ask, answer) => answer.end()).listen(8080)"


def need(*programs):
    for program in programs:
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here")


def write(path, name, text):
    (path / name).write_text(text)


def java(path):
    need("javac", "java")
    write(path, "Server.java", JAVA)
    subprocess.run(["javac", "Server.java"], cwd=path, check=True, timeout=100)
    return ["java", "-cp", str(path), "Server"]


def go(path):
    need("go")
    write(path, "server.go", GO)
    subprocess.run(["go", "build", "-o", "server", "server.go"], cwd=path, check=True, timeout=100,
                   env={**os.environ, "CGO_ENABLED": "0", "HOME": str(path), "GOFLAGS": "-mod=mod",
                        "GOTOOLCHAIN": "local"})
    return [str(path / "server")]


def nginx(path):
    need("nginx")
    write(path, "nginx.conf", NGINX)
    return ["nginx", "-p", str(path), "-c", str(path / "nginx.conf")]


def node(path):
    need("node")
    return ["node", "-e", NODE]


def npm(path):
    need("node", "npm")
    write(path, "server.js", NODE)
    write(path, "package.json", '{"name": "shop", "scripts": {"dev": "node server.js"}}')
    return ["npm", "run", "dev"]


def python(path):
    return ["/usr/bin/python3", "-m", "http.server", "8080"]


def ruby(path):
    need("ruby")
    return ["ruby", "-rsocket", "-e", "s = TCPServer.new('127.0.0.1', 8080); loop { s.accept }"]


def perl(path):
    need("perl")
    return ["perl", "-MIO::Socket::INET", "-e",
            "$s = IO::Socket::INET->new(Listen => 5, LocalPort => 8080, ReuseAddr => 1);"
            " $s->accept while 1"]


def shell(path):
    need("node")
    return ["sh", "-c", f'cd / && (node -e "{NODE}") & wait']


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def end(process):
    os.killpg(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)


@pytest.mark.parametrize("program", [
    node, python, *(pytest.param(p, marks=pytest.mark.slow)
                    for p in (java, go, nginx, npm, ruby, perl, shell))],
    ids=lambda program: program.__name__)
@pytest.mark.parametrize("way", ["in-place", pytest.param("beside", marks=pytest.mark.slow)])
def test_run__of_a_real_program_listens_on_its_own_port(pb, project_dir, program, way):
    path = project_dir("shop")
    command = program(path)
    env = {"PORTBOOK_RUN_WITHOUT": "in-place"} if way == "beside" else {}
    process = pb.start("run", "--", *command, cwd=path, env=env)
    until(lambda: answers(3100) or process.poll() is not None, seconds=100)
    assert process.poll() is None, process.communicate()
    assert not answers(8080)
    end(process)
    until(lambda: pb.json("history", "--health", "shop/web")["services"][0]["state"] == "down")
    assert not answers(3100)


@pytest.mark.slow
def test_run__of_postgresql_listens_on_its_own_port(pb):
    found = sorted(os.listdir("/usr/lib/postgresql")) if os.path.isdir(
        "/usr/lib/postgresql") else []
    if not found:
        pytest.skip("there is no PostgreSQL here")
    programs = f"/usr/lib/postgresql/{found[-1]}/bin"
    work = pb.base / "nobodys"
    work.mkdir()
    os.chown(work, NOBODY, NOBODY)
    pb.ok("project", "add", "shop", user=NOBODY)
    subprocess.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups",
                    f"{programs}/initdb", "-D", str(work / "data"), "-A", "trust", "-N"],
                   check=True, capture_output=True, cwd=work, timeout=100)
    process = pb.start("run", "shop/db", "--", f"{programs}/postgres", "-D", str(work / "data"),
                       "-p", "5432", "-k", str(work), "-c", "listen_addresses=127.0.0.1", "-F",
                       user=NOBODY, cwd=work)
    port = int(pb.ok("get", "shop/db", user=NOBODY))
    until(lambda: answers(port) or process.poll() is not None, seconds=100)
    assert process.poll() is None, process.communicate()
    assert not answers(5432)
    end(process)
