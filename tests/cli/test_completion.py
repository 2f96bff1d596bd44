"""completion: what a half-typed word may become, asked directly and in the real shells."""

import os
import re
import shutil
import subprocess

import pexpect
import pytest
from clilib import commands_of_help

BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"


@pytest.fixture
def complete(pb):
    """complete("get", "sh"): {word: what it is}; the last word is the one under the cursor."""
    def run(*words, paths=":none", **options):
        result = pb.fails(0, "__complete", "--", *words, **options)
        assert result.err == "", result
        lines = result.out.splitlines()
        assert lines.pop() == paths, result
        assert all(line.count("\t") == 1 for line in lines), result
        return dict(line.split("\t") for line in lines)
    return run


@pytest.fixture
def shop(pb, project_dir):
    """A book with two projects; the directory of the first."""
    path = project_dir("shop")
    pb.ok("get", "web", cwd=path)
    pb.ok("get", "api", "--env", "test", cwd=path)
    pb.ok("get", "shop@2/worker", cwd=path)
    pb.ok("project", "add", "blog", "--description", "the: blog")
    return path


# --- what fits

def test_complete__offers_every_command_and_family_of_help(pb, complete):
    listed = {command.split()[0] for command in commands_of_help(pb)}
    assert list(complete("")) == sorted(listed) and "project" in listed
    assert complete("ge") == {"get": "the port of a service, entered if it has none",
                              "get-port": "a port of a type for this directory's project"}


def test_complete__offers_every_option_of_every_commands_help(pb, complete):
    commands = commands_of_help(pb)
    assert {"get", "project add", "completion"} <= set(commands)
    for command in commands:
        text = pb.ok("help", *command.split())
        options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", text, re.MULTILINE)
        assert list(complete(*command.split(), "--")) == options, command


def test_complete__leaves_every_argument_called_file_to_the_shell(pb):
    """Who adds such a command is told here to say `completes`."""
    commands = [c for c in commands_of_help(pb)
                if re.match(r"usage: .*\[?FILE\b", pb.ok("help", *c.split()))]
    assert {"import", "policy check"} <= set(commands)
    for command in commands:
        out = pb.ok("__complete", "--", *command.split(), "")
        assert out.endswith(":files"), command


def test_complete__offers_the_second_word_of_a_family(complete):
    assert "add-block" in complete("project", "")
    assert list(complete("project", "add")) == ["add", "add-block"]
    assert list(complete("--json", "policy", "-q", "li")) == ["list"]


@pytest.mark.sanitize
@pytest.mark.parametrize("words, expected", [
    ("get |shop/", "shop/web shop/api shop/worker"),
    ("get |shop/w", "shop/web shop/worker"),
    ("get |shop@", "shop@1/ shop@2/"),
    ("get |shop@2/", "shop@2/worker"),
    ("get |shop@1/w", "shop@1/web"),
    ("get |b", "blog/"),
    ("get |nobody/", ""),
    ("get |shop@x/", ""),
    ("move shop/web |blog", "blog/"),
    ("release |shop/we", "shop/web"),
    ("release |31", "3100 3101 3190"),
    ("release --all |sh", "shared-services shop"),
    ("release --all |shop@", "shop@1 shop@2"),
    ("release blog/x |shop/we", "shop/web"),
    ("update shop/web --port |", "3100"),
    ("history |sh", "shared-services/ shop/ shared-services shop"),
    ("list --project |sh", "shared-services shop"),
    ("list --project=|sh", "--project=shared-services --project=shop"),
    ("list -p |sh", "shared-services shop"),
    ("list --proj |sh", "shared-services shop"),
    ("list -p shop --service |w", "web worker"),
    ("instance set shop --instance |", "1 2"),
    ("get shop/web --env |", "dev test production"),
    ("get shop/web --env=|te", "--env=test"),
    ("get shop/web -e |te", "test"),
    ("get-port --type |mo", "monitoring"),
    ("project rename |bl", "blog"),
    ("export --project |bl", "blog"),
    ("import --env |te", "test"),
    ("project rename blog |bl", ""),
    ("project add |bl", ""),
    ("project add x --status |a", "active archived"),
    ("list --format |", "table json csv tsv md"),
    ("--color=|n", "--color=never"),
    ("--host |lo", "localhost"),
    ("completion |", "bash zsh fish"),
    ("completion bash |", ""),
    ("help |pol", "policy"),
    ("help project |re", "remove rename"),
    ("help get |", ""),
    ("get -- |--en", ""),
    ("get --description |sh", ""),
    ("get |-e", "-e"),
    ("get |-x", ""),
    ("nonsense |", ""),
    ("project nonsense |", ""),
    ("__complete |", ""),
    ("get shop/web |sh", ""),
])
def test_complete__knows_what_fits(complete, shop, words, expected):
    before, word = words.split("|")
    *given, last = before.split(" ") if not before.endswith("=") else [*before.split(" "), ""]
    given = [*given, last + word] if not before.endswith("=") else [*given[:-1], given[-1] + word]
    assert list(complete(*given)) == expected.split()


