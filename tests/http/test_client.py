"""The command line asks a server: --book unix:PATH."""

import pytest


@pytest.fixture
def both(serve, pb):
    """both(*words): the same command on the book itself and by the server, of equal books."""
    for name in ("direct", "served"):
        pb.ok("project", "add", "shop", "--book", pb.base / f"{name}.db")
    server = serve("--book", pb.base / "served.db")

    def run(*words, **options):
        direct = pb(*words, "--book", pb.base / "direct.db", **options)
        asked = pb(*words, "--book", f"unix:{server.unix}", **options)
        assert (asked.code, asked.out, asked.err) == (direct.code, direct.out, direct.err)
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


def test_client__of_a_server_that_is_not_there(pb):
    said = pb.fails(5, "list", "--book", f"unix:{pb.base}/none.sock")
    assert "no portbook answers" in said.err and "portbook serve --listen unix:" in said.err


def test_client__says_what_needs_the_book_itself(served, pb):
    said = pb.fails(2, "backup", pb.base / "copy.db", "--book", f"unix:{served.unix}")
    assert not (pb.base / "copy.db").exists()
    pb.fails(2, "serve", "--book", f"unix:{served.unix}")
    assert said.err


def test_operations__by_name_are_for_the_socket(shop):
    path = "/api/v1/operations/"
    assert shop.ask("POST", path + "list", {}).json["count"] == 1
    assert shop.ask("POST", path + "list", {}, over="tcp").status == 404
    assert shop.ask("POST", path + "none", {}).status == 404
    assert shop.ask("GET", path + "list").status == 404
