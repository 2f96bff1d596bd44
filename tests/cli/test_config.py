"""`config`: the ports in the forms that programs read, each read by that program."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import time
import tomllib

import jsonschema
import pytest
import yaml
from clilib import TOP, one_object

# A shop with a web page that the world sees, an API, a database and a name server on UDP.
PORTS = {"API_PORT": 3101, "DB_PORT": 3102, "DNS_PORT": 3100, "WEB_PORT": 3100}


@pytest.fixture
def shop_dir(pb, project_dir):
    """The directory of a project with four ports."""
    path = project_dir("shop")
    pb.ok("get", "web", "--hostname", "shop.example.org", "--description", "a | b", cwd=path)
    pb.ok("get", "api", "--type", "api", cwd=path)
    pb.ok("get", "db", "--type", "db", cwd=path)
    pb.ok("get", "dns", "--udp", cwd=path)
    return path


@pytest.fixture
def config(pb, shop_dir):
    """config("--format", "json"): what it says in the directory of the shop."""
    def run(*args, **options):
        return pb.ok("config", *args, cwd=shop_dir, **options)
    return run


def run_in(folder, pb, *command, **options):
    done = subprocess.run([str(word) for word in command], cwd=folder, env=pb.environment(),
                          capture_output=True, text=True, timeout=60, check=False, **options)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return done.stdout


@pytest.fixture
def npm(node):
    """npm, quietly; it comes with node, or not."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    return ["npm", "run", "--silent"]


def formats_of(pb, cwd):
    """All of them, as the program's own table has them."""
    error = json.loads(pb("config", "--format", "?", "--json", cwd=cwd).out)["error"]
    return error["hint"].partition(": ")[2].split(", ")


def test_config__knows_the_formats_that_completion_offers(pb, shop_dir):
    described = json.loads(pb.ok("__describe"))
    [command] = [c for c in described["commands"] if c["name"] == "config"]
    [option] = [o for o in command["options"] if o["name"] == "format"]
    assert option["choices"] == formats_of(pb, shop_dir)


def test_config__without_write_touches_nothing(pb, shop_dir, config):
    before = sorted(os.listdir(shop_dir))
    for name in formats_of(pb, shop_dir):
        pb("config", "--format", name, cwd=shop_dir)
        pb("config", "--format", name, "--diff", cwd=shop_dir)
    config("--format", "json", "--file", "new.json")
    assert sorted(os.listdir(shop_dir)) == before


def test_config__enters_nothing(pb, project_dir):
    path = project_dir("new")
    before = pb.json("project", "list")["projects"]
    assert str(path) in pb.fails(1, "config", "--format", "json", cwd=path).err
    assert pb.json("project", "list")["projects"] == before


def test_config__has_an_answer_as_its_schema_says(answer, shop_dir):
    said = answer("config", "--format", "json", cwd=shop_dir)
    assert json.loads(said["content"]) == PORTS
    assert said["root"] == str(shop_dir) and said["files"] == [".ports.json"]
    assert [s["variable"] for s in said["services"]] == sorted(PORTS)
    said = answer("config", "--format", "json", "--write", cwd=shop_dir)
    assert said["written"] and said["changed"]
    assert json.loads((shop_dir / ".ports.json").read_text()) == PORTS
    said = answer("config", "--format", "json", "--write", cwd=shop_dir)
    assert not said["written"] and said["fileName"] == str(shop_dir / ".ports.json")


def test_config__refuses_what_is_not_there(error, shop_dir):
    assert "dotenv" in error("invalid", "config", "--format", "x", cwd=shop_dir)["hint"]
    error("not-found", "config", "nobody/web", "--format", "json", cwd=shop_dir)
    error("not-found", "config", "queue", "--format", "json", cwd=shop_dir)
    said = error("not-found", "config", "-f", "json", "--env", "test", cwd=shop_dir)
    assert said["message"] == "'shop@1' has no ports in 'test'"
    error("invalid", "config", cwd=shop_dir)


def test_config__of_another_project_needs_to_be_told_the_file(pb, shop_dir, error):
    assert json.loads(pb.ok("config", "-f", "json", "-p", "shop", cwd=pb.base)) == PORTS
    said = error("invalid", "config", "-f", "json", "-p", "shop", "--write", cwd=pb.base)
    assert "--file" in said["hint"]
    pb.ok("config", "-f", "json", "-p", "shop", "--write", "--file", "s.json", cwd=pb.base)
    assert json.loads((pb.base / "s.json").read_text()) == PORTS


