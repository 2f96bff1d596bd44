"""hook check-command: what an agent may run, and what it is told instead."""

import json
import subprocess

import pytest


@pytest.fixture
def shop(pb, project_dir):
    """shop/web has 3100, blog/web 3200, blog/admin 3000."""
    path = project_dir("shop")
    blog = project_dir("blog")
    pb.ok("get", "web", cwd=path)
    pb.ok("get", "web", cwd=blog)
    pb.ok("register", "admin", "3000", cwd=blog)
    return path


@pytest.fixture
def asked(pb, shop):
    """asked(command, ...): the answer by hand, in shop unless told otherwise."""
    def run(command, cwd=None, env=None):
        return pb("hook", "check-command", command, cwd=cwd or shop, env=env, json=True).json
    return run


def message(command, cwd, **more):
    return json.dumps({"session_id": "1", "hook_event_name": "PreToolUse", "tool_name": "Bash",
                       "tool_input": {"command": command, "description": "x"}, "cwd": str(cwd),
                       **more})


# --- the protocol

@pytest.mark.sanitize
def test_hook__denies_with_the_reason_and_the_command_to_run(pb, shop):
    run = pb("hook", "check-command", cwd="/", input=message("npx vite --port 3200", shop))
    assert (run.code, run.err) == (0, "")
    said = run.json["hookSpecificOutput"]
    assert said == {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason":
            "3200 belongs to 'blog/web' (dev); the port of 'shop/web' is 3100. "
            "Run this instead: npx vite --port 3100",
    }


@pytest.mark.sanitize
def test_hook__allows_by_saying_nothing(pb, shop):
    for what in (message("ls -la", shop), message("npx vite --port 3100", shop),
                 message("vite --port 3200", shop, tool_name="Read"),
                 '{"tool_name": "Bash"}', '{"tool_name": "Bash", "tool_input": {"command": 1}}',
                 '{"tool_name": "Bash", "tool_input": {"command": ""}}', "{}"):
        run = pb("hook", "check-command", cwd=shop, input=what)
        assert (run.code, run.out, run.err) == (0, "", ""), what


def test_hook__allows_what_it_cannot_read_and_says_so(pb, shop):
    for what in ("", "not JSON", "[]", '{"tool_name":', "\0", "[" * 1000):
        run = pb("hook", "check-command", cwd=shop, input=what)
        assert (run.code, run.out) == (0, ""), what
        assert "the command was not looked at: " in run.err, what


def test_hook__a_broken_book_is_in_nobodys_way(pb, shop, tmp_path):
    broken = tmp_path / "broken.db"
    broken.write_text("this is no book\n" * 1000)
    run = pb("--book", broken, "hook", "check-command", cwd=shop,
             input=message("vite --port 3200", shop))
    assert (run.code, run.out) == (0, "")
    assert "the command was not looked at" in run.err


def test_hook__makes_no_book(pb, tmp_path):
    book = tmp_path / "none.db"
    run = pb("--book", book, "hook", "check-command", cwd=tmp_path,
             input=message("vite --port 3000", tmp_path))
    assert (run.code, run.out, run.err) == (0, "", "")
    run = pb("--book", book, "hook", "check-command", "vite --port 3000", cwd=tmp_path)
    assert (run.code, run.out) == (0, "allowed\n") and "there is no book" in run.err
    assert not book.exists()


def test_hook__enters_nothing(pb, shop, book, asked):
    before = book.dump()
    assert asked("vite --port 3200")["decision"] == "deny"
    assert asked("npx next dev", cwd=pb.work)["decision"] == "deny"
    assert book.dump() == before


def test_hook__is_switched_off_by_the_environment(pb, shop):
    run = pb("hook", "check-command", cwd=shop, input=message("vite --port 3200", shop),
             env={"PORTBOOK_DISABLE": "1"})
    assert (run.code, run.out, run.err) == (0, "", "")


def test_by_hand__says_the_reason_and_has_a_status(pb, shop):
    run = pb.fails(1, "hook", "check-command", "vite --port 3200", cwd=shop)
    assert run.out.startswith("3200 belongs to 'blog/web' (dev); ")
    assert pb.ok("hook", "check-command", "vite --port 3100", cwd=shop) == "allowed"


