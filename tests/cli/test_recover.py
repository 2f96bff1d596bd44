"""recover: a service gets its port back, and who sat there another.

No systemd runs here: a stand-in for systemctl, first on the PATH, starts a server as that would.
"""

import os
import shlex
import signal

import pytest

from servers import NOBODY, need_root
from test_free import Terminal, ended, is_there

# Says what it was told; "restart" starts the server that it was made for.
SYSTEMCTL = """#!/usr/bin/python3 -S
import os, subprocess, sys
folder = os.path.dirname(os.path.abspath(__file__))
if sys.argv[1:3] == ["--user", "cat"]:
    sys.exit(0 if os.path.exists(folder + "/users") else 1)
with open(folder + "/told", "a") as told:
    print(*sys.argv[1:], file=told)
if os.path.exists(folder + "/fails"):
    sys.exit(print("Failed to restart shop.service: Unit shop.service not found.") or 5)
if os.path.exists(folder + "/idle"):
    sys.exit(0)
with open(folder + "/server") as server:
    cwd, port = server.read().split("\\n")
code = '''
import signal, socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
signal.pause()
'''
started = subprocess.Popen([sys.executable, "-S", "-E", "-c", code, port], cwd=cwd,
                           start_new_session=True)
with open(folder + "/pids", "a") as pids:
    print(started.pid, file=pids)
"""


@pytest.fixture
def systemctl(pb):
    """systemctl(cwd, port): what "restart" starts; its folder, where `told` says what it was told."""
    folder = pb.base / "standin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)

    def run(cwd, port):
        (folder / "server").write_text(f"{cwd}\n{port}")
        return folder

    yield run
    pids = folder / "pids"
    for pid in pids.read_text().split() if pids.exists() else []:
        os.kill(int(pid), signal.SIGKILL)


def with_systemctl(pb):
    return {"PATH": f"{pb.base / 'standin'}:{pb.environment()['PATH']}"}


@pytest.fixture
def recover(pb):
    def run(*args, status=0, **more):
        result = pb.fails(status, "recover", *args, "--json", env=with_systemctl(pb), **more)
        assert result.err == "", result
        assert result.json["success"] == (status == 0), result
        return result.json
    return run


@pytest.fixture
def shop(pb, project_dir):
    return project_dir("shop")


@pytest.fixture
def blog(pb, project_dir):
    """A project that the book knows, and that has no port."""
    path = project_dir("blog")
    pb.ok("project", "add", "blog", "--path", path)
    return path


@pytest.fixture
def web(pb, shop):
    """The port of shop/web, for which a unit is registered."""
    return int(pb.ok("get", "web", "--unit", "shop.service", cwd=shop))


def test_recover__ends_the_squatter_and_starts_the_owner(pb, recover, web, shop, blog, bound,
                                                         systemctl):
    folder = systemctl(shop, web)
    squatter = bound(web, cwd=blog)
    said = recover("shop/web", "--yes", "--wait", 60, timeout=90)
    assert ended(said) == {squatter: "terminated"} and not is_there(squatter)
    assert (said["unit"], said["listening"]) == ("shop.service", True)
    assert (folder / "told").read_text() == "restart shop.service\n"
    row = pb.json("check", web, cwd=shop)["ports"][0]
    assert (row["state"], row["listener"]["cwd"]) == ("in_use", str(shop))


def test_recover__gives_the_squatters_project_a_port_of_its_own(pb, recover, web, shop, blog, serve,
                                                                systemctl):
    systemctl(shop, web)
    serve("/usr/bin/python3", "-u", "-m", "http.server", web, "--bind", "127.0.0.1", cwd=blog)
    moved, = recover("shop/web", "--yes", "--wait", 60, timeout=90)["moved"]
    port = int(pb.ok("get", "web", cwd=blog))
    assert (moved["projectName"], moved["serviceName"], moved["port"]) == ("blog", "web", port)
    assert port != web
    assert moved["startCommand"] == (f"cd {shlex.quote(str(blog))} && /usr/bin/python3 -u "
                                     f"-m http.server {port} --bind 127.0.0.1")


def test_recover__says_all_of_it_to_a_person(pb, web, shop, blog, serve, systemctl):
    systemctl(shop, web)
    pid = serve("/usr/bin/python3", "-u", "-m", "http.server", web, cwd=blog)
    said = pb("recover", "shop/web", "--yes", "--wait", 60, env=with_systemctl(pb), timeout=90,
              check=True).out.splitlines()
    port = pb.ok("get", "web", cwd=blog)
    assert said[0].startswith(f"ended python3 (pid {pid}, ")
    assert said[1] == f"started shop.service: shop/web listens on {web}"
    assert said[2:] == [f"blog/web has {port}, and is started there by",
                        f"  cd {blog} && /usr/bin/python3 -u -m http.server {port}"]