def test_port_config__is_the_same(pb, shop_dir, config):
    assert pb.ok("port-config", "-f", "json", cwd=shop_dir) == config("-f", "json")


def test_write__shows_what_changes_and_does_nothing_the_second_time(shop_dir, config):
    path = shop_dir / ".env.local"
    path.write_bytes(b"# mine\r\nA='x y'\r\nWEB_PORT=1 # page\r\n")
    words = ("--format", "dotenv", "--file", ".env.local")
    shown = config(*words)
    assert "\n-WEB_PORT=1 # page\n+WEB_PORT=3100 # page\n" in shown
    assert config(*words, "--write") == f"{shown}\n{path} is written"
    after = path.read_bytes()
    assert after == (b"# mine\r\nA='x y'\r\nWEB_PORT=3100 # page\r\nAPI_PORT=3101\r\n"
                     b"DB_PORT=3102\r\nDNS_PORT=3100\r\n")
    was = path.stat()
    assert config(*words, "--write") == f"{path} is up to date"
    assert path.stat().st_ino == was.st_ino and path.stat().st_mtime_ns == was.st_mtime_ns


def test_diff__is_one_that_patch_takes(pb, shop_dir, config):
    path = shop_dir / ".env.local"
    path.write_text("".join(f"X{i}={i}\n" for i in range(30)) + "WEB_PORT=1\nDB_PORT=2")
    before = path.read_bytes()
    words = [pb.program, "config", "--format", "dotenv", "--file", ".env.local"]
    shown = run_in(shop_dir, pb, *words)
    run_in(shop_dir, pb, "git", "apply", "-p1", "--unsafe-paths", "--directory=/", "-",
           input=shown)
    after = path.read_bytes()
    path.write_bytes(before)
    run_in(shop_dir, pb, *words, "--write")
    assert path.read_bytes() == after != before
    assert config("--format", "dotenv", "--file", ".env.local", "--diff") == ""


def test_write__keeps_mode_links_and_owner(shop_dir, config):
    real, link = shop_dir / "real.env", shop_dir / ".ports.env"
    real.write_text("A=1\n")
    real.chmod(0o640)
    if os.geteuid() == 0 and os.environ["PORTBOOK_TESTS_WERE_ROOT"] == "1":
        os.chown(real, 1234, 5678)
    before = real.stat()
    link.symlink_to("real.env")
    config("--format", "dotenv", "--write")
    after = real.stat()
    assert link.is_symlink() and "WEB_PORT=3100" in real.read_text()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (
        before.st_uid, before.st_gid, 0o640)


def test_write__leaves_alone_what_it_does_not_understand(pb, shop_dir, error):
    files = {"json": b'{"a": 1,\n // x\n}', "direnv": b"export WEB_PORT=$(cat x)\n",
             "Makefile": b"# >>> portbook (x) >>>\nall:\n", "hosts": b"127.0.0.1 x\n\xff\n",
             "dotenv": b"A=1\n\0\n"}
    for name, content in files.items():
        path = shop_dir / "file"
        path.write_bytes(content)
        said = error("invalid", "config", "-f", name, "--file", "file", "--write", cwd=shop_dir)
        assert said["message"].startswith(f"{path}:"), said
        assert re.search(r":\d+: |line \d+", said["message"]), said
        assert path.read_bytes() == content
    os.mkfifo(shop_dir / "pipe")
    error("invalid", "config", "-f", "json", "--file", "pipe", "--write", cwd=shop_dir)


def test_write__that_is_killed_leaves_the_old_file_or_the_new_one(pb, shop_dir, config):
    path = shop_dir / ".env"
    old = "".join(f"VARIABLE_{i}={i}\n" for i in range(200000))
    path.write_text(old)
    config("--format", "dotenv", "--file", ".env", "--write")
    new = path.read_text()
    started = time.monotonic()
    path.write_text(old)
    config("--format", "dotenv", "--file", ".env", "--write")
    whole = time.monotonic() - started
    seen = set()
    for part in range(12):
        path.write_text(old)
        process = subprocess.Popen(
            [pb.program, "config", "--format", "dotenv", "--file", ".env", "--write"],
            cwd=shop_dir, env=pb.environment(), stdout=subprocess.DEVNULL)
        try:
            process.wait(whole * part / 11)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.wait()
        now = path.read_text()
        assert now in (old, new)
        seen.add(now == new)
    assert False in seen