# --- whose a port is

DENIED = {
    # Another's entry, another's block, reserved, and what many programs take unasked.
    "PORT=3000 npm start": "PORT=3100 npm start",
    "npx vite --port 3200": "npx vite --port 3100",
    "node server.js --port 3250": "node server.js --port 3100",
    "python -m http.server 8080": "python -m http.server 3100",
    "npx vite": "npx vite --strictPort --port 3100",
    "npx next dev": "npx next dev -p 3100",
    "PORT='3000' node a.js": "PORT='3100' node a.js",
    "docker run -p 3200:80 nginx": "docker run -p 3100:80 nginx",
    "docker run -p 127.0.0.1:3200:5432 pg":
        "docker run -p 127.0.0.1:$(portbook get postgresql):5432 pg",
    "docker run -p 5432:5432 postgres": "docker run -p $(portbook get postgresql):5432 postgres",
    "PORT=3000 npx vite": "PORT=3100 npx vite --strictPort --port 3100",
    "concurrently 'vite --port 3200' 'node api.js --port 3201'":
        "concurrently 'vite --port 3100' 'node api.js --port $(portbook get api)'",
    "cd ../blog && npx vite --port 3100": "cd ../blog && npx vite --port 3200",
    "php -S localhost:3200": "php -S localhost:3100",
    # What goes on to speak of that port is brought along.
    "PORT=3000 npm start & sleep 3; curl -s http://localhost:3000/ 127.0.0.1:30001":
        "PORT=3100 npm start & sleep 3; curl -s http://localhost:3100/ 127.0.0.1:30001",
    "kill $(lsof -ti:3200); npx vite --port 3200 --host":
        "kill $(lsof -ti:3100); npx vite --port 3100 --host",
    "fuser -k 3200/tcp; npx kill-port 3200 && npx vite --port=3200":
        "fuser -k 3100/tcp; npx kill-port 3100 && npx vite --port=3100",
}

ALLOWED = [
    "npx vite --port 3100", "npx vite --port 3150", "npx vite --port 9999", "npx next dev -p 4568",
    "curl localhost:3200", "kill $(lsof -ti:3000)", "cd ../blog && npx vite --port 3200",
    "npx vite build", "API_PORT=3200 npm start", "npm run dev", "PORT=${PORT:-3000} node a.js",
    "docker compose up -d", "git commit -m 'PORT=3000 npm start'", "redis-server",
    "bash -c \"npx vite --port ${PORT:-3200}\"", "cd /nowhere/at/all && npm run dev", "cd \"$X\" && npx vite",
]


def test_denied__are_ports_of_others_with_the_command_to_run(asked):
    for command, instead in DENIED.items():
        answer = asked(command)
        assert (answer["decision"], answer["command"]) == ("deny", instead), command
        assert instead in answer["reason"]


def test_allowed__is_all_else(asked):
    for command in ALLOWED:
        answer = asked(command)
        assert (answer["decision"], answer["reason"], answer["command"]) == ("allow", None, None), \
            command


def test_rewritten__is_allowed(asked):
    for command, instead in DENIED.items():
        assert asked(instead)["decision"] == "allow", command


def test_default__is_not_told_where_a_file_may_say_otherwise(asked, shop):
    assert asked("npx vite")["decision"] == "deny"
    (shop / "vite.config.ts").write_text("import { defineConfig } from 'vite'\nexport default {}\n")
    assert asked("npx vite")["decision"] == "deny"
    (shop / "vite.config.ts").write_text("export default { server: { port: 3100 } }\n")
    assert asked("npx vite")["decision"] == "allow"
    assert asked("npx next dev")["decision"] == "deny"
    (shop / ".envrc").write_text("dotenv .ports.env\n")
    assert asked("npx next dev")["decision"] == "allow"


def test_default__is_what_the_environment_says(asked):
    assert asked("npx next dev", env={"PORT": "3100"})["decision"] == "allow"
    assert asked("npx next dev", env={"PORT": "3200"})["command"] == "npx next dev -p 3100"