def test_recover__does_not_put_foreign_words_into_a_command(pb, recover, web, shop, blog, bound,
                                                            systemctl):
    systemctl(shop, web)
    bound(web, cwd=blog)  # its command line has brackets, quotes and line ends
    moved, = recover("shop/web", "--yes", "--wait", 60, timeout=90)["moved"]
    assert moved["startCommand"] is None and moved["port"] == int(pb.ok("get", "web", cwd=blog))


def test_recover__takes_the_only_service_of_the_squatters_project(pb, recover, web, shop, blog,
                                                                  bound, systemctl):
    """blog has no web: its api, which does not run, is what sits there."""
    systemctl(shop, web)
    own = int(pb.ok("get", "api", cwd=blog))
    bound(web, cwd=blog)
    moved, = recover("shop/web", "--yes", "--wait", 60, timeout=90)["moved"]
    assert (moved["projectName"], moved["serviceName"], moved["port"]) == ("blog", "api", own)
    assert [p["serviceName"] for p in pb.json("list", "--project", "blog")["ports"]] == ["api"]


@pytest.mark.parametrize("more, service", [(["db"], "web"), (["web"], "web")])
def test_recover__guesses_no_service_of_several(pb, recover, web, shop, blog, bound, systemctl,
                                                more, service):
    systemctl(shop, web)
    for name in ["api", *more]:
        pb.ok("get", name, cwd=blog)
    bound(web, cwd=blog)
    moved, = recover("shop/web", "--yes", "--wait", 60, timeout=90)["moved"]
    assert moved["serviceName"] == service


def test_recover__finds_another_service_where_that_one_runs(pb, recover, web, shop, blog, bound,
                                                            systemctl):
    """blog/web runs on its own port: what sits on shop's is something else of blog."""
    systemctl(shop, web)
    own = int(pb.ok("get", "web", cwd=blog))
    running = bound(own, cwd=blog)
    bound(web, cwd=blog)
    moved, = recover("shop/web", "--yes", "--wait", 60, timeout=90)["moved"]
    assert (moved["projectName"], moved["serviceName"]) == ("blog", "python3")
    assert moved["port"] not in (own, web) and is_there(running)


def test_recover__tells_how_who_is_in_no_project_gets_a_port(pb, recover, web, shop, elsewhere,
                                                             bound, systemctl):
    systemctl(shop, web)
    bound(web, cwd=elsewhere)
    said = pb("recover", "shop/web", "--yes", "--wait", 60, env=with_systemctl(pb), timeout=90,
              check=True)
    assert "python3 belongs to no project of the book" in said.out
    assert f"  cd {elsewhere} && portbook get web\n" in said.out


def test_recover__starts_what_is_only_down(recover, web, shop, systemctl):
    systemctl(shop, web)
    said = recover("shop/web", "--wait", 60, timeout=90)
    assert said["listening"] and said["ports"] == [] and said["moved"] == []


def test_recover__leaves_a_service_that_runs(pb, recover, web, shop, bound, systemctl):
    folder = systemctl(shop, web)
    pid = bound(web, cwd=shop)
    assert recover("shop/web", "--force")["listening"] and is_there(pid)
    assert not (folder / "told").exists()
    assert "shop/web has its port already" in pb.ok("recover", "shop/web")


@pytest.mark.parametrize("options, said", [
    (["--meta", "command=npm start"], "PORT={port} npm start"),
    (["--meta", "command=npm start -- --port {port}"], "npm start -- --port {port}"),
])
def test_recover__tells_the_start_command_where_there_is_no_unit(pb, recover, shop, blog, bound,
                                                                 options, said):
    port = int(pb.ok("get", "web", cwd=shop))
    pb.ok("update", "shop/web", *[word.format(port=port) for word in options])
    bound(port, cwd=blog)
    answer = recover("shop/web", "--yes")
    assert answer["unit"] is None
    assert answer["startCommand"] == f"cd {shop} && {said.format(port=port)}"