def test_env__writes_what_the_format_dotenv_writes(pb, shop_dir, config):
    config("--format", "dotenv", "--write")
    assert pb.ok("env", "--write", cwd=shop_dir).endswith(".ports.env is up to date")


# --- each format, read by the program that it is for

@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
@pytest.mark.parametrize("name", ["dotenv", "direnv"])
def test_variables__are_sourced_by_shells(pb, shop_dir, config, shell, name):
    config("--format", name, "--file", "./x", "--write")
    said = run_in(shop_dir, pb, shell, "-c", '. ./x; echo "$WEB_PORT $API_PORT"')
    assert said == "3100 3101\n"


def test_dotenv__is_read_by_python_dotenv(pb, shop_dir, config):
    path = shop_dir / ".env.local"
    path.write_text("export A='one # two'\nWEB_PORT=\"1\"\n")
    config("--format", "dotenv", "--file", ".env.local", "--write")
    said = run_in(shop_dir, pb, "/usr/bin/python3", "-c",
                  "import dotenv, json; print(json.dumps(dotenv.dotenv_values('.env.local')))")
    assert json.loads(said) == {"A": "one # two", **{k: str(v) for k, v in PORTS.items()}}


def test_direnv__gives_the_variables(pb, shop_dir, config):
    path = shop_dir / ".envrc"
    path.write_text("PATH_add bin\nexport WEB_PORT=${WEB_PORT:-3000} # page\n")
    config("--format", "direnv", "--write")
    run_in(shop_dir, pb, "direnv", "allow", path)
    said = run_in(shop_dir, pb, "direnv", "exec", ".", "env")
    assert {f"{k}={v}" for k, v in PORTS.items()} <= set(said.splitlines())
    assert f"PATH={shop_dir}/bin:" in said


def test_makefile__has_the_variables_and_leaves_the_default_goal(pb, shop_dir, config):
    (shop_dir / "Makefile").write_text("include ports.mk\n\nall:\n\t@echo $(WEB_PORT) $$API_PORT\n")
    config("--format", "Makefile", "--write")
    assert run_in(shop_dir, pb, "make", "-s") == "3100 3101\n"
    assert run_in(shop_dir, pb, "make", "-s", "WEB_PORT=4000") == "4000 3101\n"
    said = run_in(shop_dir, pb, "sh", "-c", "API_PORT=5000 make -s")
    assert said == "3100 5000\n"