def test_scripts__of_package_json_are_read(asked, shop):
    package = {"scripts": {"dev": "vite", "serve": "next dev", "fixed": "vite --port 3200",
                           "own": "vite --port 3100", "preview": "vite preview --port 4173",
                           "test": "jest --port 3200"}}
    (shop / "package.json").write_text(json.dumps(package))
    (shop / "apps").mkdir()
    (shop / "apps/package.json").write_text(json.dumps({"scripts": {"dev": "astro dev -p 1"}}))
    assert asked("npm run dev")["command"] == "npm run dev -- --strictPort --port 3100"
    assert asked("yarn dev")["command"] == "yarn dev --strictPort --port 3100"
    assert asked("npm run serve")["command"] == "PORT=3100 npm run serve"
    assert asked("cd apps && npm run dev")["command"] == "cd apps && npm run dev -- --port 3100"
    assert asked("npm run own")["decision"] == "allow"
    assert asked("npm test")["decision"] == "allow"
    fixed = asked("npm run fixed")
    assert (fixed["decision"], fixed["command"]) == ("deny", None)
    assert "the script 'fixed' of package.json" in fixed["reason"]
    assert fixed["ports"][0]["script"] == "fixed"


def test_scripts__name_no_port_of_nobody_that_many_programs_take(pb, asked, shop):
    scripts = {"dev": "vite --port 5173", "api": "PORT=3000 node api.js", "quiet": "vite --port 9999",
               "open": "PORT=${PORT:-3000} node api.js", "both": "vite && echo",
               "chain": "npm run dev"}
    (shop / "package.json").write_text(json.dumps({"scripts": scripts}))
    for command in ("npm run dev", "yarn dev", "pnpm dev", "bun run dev", "npm run api",
                    "npm run chain"):
        answer = asked(command)
        assert (answer["decision"], answer["command"]) == ("deny", None), command
        assert "the port of 'shop/web' is 3100. The port stands in the script" in answer["reason"]
    # As where they are typed.
    for command in ("npx vite --port 9999", "npm run quiet", "npm run open"):
        assert asked(command)["decision"] == "allow", command
    # Nothing stands there that could be changed.
    assert asked("npm run both")["decision"] == "allow"
    # What is given behind it counts, but a variable of the script's own does.
    assert asked("npm run dev -- --port 3100")["decision"] == "allow"
    assert asked("PORT=3100 npm run api")["decision"] == "deny"
    # What the denial names helps.
    remedy = "portbook config --format package-json --write"
    assert remedy in asked("npm run dev")["reason"]
    assert remedy not in asked("npm run api")["reason"], "its name tells no service of shop"
    pb.ok(*remedy.split()[1:], cwd=shop)
    assert asked("npm run dev")["decision"] == "allow"


def test_scripts__are_of_the_service_in_their_name(pb, asked, shop):
    for service in ("client", "api"):
        pb.ok("get", service, cwd=shop)
    scripts = {"client": "vite --port 5173 client", "both": "npm run client",
               "api": "json-server db.json --port 8000", "usual-client": "vite client",
               "e2e": "PORT=5173 node a.js & playwright test"}
    (shop / "package.json").write_text(json.dumps({"scripts": scripts}))
    for command in ("npm run client", "pnpm client", "npm run both"):
        assert "the port of 'shop/client' is 3101" in asked(command)["reason"], command
    assert "the port of 'shop/api' is 3102" in asked("npm run api")["reason"]
    assert asked("npm run usual-client")["command"] == \
        "npm run usual-client -- --strictPort --port 3101"
    assert asked("npm run e2e")["decision"] == "allow", "whose it is, its name does not tell"
    pb.ok("config", "--format", "package-json", "--write", cwd=shop)
    for name in ("client", "both", "api", "e2e"):
        assert asked(f"npm run {name}")["decision"] == "allow", name