@pytest.mark.parametrize("words, paths", [
    (["init", ""], ":folders"), (["list", "--worktree", ""], ":folders"),
    (["list", "--worktree=/"], ":folders"), (["--book", ""], ":files"),
    (["policy", "check", "./"], ":files"), (["import", ""], ":files"),
    (["import", "--dry-run", "x"], ":files"), (["export", "--output="], ":files")])
def test_complete__leaves_paths_to_the_shell(complete, words, paths):
    assert not complete(*words, paths=paths)


def test_complete__names_policies_and_files_where_both_fit(complete):
    assert list(complete("policy", "use", "", paths=":files")) == [
        "blocks", "environments", "instances", "types"]


def test_complete__in_a_projects_directory_offers_its_services_first(pb, complete, shop):
    assert list(complete("get", "", cwd=shop)) == ["web", "api", "worker", "shared-services/",
                                                   "shop/", "blog/"]
    assert complete("get", "w", cwd=shop) == {"web": "3100", "worker": "3190 of @2"}
    assert complete("get", "a", cwd=shop) == {"api": "3101 in test"}
    assert list(complete("get", "--port=1", "@", cwd=shop)) == ["@1/", "@2/"]


def test_complete__in_a_worktree_without_ports_offers_what_the_main_checkout_has(
        complete, shop, git):
    git(shop, "worktree", "add", "-q", "../shop-fix")
    assert "web" in complete("get", "w", cwd=shop.parent / "shop-fix")


def test_complete__offers_what_portbook_yaml_declares(pb, complete, shop):
    (shop / "portbook.yaml").write_text("services:\n  web:\n  mailpit:\n")
    assert complete("get", "m", cwd=shop) == {"mailpit": "declared in portbook.yaml"}
    assert complete("get", "we", cwd=shop) == {"web": "3100"}
    (shop / "portbook.yaml").write_text("services: [")
    assert complete("get", "we", cwd=shop) == {"web": "3100"}
    new = pb.base / "new"
    new.mkdir()
    (new / "portbook.yaml").write_text("services:\n  queue:\n")
    assert complete("get", "q", cwd=new) == {"queue": "declared in portbook.yaml"}


def test_complete__offers_no_option_twice_unless_it_may_be_repeated(complete):
    first = complete("get", "web", "--")
    assert {"--meta", "--env", "--json", "--udp"} <= set(first)
    second = complete("--json", "get", "web", "-e", "test", "--meta", "a=b", "--ud", "--")
    assert set(first) - set(second) == {"--env", "--json", "--udp"}


def test_complete__offers_reserved_ports_to_unreserve_but_not_those_of_the_policy(pb, complete):
    pb.ok("reserve", "4000-4010", "--reason", "printers")
    assert complete("unreserve", "") == {"4000-4010": "printers"}
    assert not complete("reserve", "")