def test_makefile__checks_the_ports_and_enters_them(pb, shop_dir, config, project_dir, listen):
    config("--format", "Makefile", "--write")
    path = f"{pb.program.parent}:/usr/bin:/bin"
    make = ["env", f"PATH={path}", "make", "-s", "-f", "ports.mk"]
    assert "3101" in run_in(shop_dir, pb, *make, "check-ports")
    listen(3101, cwd=project_dir("stranger"))
    done = subprocess.run([*make, "check-ports"], cwd=shop_dir, env=pb.environment(),
                          capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "3101" in done.stdout
    before = (shop_dir / "ports.mk").read_bytes()
    run_in(shop_dir, pb, *make, "init-ports")
    assert "WEB_PORT=3100" in (shop_dir / ".ports.env").read_text()
    assert (shop_dir / "ports.mk").read_bytes() == before


def test_makefile__may_be_somebodys_own_with_tabs_and_crlf(pb, shop_dir, config):
    path = shop_dir / "Makefile"
    mine = "# mine\nall: $(wildcard *.x)\n\t@echo $(DB_PORT)"
    path.write_text(mine)
    config("--format", "Makefile", "--file", "Makefile", "--write")
    assert path.read_text().startswith(mine)
    assert run_in(shop_dir, pb, "make", "-s") == "3102\n"


def say(folder):
    """A program `./say` that says what it was given."""
    (folder / "say").write_text('#!/bin/sh\necho PORT=$PORT "$@"\n')
    (folder / "say").chmod(0o755)


def test_package_json__runs_with_the_port_of_the_checkout(pb, shop_dir, config, npm):
    path = shop_dir / "package.json"
    path.write_text('{\n\t"name": "shop",\n\t"scripts": {\n\t\t"dev": "./say on -p 3000",\n'
                    '\t\t"start:api": "sh -c \\"PORT=4000 ./say\\""\n\t}\n}\n')
    say(shop_dir)
    shown = config("--format", "package-json")
    assert "+\t\t\"dev\": \"./say on -p ${WEB_PORT:-3100}\",\n" in shown and "3000" in path.read_text()
    config("--format", "package-json", "--write")
    assert run_in(shop_dir, pb, *npm, "dev") == "PORT= on -p 3100\n"
    assert run_in(shop_dir, pb, *npm, "start:api") == "PORT=3101\n"
    assert run_in(shop_dir, pb, "env", "WEB_PORT=3110", *npm, "dev") == "PORT= on -p 3110\n"
    assert "web" in pb.ok("init", "--dry-run", cwd=shop_dir)


SERVER = """\
const port = Number(process.argv.at(-1))
require('http').createServer().listen(port, '127.0.0.1', () => console.log(`on ${port}`))
process.stdin.on('end', () => process.exit()).resume()
"""


def test_worktrees__run_side_by_side_from_their_ports_env_alone(pb, shop_dir, config, npm):
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org"]
    (shop_dir / "server.js").write_text(SERVER)
    (shop_dir / "package.json").write_text('{"scripts": {"dev": "node server.js -p 3000"}}')
    run_in(shop_dir, pb, *git, "init", "-q")
    config("--format", "package-json", "--write")
    run_in(shop_dir, pb, *git, "add", "package.json", "server.js")
    run_in(shop_dir, pb, *git, "commit", "-qm", "shop")
    pb.ok("env", "--write", cwd=shop_dir)
    other = shop_dir.parent / "other"
    pb.ok("worktree", "add", other, "-b", "x", cwd=shop_dir)
    pb.ok("get", "web", cwd=other)
    pb.ok("env", "--write", cwd=other)
    command = ["sh", "-c", f"set -a; . ./.ports.env; exec {' '.join(npm)} dev"]
    said = {}
    with subprocess.Popen(command, cwd=shop_dir, env=pb.environment(), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first, \
         subprocess.Popen(command, cwd=other, env=pb.environment(), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as second:
        for name, process in (("first", first), ("second", second)):
            said[name] = process.stdout.readline()
        for process in (first, second):
            process.stdin.close()
    assert said["first"] == "on 3100\n"
    assert said["second"] == f"on {pb.ok('get', 'web', cwd=other)}\n" != "on 3100\n"


def test_next__gets_its_option(shop_dir, config):
    path = shop_dir / "package.json"
    path.write_text('{"scripts": {"dev": "next dev --turbo", "build": "next build"}}')
    config("--format", "next", "--write")
    assert json.loads(path.read_text())["scripts"] == {
        "dev": "next dev -p ${WEB_PORT:-3100} --turbo", "build": "next build"}


def test_procfile__is_run_with_the_port_of_the_checkout(pb, shop_dir, config):
    path = shop_dir / "Procfile"
    path.write_text("# ours\nweb: ./say -p 5000\nworker: ./say -p 1\n")
    say(shop_dir)
    config("--format", "Procfile", "--write")
    lines = path.read_text().splitlines()
    assert lines[0] == "# ours" and lines[2] == "worker: ./say -p 1"
    command = lines[1].partition(": ")[2]
    assert run_in(shop_dir, pb, "sh", "-c", command) == "PORT= -p 3100\n"
    assert run_in(shop_dir, pb, "env", "WEB_PORT=3110", "sh", "-c", command) == "PORT= -p 3110\n"


COMPOSE = """\
version: "3.8"
# the shop
x-common: &common
  restart: always
services:
  web:   # page
    <<: *common
    image: nginx
    ports:
      - "3000:80"   # page
      - '127.0.0.1:9229:9229'
  db:
    image: postgres
    ports: [ "5432:5432" ]
  dns:
    image: dns
    ports:
      - target: 53 # inside
        protocol: udp
"""


def published(document):
    """{service: [(published, target), ...]}, of what docker-compose config prints."""
    def pair(port):
        if isinstance(port, dict):
            return str(port["published"]), str(port["target"])
        return tuple(port.split("/")[0].split(":")[-2:])
    return {name: [pair(port) for port in service["ports"]]
            for name, service in document["services"].items()}


@pytest.mark.slow
def test_compose__in_its_own_file_is_read_by_docker_compose(pb, shop_dir, config):
    (shop_dir / "docker-compose.yml").write_text(COMPOSE)
    config("--format", "docker-compose", "--file", "docker-compose.yml", "--write")
    said = yaml.safe_load(run_in(shop_dir, pb, "docker-compose", "config"))
    assert published(said) == {"web": [("3100", "80"), ("9229", "9229")],
                               "db": [("3102", "5432")], "dns": [("3100", "53")]}
    said = run_in(shop_dir, pb, "env", "WEB_PORT=3110", "docker-compose", "config")
    assert published(yaml.safe_load(said))["web"][0] == ("3110", "80")


class Loader(yaml.SafeLoader):
    """Knows compose's own tag, and keeps it."""


Loader.add_constructor("!override", lambda loader, node: ("override",
                                                          loader.construct_sequence(node, deep=True)))


def test_compose__override_replaces_the_ports_and_keeps_the_containers(pb, shop_dir, config):
    (shop_dir / "docker-compose.yml").write_text(COMPOSE)
    path = shop_dir / "docker-compose.override.yml"
    path.write_text("services:\r\n  web:\r\n    environment: [A=1] # mine\r\n")
    shown = config("--format", "docker-compose")
    assert shown.startswith("# Docker Compose 2.24.4") and "docker-compose.yml." in shown
    config("--format", "docker-compose", "--write")
    assert (shop_dir / "docker-compose.yml").read_text() == COMPOSE
    content = path.read_bytes()
    assert b"environment: [A=1] # mine\r\n" in content and b"\n" not in content.replace(b"\r\n", b"")
    services = yaml.load(content, Loader)["services"]
    assert services["web"]["ports"] == (
        "override", ["${WEB_PORT:-3100}:80", "127.0.0.1:9229:9229"])
    assert services["db"]["ports"] == ("override", ["${DB_PORT:-3102}:5432"])
    assert services["dns"]["ports"] == (
        "override", [{"published": "${DNS_PORT:-3100}", "target": 53, "protocol": "udp"}])
    assert config("--format", "docker-compose", "--write").endswith("is up to date")


def test_compose__tells_which_ports_are_not_in_the_book(pb, shop_dir):
    (shop_dir / "docker-compose.yml").write_text(COMPOSE)
    said = pb("config", "--format", "docker-compose", "--write", cwd=shop_dir)
    assert said.code == 0
    line = COMPOSE.splitlines().index("      - '127.0.0.1:9229:9229'") + 1
    assert ("not in the book, and left as they are in docker-compose.yml: "
            f"'web' in line {line}; 'portbook get SERVICE' enters one") in said.err
    pb.ok("allocate", "web", cwd=shop_dir)
    assert "not in the book" not in pb("config", "--format", "compose", cwd=shop_dir).err


def test_config__of_an_instance_without_ports_says_how_to_get_one(pb, shop_dir, error):
    said = error("not-found", "config", "--format", "json", "--project", "shop", "--instance", 5)
    assert said["hint"] == "portbook get shop@5/SERVICE enters one"
    said = error("not-found", "config", "web", "--format", "json", "--project", "shop", "--instance", 5)
    assert said["hint"] == "portbook get shop@5/web enters one"
    said = error("not-found", "config", "--format", "json", "--project", "shop", "--env", "test")
    assert said["hint"] == "portbook get shop/SERVICE --env test enters one"
    said = error("not-found", "config", "x", "--format", "json", cwd=shop_dir)
    assert said["hint"] == "portbook get x enters one"


def test_proxies__give_no_site_to_a_database_that_has_no_type(pb, project_dir):
    path = project_dir("plain")
    for service in ("web", "postgres", "users-db", "redis-ui"):
        pb.ok("get", service, cwd=path)
    caddy = pb.ok("config", "--format", "caddy", cwd=path)
    assert "http://redis-ui.plain.localhost" in caddy and "http://web.plain" in caddy
    assert "postgres" not in caddy and "users-db" not in caddy
    haproxy = pb.ok("config", "--format", "haproxy", cwd=path)
    assert haproxy.count("mode tcp") == 2 and haproxy.count("mode http") == 2


def test_compose__is_valid_by_its_schema(shop_dir, config):
    schema = TOP.parent / "shared" / "data" / "compose" / "compose-spec.schema.json"
    if not schema.exists():
        pytest.skip("the schema of compose files is not in this checkout")
    (shop_dir / "compose.yaml").write_text(COMPOSE)
    config("--format", "docker-compose", "--write")
    said = yaml.load((shop_dir / "compose.override.yaml").read_text(), Loader)
    for service in said["services"].values():
        service["ports"] = service["ports"][1]
    validator = jsonschema.Draft7Validator(json.loads(schema.read_text()))
    validator.validate(said)
    config("--format", "docker-compose", "--file", "compose.yaml", "--write")
    validator.validate(yaml.safe_load((shop_dir / "compose.yaml").read_text()))


def test_compose__says_what_is_missing(pb, shop_dir, error):
    said = error("not-found", "config", "--format", "docker-compose", cwd=shop_dir)
    assert "'compose.yaml'" in said["message"] and "--file" in said["hint"]
    (shop_dir / "compose.yaml").write_text(COMPOSE)
    (shop_dir / "compose.override.yaml").write_text("services:\n  web:\n    ports: ['1:1']\n")
    said = error("invalid", "config", "--format", "docker-compose", "--write", cwd=shop_dir)
    assert "compose.override.yaml:3: " in said["message"] and "!override" in said["hint"]


VITE = """\
// https://vite.dev/config/
import { defineConfig } from 'vite'

const proxy = { '/api': `http://localhost:${4000}` } // { server: { port: 1 } }

export default defineConfig({
  plugins: [{ name: 'x', server: { port: 7 } }],
  server: {
    proxy,
    port: 5173,
  },
  test: { server: { port: 9 } },
})
"""


def test_vite__config_is_evaluated_with_the_port(pb, shop_dir, config, node):
    path = shop_dir / "vite.config.mjs"
    path.write_text(VITE)
    vite = shop_dir / "node_modules" / "vite"
    vite.mkdir(parents=True)
    (vite / "package.json").write_text('{"name": "vite", "type": "module", "exports": "./x.js"}')
    (vite / "x.js").write_text("export const defineConfig = (config) => config")
    config("--format", "vite", "--write")
    shown = ["node", "--input-type=module", "-e",
             "import c from './vite.config.mjs'; console.log(JSON.stringify(c))"]
    said = json.loads(run_in(shop_dir, pb, *shown))
    assert said["server"] == {"proxy": {"/api": "http://localhost:4000"}, "port": 3100,
                              "strictPort": True}
    assert said["plugins"][0]["server"]["port"] == 7 and said["test"]["server"]["port"] == 9
    said = json.loads(run_in(shop_dir, pb, "env", "WEB_PORT=3110", *shown))
    assert said["server"]["port"] == 3110
    assert config("--format", "vite", "--write").endswith("is up to date")


SUPABASE = """\
# For detailed configuration reference documentation, visit the site.
project_id = "shop"

[api]
enabled = true
# Port to use for the API URL.
port = 54321
schemas = ["public", "graphql_public"]

[db]
port = 54322
shadow_port = 54320
major_version = 17

[db.pooler]
enabled = false
port = 54329

[studio]
enabled = true
port = 54323

[local_smtp]
enabled = true
# smtp_port = 54325

[auth]
site_url = "http://127.0.0.1:3000"
additional_redirect_urls = ["https://127.0.0.1:3000"]
"""


def test_supabase__has_the_ports_of_the_checkout(pb, shop_dir, config):
    for service in ("supabase-api", "supabase-studio", "shadow", "inbucket"):
        pb.ok("get", service, cwd=shop_dir)
    ports = {row["serviceName"]: row["port"] for row in pb.json("list", "-p", "shop")["ports"]}
    path = shop_dir / "supabase" / "config.toml"
    path.parent.mkdir()
    path.write_text(SUPABASE)
    config("--format", "supabase", "--write")
    before, after = tomllib.loads(SUPABASE), tomllib.loads(path.read_text())
    before["api"]["port"] = ports["supabase-api"]
    before["db"].update(port=ports["db"], shadow_port=ports["shadow"])
    before["studio"]["port"] = ports["supabase-studio"]
    before["local_smtp"]["port"] = ports["inbucket"]
    before["auth"]["site_url"] = f"http://127.0.0.1:{ports['web']}"
    assert after == before and "# smtp_port = 54325" in path.read_text()
    assert config("--format", "supabase", "--write").endswith("is up to date")


def test_what_only_changes_numbers__needs_a_file(shop_dir, error):
    for name in ("package-json", "next", "vite", "supabase", "Procfile"):
        said = error("not-found", "config", "--format", name, "--write", cwd=shop_dir)
        assert "there is no" in said["message"]


def test_modules__give_the_ports_to_node_and_python(pb, shop_dir, config, node):
    config("--format", "express", "--write")
    config("--format", "python", "--write")
    shown = "console.log(JSON.stringify(require('./ports.cjs')))"
    assert json.loads(run_in(shop_dir, pb, "node", "-e", shown)) == PORTS
    said = run_in(shop_dir, pb, "env", "WEB_PORT=4000", "node", "-e",
                  "console.log(require('./ports.cjs').WEB_PORT)")
    assert said == "4000\n"
    said = run_in(shop_dir, pb, "/usr/bin/python3", "-c",
                  "import ports; print(ports.WEB_PORT + 1, ports.API_PORT)")
    assert said == "3101 3101\n"


def test_systemd__drop_in_is_verified_and_read(pb, shop_dir, config):
    unit = shop_dir / "shop.service"
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    config("web", "--format", "systemd", "--file", "shop.service.d/ports.conf", "--write")
    written = (shop_dir / "shop.service.d/ports.conf").read_text()
    assert "Environment=PORT=3100\n" in written
    before = next(li for li in written.splitlines() if li.startswith("ExecStartPre="))
    assert before == "ExecStartPre=-portbook yield shop/web --env dev"
    pb.ok(*before.split()[1:], cwd=pb.base)  # and that is a command which works anywhere
    verify = ["systemd-analyze", "verify", "--man=no", unit]
    assert "ports.conf" not in run_in(shop_dir, pb, *verify, stderr=None)
    (shop_dir / "shop.service.d/ports.conf").write_text("[Service]\nEnvironmant=X\n")
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert "ports.conf:2" in done.stderr, "systemd-analyze does not look at drop-ins"


def test_systemd__belongs_to_the_unit_that_the_book_names(pb, shop_dir, answer, error):
    pb.ok("update", "web", "--unit", "shop.service", cwd=shop_dir)
    said = answer("config", "web", "--format", "systemd", cwd=shop_dir)
    assert said["files"] == ["/etc/systemd/system/shop.service.d/portbook.conf"]
    assert answer("config", "--format", "systemd", cwd=shop_dir)["files"] == []
    said = error("invalid", "config", "--format", "systemd", "--write", cwd=shop_dir)
    assert "--unit" in said["hint"] and "--file" in said["hint"]


def test_hosts__are_this_machine(shop_dir, config):
    (shop_dir / "hosts").write_text("127.0.0.1\tlocalhost\n")
    config("--format", "hosts", "--file", "hosts", "--write")
    config("-i", "1", "--format", "hosts", "--file", "hosts", "--write")
    rows = [line.partition("#")[0].split() for line in (shop_dir / "hosts").read_text().split("\n")]
    names = [row[1] for row in rows if row]
    assert names == ["localhost", "api.shop.localhost", "db.shop.localhost",
                     "dns.shop.localhost", "web.shop.localhost"]


def test_hosts__of_two_projects_stand_in_one_file(pb, shop_dir, config, project_dir):
    other = project_dir("other")
    pb.ok("get", "web", cwd=other)
    path = shop_dir / "hosts"
    config("--format", "hosts", "--file", path, "--write")
    pb.ok("config", "--format", "hosts", "--file", path, "--write", cwd=other)
    first = path.read_text()
    pb.ok("get", "queue", cwd=shop_dir)
    config("--format", "hosts", "--file", path, "--write")
    assert "queue.shop.localhost" in path.read_text()
    assert set(first.splitlines()) < set(path.read_text().splitlines())


def test_markdown__is_read_as_a_table_of_these_ports(pb, shop_dir, config):
    (shop_dir / "README.md").write_text("# Shop\n\nText.\n")
    config("--format", "markdown", "--file", "README.md", "--write")
    said = pb.json("import", "README.md", "--format", "md", "--project", "shop", "--dry-run",
                   cwd=shop_dir)
    assert (said["unchanged"], said["entered"]) == (len(PORTS), 0)
    assert "a \\| b" in (shop_dir / "README.md").read_text()


@pytest.mark.slow
def test_nginx__takes_it(pb, shop_dir, config):
    config("--format", "nginx", "--write")
    (shop_dir / "nginx.conf").write_text(
        f"error_log {shop_dir}/log;\npid {shop_dir}/pid;\nevents {{}}\n"
        f"http {{\n\taccess_log off;\n\tinclude {shop_dir}/ports.nginx.conf;\n}}\n")
    run_in(shop_dir, pb, "/usr/sbin/nginx", "-t", "-q", "-p", shop_dir, "-c", "nginx.conf")


@pytest.mark.slow
def test_caddy__takes_it(pb, shop_dir, config):
    path = shop_dir / "ports.Caddyfile"
    path.write_text("{\n\tadmin off\n}\n")
    config("--format", "caddy", "--write")
    said = json.loads(run_in(shop_dir, pb, "caddy", "adapt", "--config", path, "--adapter",
                             "caddyfile"))
    assert "127.0.0.1:3100" in json.dumps(said) and "shop.example.org" in json.dumps(said)
    run_in(shop_dir, pb, "caddy", "validate", "--config", path, "--adapter", "caddyfile")


@pytest.mark.slow
def test_haproxy__takes_it(pb, shop_dir, config):
    path = shop_dir / "haproxy.cfg"
    path.write_text("defaults\n\ttimeout connect 5s\n\ttimeout client 5s\n\ttimeout server 5s\n"
                    "\nfrontend f\n\tmode http\n\tbind 127.0.0.1:8099\n"
                    "\tuse_backend shop_web if { hdr(host) -i shop.example.org }\n")
    config("--format", "haproxy", "--file", path, "--write")
    run_in(shop_dir, pb, "/usr/sbin/haproxy", "-c", "-f", path)


# --- templates

TEMPLATE = """\
{{! for our own supervisor }}
{{#services}}
[{{name}}]
{{#description}}
; {{{description}}}
{{/description}}
port={{port}}
{{/services}}
all={{#services}}{{variable}}{{^last}},{{/last}}{{/services}} of {{project}}@{{instance}}
web={{ports.WEB_PORT}}
"""


@pytest.fixture
def templates(pb):
    """The folder of the user's templates."""
    folder = pb.home / "config" / "portbook" / "templates"
    folder.mkdir(parents=True)
    return folder


def test_template__is_filled_with_the_ports(pb, shop_dir, config, templates, error):
    (templates / "ours.ini").write_text(TEMPLATE)
    said = config("--format", "ours.ini")
    assert "[api]\nport=3101\n[db]\n" in said and "[web]\n; a | b\nport=3100\nall=" in said
    assert said.endswith("all=API_PORT,DB_PORT,DNS_PORT,WEB_PORT of shop@1\nweb=3100")
    config("--format", "ours.ini", "--file", "out.ini", "--write")
    assert (shop_dir / "out.ini").read_text() == said + "\n"
    assert config("--format", "ours.ini", "--file", "out.ini", "--write").endswith("up to date")
    said = error("invalid", "config", "--format", "ours.ini", "--write", cwd=shop_dir)
    assert "--file" in said["hint"]


def test_template__of_a_formats_name_is_not_used(config, templates):
    (templates / "json").write_text("mine")
    assert json.loads(config("--format", "json")) == PORTS


def test_template__that_is_wrong_says_where(shop_dir, templates, error):
    (templates / "x").write_text("\n{{#services}}\n")
    said = error("invalid", "config", "--format", "x", cwd=shop_dir)
    assert said["message"].startswith(f"{templates}/x:2: ")
    error("invalid", "config", "--format", "../x", cwd=shop_dir)


def test_guide__names_every_format(pb, shop_dir):
    guide = (TOP / "docs" / "guide.md").read_text()
    for name in formats_of(pb, shop_dir):
        assert f"| `{name}` |" in guide, name


def test_json__is_one_object(pb, shop_dir):
    assert one_object(pb("config", "-f", "json", "--diff", "--json", cwd=shop_dir))["changed"]
