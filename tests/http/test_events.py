"""The stream of changes."""

import json
import os
import signal
import subprocess

import pytest


class Events:
    """A client of the stream."""

    def __init__(self, served, query="", last=None, over="tcp"):
        self.connection = served.connection(over)
        self.connection.request("GET", "/api/v1/events" + query,
                                headers={"Last-Event-ID": last} if last else {})
        self.reply = self.connection.getresponse()
        assert self.reply.status == 200, self.reply.read()
        assert self.reply.headers["Content-Type"] == "text/event-stream"
        assert self.block() == ["retry: 2000"]

    def block(self):
        """Lines up to an empty one; None at the end."""
        lines = []
        while line := self.reply.readline():
            if line == b"\n":
                return lines
            lines.append(line.decode().rstrip("\n"))
        return None

    def next(self):
        while (lines := self.block()) == [":"]:
            pass
        if lines is None:
            return None
        fields = dict(line.split(": ", 1) for line in lines)
        assert fields["event"] == "change"
        event = json.loads(fields["data"])
        assert fields["id"] == str(event["seq"])
        return event

    def until(self, subject):
        seen = []
        while not seen or seen[-1]["subject"] != subject:
            seen.append(self.next())
        return seen


def test_events__tell_what_the_api_changes(shop):
    events = Events(shop)
    shop.ok("PUT", "/api/v1/projects/shop/services/api", {}, status=201)
    event = events.next()
    assert (event["subject"], event["operation"], event["port"]) == ("shop/api", "allocate", 3101)


def test_events__tell_what_another_process_changes(shop, pb):
    events = Events(shop)
    pb.ok("get", "shop/api")
    assert events.next()["subject"] == "shop/api"


def test_events__begin_where_the_last_one_ended(shop, pb):
    first = Events(shop)
    for name in ("a", "b", "c"):
        pb.ok("get", f"shop/{name}")
    seen = first.until("shop/c")
    first.connection.close()
    again = Events(shop, last=str(seen[0]["seq"]))
    assert [e["seq"] for e in again.until("shop/c")] == [e["seq"] for e in seen[1:]]


def test_events__from_the_beginning_are_those_of_the_history(shop):
    for n in range(90):
        shop.ok("PUT", f"/api/v1/projects/shop/services/s{n}", {}, status=201)
    want = shop.ok("GET", "/api/v1/history?limit=1000")["events"]
    events = Events(shop, last="0")
    assert [events.next() for _ in want] == want


def test_events__of_one_project(shop):
    events = Events(shop, "?projectName=other")
    shop.ok("PUT", "/api/v1/projects/shop/services/api", {}, status=201)
    shop.ok("POST", "/api/v1/projects", {"projectName": "other"}, status=201)
    assert events.next()["projectName"] == "other"


def test_events__to_many_clients(shop):
    clients = [Events(shop, over=over) for over in ("tcp", "unix") * 10]
    shop.ok("PUT", "/api/v1/projects/shop/services/api", {}, status=201)
    assert {c.next()["subject"] for c in clients} == {"shop/api"}


def test_events__end_with_the_server(shop):
    events = Events(shop)
    shop.process.send_signal(signal.SIGTERM)
    assert events.next() is None
    assert shop.process.wait(timeout=20) == 0


def test_events__of_clients_that_went_away_are_forgotten(shop):
    for _ in range(20):
        Events(shop).connection.close()
    shop.ok("PUT", "/api/v1/projects/shop/services/api", {}, status=201)
    shop.stop()


@pytest.mark.parametrize("query, last", [("?x=1", None), ("", "x"), ("", "-1"), ("", "9" * 30)])
def test_events__of_what_is_none_are_refused(served, query, last):
    served.problem(400, "invalid", "GET", "/api/v1/events" + query,
                   headers={"Last-Event-ID": last} if last else {})


def test_history_after__is_what_came_since(shop, pb):
    events = shop.ok("GET", "/api/v1/history")["events"]
    since = shop.ok("GET", f"/api/v1/history?after={events[1]['seq']}&limit=1")["events"]
    assert since == events[2:3]
    assert pb.json("history", "--after", events[-2]["seq"])["events"] == events[-1:]


NO_TIMER = "int timerfd_settime(int f, int g, const void *n, void *o) { return 0; }"


def test_events__of_another_process_are_told_without_a_timer(serve, pb):
    """The server's clock stands still, so that only a notice can tell it."""
    library = pb.base / "no-timer.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=NO_TIMER,
                   text=True, check=True)
    pb.ok("project", "add", "shop")
    # A sanitizer wants to be the first library.
    served = serve(env={"LD_PRELOAD": f"{os.environ.get('LD_PRELOAD', '')} {library}",
                        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "")
                                        + ":verify_asan_link_order=0"})
    events = Events(served)
    for name in ("web", "api", "db"):
        pb.ok("get", f"shop/{name}")
        assert events.until(f"shop/{name}")


def test_events__cost_who_writes_nothing(serve, pb):
    """What a writer's turn leaves in its file anyway is the notice."""
    log = pb.base / "strace.log"
    # What looks for leaks would be a tracer, too.
    traced = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}

    def calls(name):
        run = subprocess.run(["strace", "-qq", "-y", "-o", log, "-e", "trace=desc", pb.program, "get",
                              f"shop/{name}"], cwd=pb.work, env=pb.environment(traced),
                             capture_output=True, check=False)
        if run.returncode != 0:
            pytest.skip("no process can be traced here")
        return [line.split("(")[0] for line in log.read_text().splitlines() if "-queue>" in line]
    pb.ok("project", "add", "shop")
    pb.ok("get", "shop/web")
    alone = calls("a1")
    Events(serve())
    assert calls("b2") == alone != []