def test_complete__reads_the_book_that_the_words_before_name(pb, complete, shop):
    other = pb.base / "other.db"
    pb.ok("--book", other, "project", "add", "elsewhere")
    assert "elsewhere/" in complete("--book", other, "get", "")
    assert "elsewhere/" not in complete("get", "")
    assert "elsewhere/" in complete("get", "", env={"PORTBOOK_BOOK": other})


# --- what it never does

def test_complete__makes_no_book_and_knows_what_a_new_one_would_have(pb, complete):
    assert list(complete("get", "")) == ["shared-services/"]
    assert "dev" in complete("get", "web", "--env", "")
    assert not (pb.home / "data" / "portbook").exists()


@pytest.mark.sanitize
@pytest.mark.parametrize("content", [b"", b"junk", b"SQLite format 3\0" + b"\xff" * 200])
def test_complete__says_nothing_of_a_book_that_is_none(pb, complete, content):
    path = pb.base / "book.db"
    path.write_bytes(content)
    complete("--book", path, "get", "")
    assert "get" in complete("--book", path, "ge")
    assert path.read_bytes() == content


def test_complete__changes_nothing(pb, book, complete, shop):
    before = book.dump()
    for words in (["get", "shop/"], ["release", "3"], ["release", "--all", "s"], ["get", "new"],
                  ["project", "remove", ""], ["policy", "use", ""]):
        complete(*words, cwd=shop, paths=":files" if words[0] == "policy" else ":none")
    complete("get", "", cwd=pb.work)
    assert book.dump() == before


def test_complete__of_a_book_that_may_not_be_read_offers_what_needs_none(pb, complete, shop):
    pb.program_for(65534)
    os.chmod(pb.base, 0o755)
    path = pb.home / "data" / "portbook" / "book.db"
    assert "get" in complete("--book", path, "ge", user=65534)
    assert "shop/" not in complete("--book", path, "get", "", user=65534)


@pytest.mark.sanitize
@pytest.mark.parametrize("words", [
    [], [""], ["get", "\udcff"], ["get", "\udcff/"], ["-"], ["--"], ["--="], ["get", "--="],
    ["get", "--x=y"], ["get", "/"], ["get", "@"], ["get", "@/"], ["get", "x@99999999999/"],
    ["get", "x" * 5000], ["get", "x" * 5000 + "/"], ["release", "99999999999999999999"],
    ["release", "0"], ["release", "66"], ["--json", "--json", "get", "--instance", "\udcff", "w"]])
def test_complete__stays_silent_on_odd_words(pb, shop, words):
    result = pb.fails(0, "__complete", "--", *words)
    assert result.err == "" and result.out.endswith(":none\n"), result


def test_complete__shows_nothing_that_would_change_a_terminal(book, complete, shop):
    book.change("UPDATE projects SET description = ? WHERE name = 'blog'", "a\tb\nc\x1b[31m")
    book.change("UPDATE projects SET name = ? WHERE name = 'shared-services'", "x\x1b[0m")
    names = complete("project", "show", "")
    assert set(names) == {"shop", "blog"} and names["blog"].isprintable()


def test_completion__of_another_shell_is_refused_and_names_those_there_are(pb):
    result = pb.fails(2, "completion", "tcsh")
    assert "tcsh" in result.err and "bash, zsh, fish" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion__prints_a_script_that_its_shell_can_read(pb, shell):
    check = {"bash": ["bash", "-n"], "zsh": ["zsh", "-fn"], "fish": ["fish", "--no-execute"]}
    script = pb.base / "script"
    script.write_text(pb.ok("completion", shell) + "\n")
    subprocess.run([*check[shell], script], check=True)
    assert pb.json("completion", shell)["script"].strip() == script.read_text().strip()


# --- bash

def bash_start(with_package):
    load = f". {BASH_COMPLETION}; " if with_package else ""
    return f"{load}source <(portbook completion bash)"


@pytest.fixture(params=[False, True], ids=["plain", "with bash-completion"])
def with_package(request):
    if request.param and not os.path.exists(BASH_COMPLETION):
        pytest.fail("the package bash-completion is not installed")
    return request.param


