"""The command line asks a server: --book unix:PATH, --book https://HOST:PORT."""

import getpass
import re

import pytest


@pytest.fixture(params=["unix", "https"])
def both(request, serve, pb, certificate, token):
    """both(*words): the same command on the book itself and by the server, of equal books."""
    for name in ("direct", "served"):
        pb.ok("project", "add", "shop", "--book", pb.base / f"{name}.db")
    env = {}
    if request.param == "unix":
        server = serve("--book", pb.base / "served.db")
        url = f"unix:{server.unix}"
    else:
        header = token("eva")["Authorization"]
        cert, key = certificate
        server = serve("--book", pb.base / "served.db", "--tokens", pb.base / "tokens",
                       "--tls-cert", cert, "--tls-key", key, where=["--listen", "0.0.0.0:0"])
        url = f"https://127.0.0.1:{server.tls_port}"
        env = {"PORTBOOK_TOKEN": header.split()[1], "PORTBOOK_CA_FILE": cert}

    def run(*words, **options):
        direct = pb(*words, "--book", pb.base / "direct.db", **options)
        asked = pb(*words, "--book", url, env=env, **options)
        # Who asked is known by another name, and a minute may begin between both.
        said, wanted = (re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "WHEN", out)
                        for out in (asked.out, direct.out))
        assert (asked.code, said.replace("token eva", getpass.getuser()), asked.err) == (
            direct.code, wanted, direct.err)
        return asked
    return run


def test_client__answers_as_the_book_itself(both):
    assert both("get", "shop/web").out == "3100\n"
    assert both("get", "shop/web").out == "3100\n"
    assert both("get", "shop/api", "--prefer", 3150).out == "3150\n"
    for words in (["list"], ["show", "shop"], ["summary", "shop"],
                  ["check", "3100,3101"], ["env", "shop"], ["project", "list"],
                  ["policy", "show"], ["update", "shop/web", "--description", "the shop"],
                  ["move", "shop/api", "shop/app"], ["release", "shop/app"], ["list"],
                  ["undo", "--yes"], ["list"], ["project", "rename", "shop", "store"],
                  ["instance", "list", "store"], ["reservations"], ["completion", "bash"]):
        assert both(*words).code in (0, 1), words


@pytest.mark.parametrize("code, words", [
    (1, ["get", "shpo/web"]), (1, ["release", "shop/none"]), (2, ["get", "shop/web!"]),
    (2, ["get", "shop/web", "--port", 70000]), (3, ["register", "other/web", "3100", "--create"]),
    (3, ["get", "shop/api", "--port", 3100]), (1, ["project", "show", "none"])])
def test_client__fails_as_the_book_itself(both, code, words):
    both("get", "shop/web")
    assert both(*words).code == code
    assert both(*words, json=True).json["success"] is False


def test_client__imports_and_exports_files(both, pb):
    both("get", "shop/web")
    file = pb.base / "ports.md"
    file.write_text("| Port | Project | Service |\n|---|---|---|\n| 3120 | shop | db |\n")
    both("import", file)
    assert "3120" in both("list").out
    assert both("export", "--format", "ports-md").out


def test_client__writes_files_where_it_is(served, pb, project_dir):
    folder = project_dir("shop")
    pb.ok("get", "web", "--book", f"unix:{served.unix}", cwd=folder)
    pb.ok("env", "--write", "--book", f"unix:{served.unix}", cwd=folder)
    assert "WEB_PORT=3100" in (folder / ".ports.env").read_text()


def test_client__who_asks_is_in_the_history(served, pb):
    url = f"unix:{served.unix}"
    pb.ok("project", "add", "shop", "--book", url)
    pb.ok("project", "add", "here")
    by = {e["subject"]: e["actor"] for e in pb.json("history", "--book", url)["events"]}
    assert by["shop"] == by["here"]


@pytest.fixture
def https(far, token, certificate):
    """https(options of the token, **env): the server, and the environment that is let in."""
    def run(*options):
        server = far()
        env = {"PORTBOOK_BOOK": f"https://127.0.0.1:{server.tls_port}/",
               "PORTBOOK_TOKEN": token("eva", *options)["Authorization"].split()[1],
               "PORTBOOK_CA_FILE": certificate[0]}
        return server, env
    return run


