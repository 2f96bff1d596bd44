"""The REST API: resources, errors, and what it says of itself."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

SCHEMAS = Path(__file__).resolve().parent.parent.parent / "schemas"


def test_get__of_a_service_gives_the_same_port_twice(served):
    served.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)
    first = served.ok("PUT", "/api/v1/projects/shop/services/web", {}, status=201)
    again = served.ok("PUT", "/api/v1/projects/shop/services/web", {})
    assert (first["port"], first["created"], again["created"]) == (again["port"], True, False)


def test_api__and_command_line_have_one_book(shop, pb):
    assert pb.ok("get", "shop/web") == "3100"
    pb.ok("get", "shop/api")
    ports = shop.ok("GET", "/api/v1/allocations")["ports"]
    assert [p["serviceName"] for p in ports] == ["web", "api"]
    assert ports == pb.json("list")["ports"]


def test_get__tells_at_once_what_anyone_has_changed(shop, pb):
    path = "/api/v1/projects/shop/services/web"

    def ports():
        return [(p["port"], p["description"]) for p in shop.ok("GET", path)["ports"]]
    assert ports() == ports() == [(3100, None)]
    pb.ok("update", "shop/web", "--description", "by another process")
    assert ports() == ports() == [(3100, "by another process")]
    shop.ok("PATCH", path, {"description": "by the server"})
    assert ports() == ports() == [(3100, "by the server")]
    pb.ok("release", "shop/web")
    shop.problem(404, "not-found", "GET", path)


def test_get__of_a_book_that_took_the_place_of_another_tells_nothing_of_that(pb, serve):
    """Two books that nobody has written to since they were made look alike by their logs."""
    books = {}
    for name in "old", "new":
        made = ["--book", pb.base / f"{name}-made.db"]
        pb.ok("get", f"{name}/web", "--create", *made)
        books[name] = pb.base / f"{name}.db"
        pb.ok("backup", books[name], *made)
    served = serve("--book", books["old"])

    def projects():
        return [p["projectName"] for p in served.ok("GET", "/api/v1/allocations")["ports"]]
    assert projects() == projects() == ["old"]
    for beside in pb.base.glob("old.db-*"):
        beside.unlink()
    books["new"].rename(books["old"])
    assert projects() == projects() == ["new"]


def test_made__says_where_it_is(served):
    made = served.ask("POST", "/api/v1/projects", {"projectName": "shop"})
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/projects/shop")
    made = served.ask("POST", "/api/v1/projects/shop/instances", {"purpose": "test"})
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/projects/shop/instances/2")
    assert served.ok("GET", made.headers["Location"])["project"]["projectName"] == "shop"


def test_project__changes_and_goes(shop):
    path = "/api/v1/projects/shop"
    assert shop.ok("PATCH", path, {"owner": "eva"})["project"]["owner"] == "eva"
    assert shop.ok("GET", path)["project"]["owner"] == "eva"
    shop.problem(409, "taken", "DELETE", path)
    shop.ok("DELETE", path + "/services/web")
    shop.ok("DELETE", path)
    shop.problem(404, "not-found", "GET", path)


def test_allocation__by_its_port(shop):
    changed = shop.ok("PATCH", "/api/v1/allocations/3100", {"description": "the shop"})
    assert changed["description"] == "the shop"
    gone = shop.ok("DELETE", "/api/v1/allocations/3100")
    assert [p["port"] for p in gone["released"]] == [3100]
    assert shop.ok("GET", "/api/v1/allocations")["ports"] == []


def test_release__twice_says_that_there_is_nothing(shop):
    shop.ok("DELETE", "/api/v1/projects/shop/services/web")
    shop.problem(404, "nothing-to-release", "DELETE", "/api/v1/projects/shop/services/web")


def test_service__that_has_no_port_is_not_there(shop):
    path = "/api/v1/projects/shop/services/none"
    said = shop.problem(404, "not-found", "GET", path)
    assert said["detail"] == "no such port of shop/none is entered"
    assert said["hint"] == "PUT to this path enters one" and "ports" not in said
    shop.problem(404, "not-found", "GET", "/api/v1/projects/shop/services/web?environment=prod")
    shop.problem(412, "not-free", "PUT", path, {}, headers={"If-Match": "*"})
    assert [p["port"] for p in shop.ok("GET", path.replace("none", "web"))["ports"]] == [3100]
    port = shop.ok("PUT", path, {}, status=201)["port"]
    assert [p["port"] for p in shop.ok("GET", path)["ports"]] == [port]


def test_list__pages_have_every_port_once(shop):
    for n in range(6):
        shop.ok("POST", "/api/v1/projects/shop/services/web", {}, status=201)
    seen, path = [], "/api/v1/allocations?limit=2"
    while path:
        answer = shop.ask("GET", path)
        seen += [p["port"] for p in answer.json["ports"]]
        link = answer.headers["Link"]
        path = link and "/api/v1/allocations" + link[1:link.index(">")]
    assert seen == list(range(3100, 3107))


def test_list__the_next_page_is_of_what_was_asked_for(shop, pb):
    for service in "shop/api", "bank/web", "bank/api":
        pb.ok("get", service, "--create")
    path, ports = "/api/v1/allocations?limit=1&projectName=shop&environment=%64ev", []
    while path:
        answer = shop.ask("GET", path)
        ports += [p["port"] for p in answer.json["ports"]]
        link = answer.headers["Link"]
        path = link and "/api/v1/allocations" + link[1:link.index(">")]
    assert ports == [3100, 3101]


def test_query__has_the_types_of_the_schema(shop):
    assert shop.ok("GET", "/api/v1/allocations?instance=1&live=true")["count"] == 1
    assert shop.ok("GET", "/api/v1/allocations?instance=2")["count"] == 0
    shop.problem(400, "invalid", "GET", "/api/v1/allocations?instance=two")
    shop.problem(400, "invalid", "GET", "/api/v1/allocations?live=yes")
    shop.problem(400, "invalid", "GET", "/api/v1/allocations?colour=red")
    shop.problem(400, "invalid", "GET", "/api/v1/allocations?instance=1&instance=2")


def test_body__says_nothing_twice(shop):
    said = shop.problem(400, "invalid", "PATCH", "/api/v1/projects/shop", {"projectName": "other"})
    assert said["detail"] == "'projectName' is said twice"


@pytest.mark.parametrize("body", ["[]", "{", '{"a":1,"a":2}', "\x00", '"x"', "[" * 4000])
def test_body__that_is_no_object_is_refused(served, body):
    served.problem(400, "invalid", "POST", "/api/v1/projects", body)


def test_problem__names_the_holder_and_what_to_do(shop):
    shop.ok("POST", "/api/v1/projects", {"projectName": "other"}, status=201)
    said = shop.problem(409, "taken", "PUT", "/api/v1/projects/other/services/x/ports/3100", {})
    assert said["type"] == "urn:portbook:error:taken"
    assert said["holder"]["projectName"] == "shop"
    assert said["hint"]


def test_problem__of_an_unknown_project_names_the_nearest(shop):
    said = shop.problem(404, "not-found", "PUT", "/api/v1/projects/shpo/services/web", {})
    assert "shop" in said["detail"] + said["hint"]


@pytest.mark.parametrize("method, path, body, said", [
    ("GET", "/api/v1/allocations?projectname=shop", None, "it takes projectName, "),
    ("POST", "/api/v1/check", {"port": 3100}, "it takes ports, "),
    ("GET", "/api/v1/uptime", None, "projectName"),
])
def test_problem__of_what_is_asked_wrongly_says_how_to_ask(shop, method, path, body, said):
    assert said in shop.problem(400, "invalid", method, path, body)["hint"]


def test_path__that_is_not_there(served):
    served.problem(404, "not-found", "GET", "/api/v1/nothing")
    answer = served.ask("DELETE", "/api/v1/projects")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST")
    assert "GET, POST" in answer.json["detail"]


@pytest.mark.parametrize("path", ["//api", "/api//v1", "/%zz", "/%00", "/%ff", "/a?b=%fe"])
def test_path__that_is_none_is_refused(served, path):
    answer = served.ask("GET", path, over="tcp")
    assert answer.status == 400, answer


def test_name__with_a_slash_stays_one_part(served):
    said = served.problem(400, "invalid", "GET", "/api/v1/projects/a%2Fb")
    assert "a/b" in said["detail"]


def test_etag__of_what_is_unchanged_saves_the_answer(shop):
    path = "/api/v1/projects/shop"
    tag = shop.ask("GET", path).headers["ETag"]
    same = shop.ask("GET", path, headers={"If-None-Match": tag})
    assert (same.status, same.bytes) == (304, b"")
    shop.ok("PATCH", path, {"owner": "eva"})
    other = shop.ask("GET", path, headers={"If-None-Match": tag})
    assert other.status == 200 and other.headers["ETag"] != tag


def test_if_match__changes_only_what_is_as_it_was_seen(shop):
    path = "/api/v1/projects/shop"
    tag = shop.ask("GET", path).headers["ETag"]
    shop.ok("PATCH", path, {"owner": "eva"}, headers={"If-Match": tag})
    said = shop.problem(412, "not-free", "PATCH", path, {"owner": "bob"}, headers={"If-Match": tag})
    assert said["hint"]
    shop.problem(412, "not-free", "DELETE", path + "/services/web", headers={"If-Match": tag})
    assert shop.ok("GET", path)["project"]["owner"] == "eva"
    tag = shop.ask("GET", path).headers["ETag"]
    shop.ok("PATCH", path, {"owner": "bob"}, headers={"If-Match": f'"other", {tag}'})
    shop.ok("PATCH", path, {"owner": "eva"}, headers={"If-Match": "*"})
    shop.problem(412, "not-free", "PATCH", "/api/v1/projects/none", {"owner": "x"},
                 headers={"If-Match": "*"})
    shop.problem(400, "invalid", "POST", path + "/archive", {}, headers={"If-Match": "*"})


def test_if_match__of_many_at_once_lets_one_through(shop):
    path = "/api/v1/projects/shop"
    headers = {"If-Match": shop.ask("GET", path).headers["ETag"]}
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: shop.ask("PATCH", path, {"owner": f"user-{n}"},
                                               headers=headers).status, range(24)))
    assert sorted(got) == [200] + [412] * 23


def test_changes__of_many_at_once_are_each_one_of_the_history(shop, pb):
    """They share commits, and yet each is undone alone."""
    with ThreadPoolExecutor(16) as pool:
        def get(n):
            return shop.ask("PUT", f"/api/v1/projects/shop/services/s{n}", {}).json["port"]
        ports = list(pool.map(get, range(64)))
        assert len(set(ports)) == 64
        refused = list(pool.map(lambda n: shop.ask(
            "PUT", f"/api/v1/projects/none/services/s{n}", {}).status, range(16)))
    assert refused == [404] * 16
    assert pb.json("list", "--project", "shop")["count"] == 65
    pb.ok("undo", "--yes")
    assert pb.json("list", "--project", "shop")["count"] == 64


def test_history__says_who_asked(shop, pb):
    shop.ok("POST", "/api/v1/projects", {"projectName": "tcp"}, status=201, over="tcp")
    actors = {e["subject"]: e["actor"] for e in shop.ok("GET", "/api/v1/history")["events"]}
    pb.ok("project", "add", "mine")
    me = pb.json("history")["events"][0]["actor"]
    assert actors["shop"] == actors["shop/web"] == me
    assert actors["tcp"] == "someone at 127.0.0.1"


def test_undo__of_a_change_by_the_api(shop):
    shop.ok("POST", "/api/v1/undo", {})
    assert shop.ok("GET", "/api/v1/allocations")["ports"] == []


def test_audit__by_get_notes_nothing(shop):
    said = shop.ok("GET", "/api/v1/audit")
    assert said["summary"]["allocated"] == 1
    assert any("trial run" in n for n in said["notices"])
    assert not shop.ok("POST", "/api/v1/audit", {}).get("notices")


def test_import__takes_what_export_gives(shop):
    book = shop.ok("GET", "/api/v1/export?format=json")["content"]
    shop.ok("DELETE", "/api/v1/projects/shop/services/web")
    said = shop.ok("POST", "/api/v1/import", {"content": book, "dryRun": True})
    assert said["dryRun"] is True


@pytest.mark.parametrize("path", [
    "allocations", "audit", "cleanup", "doctor", "history", "listeners", "policies",
    "policies/types", "policy", "projects", "projects/shop", "projects/shop/instances",
    "projects/shop/instances/1", "projects/shop/services", "projects/shop/services/web",
    "projects/shop/summary", "projects/shop/variables", "ranges", "reservations", "status",
    "summary", "uptime?projectName=shop&serviceName=web"])
def test_resource__is_as_the_document_says(shop, path):
    assert shop.ok("GET", f"/api/v1/{path}")["success"] is True


def test_reservation__comes_and_goes(served):
    served.ok("POST", "/api/v1/reservations", {"ports": "4000-4010", "reason": "test"})
    assert "4000-4010" in [r["ports"] for r in
                           served.ok("GET", "/api/v1/reservations")["reserved"]]
    served.ok("DELETE", "/api/v1/reservations/4000-4010")
    assert "4000-4010" not in [r["ports"] for r in
                               served.ok("GET", "/api/v1/reservations")["reserved"]]


# Keys: asked again, a change is not made again.

def test_key__makes_a_call_that_is_done_once(shop):
    key = {"Idempotency-Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}
    path = "/api/v1/projects/shop/services/api"
    first = shop.ask("POST", path, {}, headers=key)
    again = shop.ask("POST", path, {}, headers=key)
    assert (first.status, first.bytes) == (again.status, again.bytes) == (201, first.bytes)
    assert [p["port"] for p in shop.ok("GET", path)["ports"]] == [3101]
    shop.ok("POST", path, {}, status=201, headers={"Idempotency-Key": "another"})
    assert [p["port"] for p in shop.ok("GET", path)["ports"]] == [3101, 3102]


def test_key__of_another_call_is_refused(shop):
    key = {"Idempotency-Key": "once"}
    shop.ok("POST", "/api/v1/projects/shop/services/api", {}, status=201, headers=key)
    shop.problem(400, "invalid", "POST", "/api/v1/projects/shop/services/db", {}, headers=key)
    shop.problem(400, "invalid", "POST", "/api/v1/projects/shop/services/db", {},
                 headers={"Idempotency-Key": "x" * 300})


# The paths of before.

def test_old_paths__answer_as_they_did(shop):
    said = shop.ok("GET", "/api/ports/audit")
    assert set(said["summary"]) >= {"allocated", "inUse", "notRunning", "healthPercentage"}
    assert said["conflicts"][0].keys() >= {"port", "expected", "actual"}
    arguments = {"projectName": "shop", "serviceName": "web"}
    assert shop.ok("POST", "/mcp/meta/get_port", arguments)["port"] == 3100
    assert shop.ok("POST", "/mcp/meta/allocate_port", arguments)["port"] == 3101
    assert len(shop.ok("POST", "/mcp/meta/list_ports", {})["ports"]) == 2
    assert shop.ok("POST", "/mcp/meta/audit_ports", {})["summary"]["allocated"] == 2
    summary = shop.ok("POST", "/mcp/meta/port_summary", {"projectName": "shop"})["summary"]
    assert summary["allocatedPorts"] == 2


def test_old_paths__say_what_is_wrong_as_they_did(shop):
    answer = shop.ask("POST", "/mcp/meta/get_port", {"projectName": "shop"})
    assert answer.status == 400
    assert answer.json["success"] is False and answer.json["error"]["code"] == "invalid"


# What it says of itself.

def test_document__is_openapi_and_names_each_operation_once(served):
    document = served.described()
    assert document["openapi"].startswith("3.1")
    ids = [o["operationId"] for p in document["paths"].values() for o in p.values()]
    assert len(ids) == len(set(ids)) > 40


def test_document__has_every_member_of_the_schemas(served):
    """What the command line takes for `allocate`, the API takes, too, and says so."""
    body = served.described()["paths"]["/api/v1/allocations"]["post"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema == json.loads((SCHEMAS / "allocate.json").read_text())["input"]


def test_document__parameters_of_a_path_are_required_and_in_it(served):
    for path, methods in served.described()["paths"].items():
        for operation in methods.values():
            inside = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert inside == {s[1:-1] for s in path.split("/") if s.startswith("{")}
            assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")


def test_healthz__and_readyz(served, shop):
    assert served.ask("GET", "/healthz").bytes == b"ok\n"
    assert served.ask("GET", "/readyz").bytes == b"ready\n"
    assert served.ask("HEAD", "/healthz").bytes == b""


def test_readyz__of_a_book_that_is_not_there(serve, pb):
    server = serve("--book", pb.base / "none.db")
    assert server.problem(503, "book", "GET", "/readyz")["detail"].startswith("there is no book")
    assert server.ask("GET", "/healthz").status == 200


def test_serve__of_a_book_in_memory(serve):
    server = serve("--book", "memory:")
    server.ok("POST", "/api/v1/projects", {"projectName": "shop"}, status=201)
    assert len(server.ok("GET", "/api/v1/projects")["projects"]) == 2