@pytest.mark.parametrize("words, expected", [
    (["get", "shop/w"], ["shop/web", "shop/worker"]),
    (["get", "shop", "@", "2/w"], ["@2/worker"]),
    (["get", "shop@2/w"], ["@2/worker"]),
    (["get", "shop", "@"], ["@1/", "@2/"]),
    (["get", "--env", "=", "te"], ["test"]),
    (["get", "--env", "="], ["dev", "test", "production"]),
    (["get", "--env", "te"], ["test"]),
    (["--book", "~/data/portbook/book.db", "get", "bl"], ["blog/"]),
    (["--book", "'$B'", "get", "bl"], ["blog/"]),
    (["get", "'sh"], ["shared-services/", "shop/"]),
    (["init", ""], []),
])
def test_bash__function_fills_compreply(pb, shop, with_package, words, expected):
    """Words as bash cuts them: at blanks, and at what is in COMP_WORDBREAKS."""
    words = [w.replace("$B", str(pb.home / "data/portbook/book.db")) for w in words]
    line = "portbook " + re.sub(r" ?([@=]) ?", r"\1", " ".join(words))
    quoted = " ".join("'" + w.replace("'", "'\\''") + "'" for w in ["portbook", *words])
    done = subprocess.run(
        ["bash", "--norc", "-c", bash_start(with_package) + f"""
COMP_WORDBREAKS=$' \\t\\n"\\'@><=;|&(:'
COMP_LINE=$1 COMP_POINT=${{#1}} COMP_WORDS=({quoted}) COMP_CWORD={len(words)}
_portbook portbook
printf '%s\\n' "${{COMPREPLY[@]}}" """, "bash", line],
        env=pb.environment(), cwd=pb.work, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.split() == expected


class Shell:
    """A shell on a terminal of its own; C-g says what its line is."""

    def __init__(self, pb, cwd, command, show_line, *setup):
        env = {**pb.environment(), "TERM": "xterm", "PS1": "ready> ", "HISTFILE": ""}
        self.child = pexpect.spawn(command[0], command[1:], env=env, cwd=str(cwd), timeout=30,
                                   encoding="utf-8", dimensions=(50, 160))
        for line in (*setup, show_line, "printf 'set%sup\\n' -"):
            self.child.sendline(line)
        self.child.expect("set-up")

    def line(self, typed):
        """What the line is after typing this; TAB is a key like others."""
        self.child.send(typed + "\x07")
        self.child.expect(r"LINE<(.*?)>")
        line = self.child.match.group(1)
        self.child.send("\x15")
        return line

    def list(self, typed, *expected):
        """What is shown on the terminal after typing this."""
        self.child.send(typed)
        for text in expected:
            self.child.expect(text)
        self.child.send("\x15")


@pytest.fixture
def shells():
    started = []

    def start(*args):
        started.append(Shell(*args))
        return started[-1]

    yield start
    for shell in started:
        shell.child.close(force=True)


KEYS = [
    ("portbook ver\t", "portbook version "),
    ("portbook get shop/a\t", "portbook get shop/api "),
    ("portbook get bl\t", "portbook get blog/"),
    ("portbook get shop@2/w\t", "portbook get shop@2/worker "),
    ("portbook get --en\t", "portbook get --env "),
    ("portbook get --env=te\t", "portbook get --env=test "),
    ("portbook get --env te\t", "portbook get --env test "),
    ("portbook policy use blo\t", "portbook policy use blocks "),
    ("portbook init fol\t", "portbook init folder/"),
    ("portbook list --worktree=fol\t", "portbook list --worktree=folder/"),
    ("portbook policy check a\t", "portbook policy check a:b.yaml "),
    ("./pb/portbook proj\t", "./pb/portbook project "),
    ("portbook nonsense \t", "portbook nonsense "),
]


@pytest.fixture
def work(pb, shop):
    """A directory with something to complete."""
    (pb.work / "folder").mkdir()
    (pb.work / "folders.txt").write_text("")
    (pb.work / "a:b.yaml").write_text("")
    (pb.work / "pb").symlink_to(pb.program.parent)
    return pb.work


def test_bash__completes_at_the_prompt(pb, shells, work, with_package):
    shell = shells(pb, work, ["bash", "--norc", "-i"],
                   "bind -x '\"\\C-g\": printf \"LINE<%s>\\n\" \"$READLINE_LINE\"'",
                   bash_start(with_package))
    got = {typed: shell.line(typed) for typed, _ in KEYS}
    expected = dict(KEYS)
    # readline quotes a colon in a file's name.
    expected["portbook policy check a\t"] = r"portbook policy check a\:b.yaml "
    assert got == expected
    shell.list("portbook get shop/\t\t", "shop/api", "shop/worker")


# --- zsh

ZSH_LINE = "say-line() { print -r -- \"LINE<$BUFFER>\" }; zle -N say-line; bindkey '^G' say-line"


@pytest.mark.parametrize("way", ["sourced", "autoloaded"])
def test_zsh__completes_at_the_prompt(pb, shells, work, way):
    folder = pb.base / "site-functions"
    folder.mkdir()
    (folder / "_portbook").write_text(pb.ok("completion", "zsh") + "\n")
    setup = {"sourced": ["autoload -Uz compinit; compinit -u -D",
                         "source <(portbook completion zsh)"],
             "autoloaded": [f"fpath=({folder} $fpath)", "autoload -Uz compinit; compinit -u -D"]}
    shell = shells(pb, work, ["zsh", "-f", "-i"], ZSH_LINE, "bindkey -e", *setup[way])
    got = {typed: shell.line(typed) for typed, _ in KEYS}
    expected = dict(KEYS)
    expected["portbook policy check a\t"] = "portbook policy check a:b.yaml "
    assert got == expected
    shell.list("portbook get shop/\t", "shop/api +-- 3101 in test", "shop/worker +-- 3190 of @2")
    shell.list("portbook project show b\t", "blog")


# --- fish

def test_fish__completes(pb, work):
    def ask(line):
        done = subprocess.run(
            ["fish", "--no-config", "-c",
             "portbook completion fish | source; complete -C $argv[1]", line],
            env=pb.environment(), cwd=work, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return sorted(done.stdout.splitlines())

    assert ask("portbook ver") == ["version\twhich portbook this is"]
    assert ask("portbook get shop/w") == ["shop/web\t3100", "shop/worker\t3190 of @2"]
    assert ask("portbook get shop@2/") == ["shop@2/worker\t3190 of @2"]
    assert ask("portbook get bl") == ["blog/\tthe: blog"]
    assert ask("portbook get --env=te") == ["--env=test"]
    assert ask("portbook get --env te") == ["test"]
    assert ask("portbook get --dry") == ["--dry-run\tchange nothing, only say what would be"]
    assert ask("portbook init fol") == ["folder/"]
    assert ask("portbook list --worktree=fol") == ["--worktree=folder/"]
    assert ask("portbook policy check a") == ["a:b.yaml"]
    assert ask("portbook nonsense ") == []
    other = pb.base / "other.db"
    pb.ok("--book", other, "project", "add", "elsewhere")
    assert ask(f"portbook --book {other} get el") == ["elsewhere/"]


def test_shells__that_are_tested_are_there():
    assert all(shutil.which(shell) for shell in ("bash", "zsh", "fish"))


# --- make install

def test_install__puts_the_scripts_where_the_shells_look(pb):
    build = pb.program.parent
    if not (build / "build.ninja").exists():
        pytest.skip("the program was not built here")
    subprocess.run(["meson", "install", "-C", build, "--no-rebuild", "--quiet"], check=True,
                   env={**os.environ, "DESTDIR": str(pb.base / "root")})
    places = {"bash": "bash-completion/completions/portbook", "fish":
              "fish/vendor_completions.d/portbook.fish", "zsh": "zsh/site-functions/_portbook"}
    for shell, place in places.items():
        [path] = (pb.base / "root").rglob(f"share/{place}")
        assert path.read_text().strip() == pb.ok("completion", shell)