def test_scripts__that_config_leaves_alone_may_have_a_port_of_nobody(pb, asked, shop):
    scripts = {"preview": "vite preview --port 4173", "lh": "lhci autorun --port 8000",
               "e2e": "PORT=8000 node a.js & playwright test", "py": "python3 -m http.server 8000",
               "test:e2e": "serve -l 5000 dist & playwright test",
               "docker:test": "docker run -p 8000:3000 x"}
    package = json.dumps({"scripts": scripts})
    (shop / "package.json").write_text(package)
    (shop / "apps").mkdir()
    (shop / "apps/package.json").write_text(json.dumps({"scripts": {"dev": "vite --port 5173"}}))
    for name in scripts:
        assert asked(f"npm run {name}")["decision"] == "allow", name
    assert asked("cd apps && npm run dev")["decision"] == "allow", "the file at the top is changed"
    pb.fails(2, "config", "--format", "package-json", "--write", cwd=shop)
    assert (shop / "package.json").read_text() == package


def test_services__are_told_apart_by_variable_script_and_program(pb, asked, shop):
    pb.ok("get", "api", cwd=shop)
    pb.ok("get", "db", cwd=shop)
    package = {"scripts": {"dev:api": "node server.js --port 3200"}}
    (shop / "package.json").write_text(json.dumps(package))
    assert asked("uvicorn app:app --port 3200")["command"] == "uvicorn app:app --port 3101"
    assert asked("docker run -p 5432:5432 pg")["command"] == "docker run -p 3102:5432 pg"
    assert "'shop/api' is 3101" in asked("npm run dev:api")["reason"]
    assert asked("concurrently 'vite --port 3200' 'node a.js --port 3201'")["command"] == \
        "concurrently 'vite --port 3100' 'node a.js --port 3101'"


# --- who asks

def test_worktree__has_ports_of_its_own(pb, asked, shop, git):
    pb.ok("worktree", "add", "../fix", cwd=shop)
    fix = shop.parent / "fix"
    own = pb.ok("get", "web", cwd=fix)
    answer = asked("npx vite --port 3100", cwd=fix)
    assert answer["command"] == f"npx vite --port {own}"
    assert "3100 belongs to 'shop/web'" in answer["reason"]
    assert asked(f"npx vite --port {own}", cwd=fix)["decision"] == "allow"


def test_unknown_directory__is_denied_others_ports_only(asked, project_dir):
    new = project_dir("new")
    answer = asked("npx vite --port 3200", cwd=new)
    assert answer["command"] == "npx vite --port $(portbook get web)"
    assert "'portbook get web' gives this directory a port of its own" in answer["reason"]
    assert asked("npx vite", cwd=new)["decision"] == "allow"
    assert asked("PORT=4000 npm start", cwd=new)["decision"] == "allow"


def test_unknown_directory__gets_a_command_that_runs(pb, asked, project_dir):
    new = project_dir("new")
    instead = asked("PORT='3200' ./start", cwd=new)["command"]
    assert instead == "PORT=''\"$(portbook get web)\"'' ./start"
    (new / "start").write_text("#!/bin/sh\necho got $PORT\n")
    (new / "start").chmod(0o755)
    done = subprocess.run(["bash", "-c", instead], cwd=new, capture_output=True,
                          text=True, env=pb.environment(), check=True)
    assert done.stdout == f"got {pb.ok('get', 'web', cwd=new)}\n"


def test_directory_of_no_project__is_told_to_name_one(asked):
    answer = asked("npx vite --port 3200", cwd="/tmp")
    assert (answer["decision"], answer["command"]) == ("deny", None)
    assert "portbook get NAME/web --create" in answer["reason"]


def test_hook__gives_a_server_of_pages_no_port_of_an_api(pb, project_dir, asked):
    folder = project_dir("service")
    port = pb.ok("get", "api", cwd=folder)
    for command in ("npx next dev", "npx vite --port 3200"):
        said = asked(command, cwd=folder)
        assert said["decision"] == "deny" and "$(portbook get web)" in said["command"], said
        assert "'service/api'" not in said["reason"]
    assert asked("npx vite", cwd=folder)["decision"] == "allow", "nobody's, and none to have instead"
    assert asked("node server.js --port 3000", cwd=folder)["command"].endswith(f"--port {port}")


def test_hook__gives_two_servers_of_pages_a_port_each(pb, shop, asked):
    pb.ok("get", "api", cwd=shop)
    said = asked("npx vite & npx next dev")["command"]
    assert said == "npx vite --strictPort --port 3100 & npx next dev -p $(portbook get next)"