def test_recover__tells_how_package_json_starts_it(pb, recover, shop, blog, bound):
    """The owner, and a squatter whose own command line cannot be typed."""
    port = int(pb.ok("get", "web", cwd=shop))
    (shop / "package.json").write_text('{"scripts": {"start": "node server.js"}}')
    (blog / "package.json").write_text('{"scripts": {"dev": "vite"}}')
    (blog / "pnpm-lock.yaml").touch()
    bound(port, cwd=blog)
    said = recover("shop/web", "--yes")
    assert said["startCommand"] == f"cd {shop} && PORT={port} npm start"
    moved, = said["moved"]
    assert moved["startCommand"] == f"cd {blog} && PORT={moved['port']} pnpm dev"


def test_recover__tells_what_is_known_where_nothing_says_how_it_starts(pb, shop, blog, bound):
    port = int(pb.ok("get", "web", cwd=shop))
    pid = bound(port, cwd=blog)
    said = pb("recover", "shop/web", "--yes", check=True)
    assert (f"no unit is registered for shop/web: start it in {shop} with PORT={port}\n"
            "  for the next time: portbook update shop/web --unit UNIT\n") in said.out
    assert not is_there(pid)


def test_recover__asks_first(pb, web, shop, blog, bound, systemctl):
    folder = systemctl(shop, web)
    pid = bound(web, cwd=blog)
    assert "nobody to ask" in pb.fails(2, "recover", "shop/web").err
    terminal = Terminal(pb, "recover", "shop/web")
    terminal.until("squatted: belongs to blog")
    terminal.until("End it? [y/N] ")
    terminal.type("\n")
    assert terminal.ends() == 1 and is_there(pid) and not (folder / "told").exists()
    assert pb("show", "blog", json=True).json["instances"] == [], "and enters nothing"


def test_recover__dry_run_changes_nothing(pb, recover, web, shop, blog, bound, systemctl):
    folder = systemctl(shop, web)
    pid = bound(web, cwd=blog)
    said = recover("shop/web", "--dry-run")
    assert [p["pid"] for p in said["wouldEnd"][0]["processes"]] == [pid]
    assert said["unit"] == "shop.service" and said["moved"][0]["projectName"] == "blog"
    assert is_there(pid) and not (folder / "told").exists()
    assert pb.json("list", "--project", "blog")["ports"] == []


def test_recover__says_what_systemctl_said_and_helps_the_squatter_all_the_same(
        pb, recover, web, shop, blog, bound, systemctl):
    (systemctl(shop, web) / "fails").touch()
    bound(web, cwd=blog)
    said = recover("shop/web", "--yes", status=5)
    assert "Unit shop.service not found" in said["error"]["message"]
    assert "systemctl restart shop.service" in said["error"]["hint"]
    assert said["moved"][0]["port"] == int(pb.ok("get", "web", cwd=blog))


def test_recover__says_that_the_service_does_not_listen(recover, web, shop, systemctl):
    (systemctl(shop, web) / "idle").touch()
    said = recover("shop/web", "--wait", 0, status=1)
    assert "nothing listens" in said["error"]["message"] and not said["listening"]
    assert said["error"]["hint"] == "see why: journalctl -u shop.service"


def test_recover__says_who_took_the_port_instead(pb, recover, web, blog, shop, bound, systemctl):
    """What is started works in a stranger's folder: to the book it is that stranger."""
    systemctl(blog, web)
    bound(web, cwd=blog)
    said = recover("shop/web", "--yes", "--wait", 60, status=3, timeout=90)
    assert f"port {web} was taken again by python3" in said["error"]["message"]


def test_recover__needs_a_systemctl(pb, web, shop, project_dir):
    said = pb.fails(1, "recover", "shop/web", env={"PATH": "/nowhere"})
    assert "there is no systemctl on PATH" in said.err


@pytest.mark.parametrize("own, told", [(True, "--user restart shop.service\n"),
                                       (False, "restart shop.service\n")])
def test_recover__asks_a_users_own_systemd_for_their_own_unit(pb, systemctl, own, told):
    need_root()
    pb.ok("get", "shop/web", "--create", "--unit", "shop.service", user=NOBODY)
    folder = systemctl(pb.base, 1)
    folder.chmod(0o777)
    (folder / "idle").touch()
    if own:
        (folder / "users").touch()
    pb.fails(1, "recover", "shop/web", "--wait", 0, user=NOBODY, env=with_systemctl(pb))
    assert (folder / "told").read_text() == told


def test_recover__refuses_another_users_process(pb, recover, web, shop, blog, bound, systemctl):
    need_root()
    folder = systemctl(shop, web)
    pid = bound(web, cwd=blog, user=NOBODY)
    assert "user nobody" in recover("shop/web", "--yes", status=6)["error"]["message"]
    assert is_there(pid) and not (folder / "told").exists()