def test_https__who_asks_is_known_by_the_token(https, pb):
    _, env = https("--project", "shop")
    assert pb.ok("get", "shop/web", env=env) == "3100"
    assert "eva" in {e["actor"].removeprefix("token ") for e in
                     pb.json("history", "shop", env=env)["events"]}
    said = pb.fails(6, "get", "bank/web", env=env)
    assert "bank" in said.err and said.out == ""


def test_https__without_a_good_token_says_how_to_get_one(https, pb):
    _, env = https()
    for wrong in ("", "portbook_wrong"):
        said = pb.fails(6, "list", env={**env, "PORTBOOK_TOKEN": wrong})
        assert "portbook token add" in said.err, said
    assert "no token has" in pb.fails(2, "list", env={**env, "PORTBOOK_TOKEN": "a b\r\nX: y"}).err


def test_https__of_a_certificate_that_nobody_vouches_for_is_refused(https, pb):
    _, env = https()
    said = pb.fails(5, "get", "shop/web", env={**env, "PORTBOOK_CA_FILE": ""})
    assert "certificate" in said.err and env["PORTBOOK_TOKEN"] not in said.err
    assert pb.json("list")["ports"] == []


def test_https__a_key_makes_a_change_once(https, pb):
    _, env = https()
    ports = [pb.ok("allocate", "shop/web", "--once", "k1", env=env) for _ in range(2)]
    assert ports[0] == ports[1] and pb.ok("allocate", "shop/web", env=env) != ports[0]


def test_https__names_the_project_as_folders_are_not_read_there(https, pb, project_dir):
    _, env = https()
    said = pb.fails(2, "get", "web", env=env, cwd=project_dir("shop"))
    assert "project" in said.err


def test_http__needs_no_token_on_this_machine(shop, pb, project_dir):
    asked = {"env": {"PORTBOOK_BOOK": f"http://127.0.0.1:{shop.port}"}, "cwd": project_dir("shop")}
    assert pb.ok("get", "shop/web", **asked) == "3100"
    assert pb.ok("allocate", "shop/api", **asked) == "3101"
    assert "someone at 127.0.0.1" in pb.ok("list", **asked)
    assert "project" in pb.fails(2, "get", "web", **asked).err
    assert "has no folder here" in pb.fails(6, "where", **asked).err


def test_http__goes_to_no_other_machine(pb):
    said = pb.fails(2, "list", "--book", "http://192.0.2.1:8080", env={"PORTBOOK_TOKEN": "x"})
    assert "not encrypted" in said.err and "https://" in said.err


def test_http__nobody_there_is_said_with_the_address(pb):
    said = pb.fails(5, "list", "--book", "http://127.0.0.1:9")
    assert "127.0.0.1:9" in said.err


def test_client__of_a_server_that_is_not_there(pb):
    said = pb.fails(5, "list", "--book", f"unix:{pb.base}/none.sock")
    assert "no portbook answers" in said.err and "portbook serve --listen unix:" in said.err


def test_client__says_what_needs_the_book_itself(served, pb):
    said = pb.fails(2, "backup", pb.base / "copy.db", "--book", f"unix:{served.unix}")
    assert not (pb.base / "copy.db").exists()
    pb.fails(2, "serve", "--book", f"unix:{served.unix}")
    assert said.err


def test_operations__by_name_are_told_no_folders_by_someone_at_127_0_0_1(shop):
    path = "/api/v1/operations/"
    assert shop.ask("POST", path + "list", {}).json["count"] == 1
    # As the command asks, which sends its folder each time.
    assert shop.ask("POST", path + "list", {"path": "/root"}, over="tcp").json["count"] == 1
    said = shop.ask("POST", path + "where", {"path": "/root"}, over="tcp")
    assert said.status == 403
    assert said.json["error"]["message"].startswith("someone at 127.0.0.1 has no folder here")
    assert shop.ask("POST", path + "none", {}).status == 404
    assert shop.ask("GET", path + "list").status == 404
