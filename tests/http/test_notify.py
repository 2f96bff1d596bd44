"""What the server says of itself: the command of --notify, and what could be cleaned up."""

import json
import os
import subprocess

import pytest

from serving import next_line


@pytest.fixture
def told(pb):
    """told.command appends what it reads to a file; told.next() waits for one more."""
    class Told:
        path = pb.base / "told"
        command = f"cat > '{pb.base}/told.part'; cat '{pb.base}/told.part' > '{pb.base}/told'"

        def __init__(self):
            os.mkfifo(self.path)
            # Both ends are ours: who writes need not wait, and reading never ends.
            self.file = os.fdopen(os.open(self.path, os.O_RDWR), "r")

        def next(self):
            return json.loads(self.file.readline())
    made = Told()
    yield made
    made.file.close()


@pytest.fixture
def start(serve, told):
    return lambda *more, **options: serve("--notify", told.command, "--audit-every", "1s", *more,
                                          **options)


def of(message):
    change = message["change"]
    return change["expected"], change["was"], change["verdict"]


def test_notify__tells_each_change_of_a_verdict_once(start, told, pb, listen, project_dir):
    shop = project_dir("shop")
    assert pb.ok("get", "web", cwd=shop) == "3100"
    start()
    # Its first look finds nobody there, which is not told: as nobody looked before.
    while not pb.json("history", "shop/web", "--health")["services"][0]["looks"]:
        pass
    listen(3100, cwd=shop)
    message = told.next()
    assert of(message) == ("shop/web", "down", "in_use")
    assert message["host"] == "localhost" and message["book"].endswith("book.db")
    assert message["change"]["kind"] == "verdict" and message["change"]["port"] == 3100
    pb.started[-1].kill()
    pb.started[-1].wait()
    assert of(told.next()) == ("shop/web", "in_use", "down")


def test_notify__tells_no_old_change_again_after_a_restart(start, told, pb, listen, project_dir):
    shop, other = project_dir("shop"), project_dir("other")
    for name in ("web", "api"):
        pb.ok("get", name, cwd=shop)
    listen(3100, cwd=other)
    first = start()
    assert of(told.next()) == ("shop/web", None, "squatted")
    first.stop()
    listen(3101, cwd=other)
    second = start()
    # The next one that is told is the new one.
    assert of(told.next()) == ("shop/api", "down", "squatted")
    second.process.kill()
    second.process.wait()


def test_notify__tells_of_a_range_that_becomes_full(start, told, pb, tmp_path):
    policy = tmp_path / "small.yaml"
    policy.write_text("name: small\nranges:\n  - name: few\n    ports: 3000-3009\n    block: 0\n")
    pb.ok("policy", "use", policy)
    pb.ok("project", "add", "shop")
    for n in range(7):
        pb.ok("get", f"shop/s{n}")
    start()
    pb.ok("get", "shop/s8")
    change = told.next()["change"]
    assert change["kind"] == "range" and change["rangeName"] == "few"
    assert change["allocatedPorts"] == 8 and change["utilizationPercent"] == 80


def test_notify__of_a_command_that_fails_is_logged_and_serving_goes_on(serve, pb, listen,
                                                                       project_dir):
    shop, other = project_dir("shop"), project_dir("other")
    pb.ok("get", "web", cwd=shop)
    listen(3100, cwd=other)
    served = serve("--notify", "exit 7", "--audit-every", "1s")
    assert next_line(served.process.stderr) == (
        "portbook-serve: the command of --notify ended with status 7\n")
    assert served.ask("GET", "/healthz").status == 200


def test_cleanup_at_start__says_what_could_go_and_lets_it_be(pb, project_dir):
    folder = project_dir("gone")
    pb.ok("get", "web", cwd=folder)
    pb.ok("get", "shop/kept", "--create")
    subprocess.run(["rm", "-r", folder], check=True)
    served = pb.start("serve", "--listen", "127.0.0.1:0", "--cleanup-at-start")
    line = next_line(served.stderr)
    assert "3100 of 'gone/web' could be given back" in line, line
    assert "ports that could be given back: 1" in served.stderr.readline()
    assert "portbook cleanup" in served.stderr.readline()
    assert {row["serviceName"] for row in pb.json("list")["ports"]} == {"web", "kept"}
