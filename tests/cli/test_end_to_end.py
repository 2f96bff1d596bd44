"""Two worktrees of one repository, side by side: real programs, each on its own checkout's ports."""

import shutil
import subprocess
import urllib.request

import pytest
import yaml

from ending import end_group
from npm import FRAMEWORKS, PACKAGES

VITE = """\
import { defineConfig } from 'vite'

// https://vite.dev/config/
export default defineConfig({
\tcacheDir: '.vite',
\tserver: {
\t\thost: '127.0.0.1',\t// and no other
\t\tport: 5173,
\t},
})
"""

EXPRESS = """\
const express = require('express')
const { API_PORT } = require('./ports.cjs')
const app = express()

app.get('/', (ask, answer) => answer.send(`I am ${__dirname}`))
app.listen(API_PORT, '127.0.0.1', (error) => {
  if (error) throw error
  console.log(`listening on ${API_PORT}`)
})
"""

PACKAGE = """\
{
  "name": "shop",
  "private": true,
  "scripts": {
    "dev": "vite --clearScreen false",
    "dev:api": "node server.cjs"
  }
}
"""

COMPOSE = """\
services:
  db:
    image: postgres:17   # pinned
    ports:
      - "127.0.0.1:5432:5432"
"""

FILES = {"vite.config.mjs": VITE, "server.cjs": EXPRESS, "package.json": PACKAGE,
         "docker-compose.yml": COMPOSE, ".gitignore": "node_modules\n.vite\n.ports.env\n",
         "index.html": "<!doctype html>\n<title>The shop</title>\n"}

# Which file config brings the ports into; what it writes is committed, but for .ports.env.
WRITTEN = (["--format", "vite"], ["--format", "express"],
           ["--format", "docker-compose", "--file", "docker-compose.yml"])


def write_ports(pb, folder):
    """The only file in which the checkouts differ."""
    for service in ("web", "api", "db"):
        pb.ok("get", service, cwd=folder)
    pb.ok("env", "--write", cwd=folder)
    lines = (folder / ".ports.env").read_text().splitlines()
    return {name: int(port) for name, port in
            (line.split("=") for line in lines if line and line[0] != "#")}


@pytest.fixture
def checkouts(pb, project_dir, git):
    """Main checkout and worktree of a shop: [(folder, {"WEB_PORT": 3100, ...}), ...]."""
    if not shutil.which("node") or not (PACKAGES / "vite").exists():
        pytest.skip("Vite and Express are not installed: run tools/install-node")
    main = project_dir("shop")
    for name, text in FILES.items():
        (main / name).write_text(text)
    ports = write_ports(pb, main)
    for words in WRITTEN:
        pb.ok("config", *words, "--write", cwd=main)
    git(main, "add", ".")
    git(main, "commit", "-qm", "shop")
    other = main.parent / "other"
    pb.ok("worktree", "add", other, "-b", "x", cwd=main)
    made = [(main, ports), (other, write_ports(pb, other))]
    assert not set(made[0][1].values()) & set(made[1][1].values())
    assert git(other, "status", "--porcelain") == "", "the worktrees have the same files"
    for folder, _ in made:
        (folder / "node_modules").symlink_to(PACKAGES)
    return made


@pytest.fixture
def start(pb):
    """start(folder, script, sign): `npm run` it with .ports.env; it has said `sign` since."""
    running = []

    def run(folder, script, sign):
        process = subprocess.Popen(
            ["sh", "-c", f"set -a; . ./.ports.env; exec npm run --silent {script}"], cwd=folder,
            env=pb.environment({"NO_COLOR": "1"}), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        running.append(process)
        said = ""
        for line in process.stdout:
            said += line
            if sign in line:
                return said
        raise AssertionError(f"it ended with {process.wait()}: {said}")

    yield run
    for process in running:
        end_group(process)
        process.stdout.close()


def page(port, seconds=30):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=seconds) as answer:
        return answer.read().decode()


def test_vite__serves_each_worktree_on_its_own_port(checkouts, start):
    for folder, ports in checkouts:
        said = start(folder, "dev", "Local:")
        assert f"http://127.0.0.1:{ports['WEB_PORT']}/" in said
    for _, ports in checkouts:
        assert "The shop" in page(ports["WEB_PORT"]) and "/@vite/client" in page(ports["WEB_PORT"])


def test_vite__takes_no_other_port_when_its_own_is_taken(checkouts, start, listen, project_dir):
    folder, ports = checkouts[0]
    listen(ports["WEB_PORT"], cwd=project_dir("stranger"))
    with pytest.raises(AssertionError, match=f"{ports['WEB_PORT']} is already in use"):
        start(folder, "dev", "Local:")


def test_express__answers_in_each_worktree_on_its_own_port(checkouts, start):
    for folder, ports in checkouts:
        start(folder, "dev:api", f"listening on {ports['API_PORT']}")
    for folder, ports in checkouts:
        assert page(ports["API_PORT"]) == f"I am {folder}"


def test_lint__finds_nothing_in_either_worktree(pb, checkouts):
    for folder, _ in checkouts:
        said = pb.ok("lint", cwd=folder)
        assert "0 errors" in said, said


@pytest.mark.slow
def test_compose__publishes_each_worktrees_ports(pb, checkouts):
    for folder, ports in checkouts:
        done = subprocess.run(["docker-compose", "--env-file", ".ports.env", "config"], cwd=folder,
                              env=pb.environment(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        [port] = yaml.safe_load(done.stdout)["services"]["db"]["ports"]
        assert f"127.0.0.1:{ports['DB_PORT']}:5432" in port


# --- Next

NEXT = {
    "package.json": """\
{
  "name": "pages",
  "private": true,
  "scripts": {
    "dev": "next dev --webpack",
    "build": "next build --webpack",
    "start": "next start --port 3000 --hostname 127.0.0.1"
  }
}
""",
    "app/layout.js": """\
export default function Layout({ children }) {
  return <html><body>{children}</body></html>
}
""",
    "app/page.js": "export default function Page() { return <p>The shop</p> }\n",
}


@pytest.fixture
def next_project(pb, project_dir):
    """(folder, port): a project whose scripts have been brought to the port of its `web`."""
    if not shutil.which("node") or not (FRAMEWORKS / "next").exists():
        pytest.skip("Next is not installed: run tools/install-node frameworks")
    folder = project_dir("pages")
    for name, text in NEXT.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "node_modules").symlink_to(FRAMEWORKS)
    pb.ok("project", "add", "before")
    pb.ok("get", "before/web")  # has 3100, so that pages has not what is next to a default
    port = int(pb.ok("get", "web", cwd=folder))
    pb.ok("env", "--write", cwd=folder)
    pb.ok("config", "--format", "next", "--write", cwd=folder)
    return folder, port


# Next makes a page for half a minute when nothing else is to be done.

@pytest.mark.slow
@pytest.mark.timeout(400)
def test_next_dev__serves_on_the_port_that_config_wrote(next_project, start):
    folder, port = next_project
    assert f":{port}\n" in start(folder, "dev", "Ready in")
    assert "The shop" in page(port, 300)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_next_start__serves_on_the_port_that_config_wrote(pb, next_project, start):
    folder, port = next_project
    done = subprocess.run(["npm", "run", "--silent", "build"], cwd=folder, env=pb.environment(),
                          capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert f":{port}\n" in start(folder, "start", "Ready in")
    assert "The shop" in page(port)
