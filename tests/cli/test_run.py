"""run: a command gets its service's port, and no other.

What it decides is in tests/unit/enforce/test_verdict.c; here are programs and the kernel.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time

import pexpect
import pytest

from networks import until

NOBODY = 65534

# Both ways of having a supervisor; the second is that of systems where Yama forbids the first.
IN_PLACE, BESIDE = {}, {"PORTBOOK_RUN_WITHOUT": "in-place"}
BOTH = pytest.mark.parametrize("way", [IN_PLACE, BESIDE], ids=["in-place", "beside"])

# What a program says of a bind: the port that it has then, or the error's name.
PROGRAM = """
import errno, os, socket, sys, threading

def bind(port, address="127.0.0.1", kind=socket.SOCK_STREAM, protocol=0, **options):
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, protocol)
    for name, value in options.items():
        s.setsockopt(socket.IPPROTO_IPV6, getattr(socket, name), value)
    try:
        s.bind((address, port))
    except OSError as e:
        print(errno.errorcode[e.errno], flush=True)
        return s
    if kind == socket.SOCK_STREAM:
        s.listen()
    print(s.getsockname()[1], flush=True)
    return s
"""


class Shop:
    """A project whose service web has 3100, beside one that owns 3000."""

    def __init__(self, pb, path):
        self.pb, self.path = pb, path

    def __call__(self, code, *options, env=None, user=None, timeout=60):
        """Run Python with that code."""
        return self.run(*options, "--", sys.executable, "-S", "-E", "-c", PROGRAM + code, env=env,
                        user=user, timeout=timeout)

    def run(self, *words, **options):
        return self.pb("run", *words, cwd=self.path, **options)

    def start(self, code, *options, **more):
        return self.pb.start("run", *options, "--", sys.executable, "-S", "-E", "-c",
                             PROGRAM + code, cwd=self.path, stdin=subprocess.PIPE, **more)

    def states(self, service="web"):
        """What the book has seen of the service, the oldest first."""
        said = self.pb.json("history", "--health", f"shop/{service}")
        return [change["state"] for one in said["services"] for change in one["changes"]]

    def events(self):
        said = self.pb.json("history")["events"]
        return [event for event in said if event["operation"] == "run"]


@pytest.fixture
def shop(pb, project_dir):
    path = project_dir("shop")
    assert pb.ok("get", "web", cwd=path) == "3100"
    pb.ok("project", "add", "other")
    pb.ok("register", "other/dashboard", "3000")
    return Shop(pb, path)


@pytest.fixture
def binder(pb):
    path = pb.program.parent / "tests" / "binder"
    if not path.exists():
        pytest.skip("binder is not built")
    return path


def lines(result):
    assert result.code == 0, result
    return result.out.split()


# --- which service, and its environment

def test_run__takes_the_only_service_of_the_instance(pb, project_dir):
    path = project_dir("tool")
    port = pb.ok("get", "daemon", cwd=path)
    said = pb("run", "--plain", "--", "sh", "-c", "echo $PORT $DAEMON_PORT", cwd=path, check=True)
    assert said.out.split() == [port, port]


def test_run__takes_web_where_there_are_several_or_none(pb, project_dir):
    path = project_dir("site")
    show = ("--plain", "--", "sh", "-c", "echo $PORT $WEB_PORT $API_PORT")
    web = pb("run", *show, cwd=path, check=True).out.split()
    assert web == [pb.ok("get", "web", cwd=path)] * 2
    api = pb.ok("get", "api", cwd=path)
    assert pb("run", *show, cwd=path, check=True).out.split() == [*web, api]
    assert pb("run", "api", *show, cwd=path, check=True).out.split() == [api, web[0], api]


def test_run__enters_a_service_that_is_named_and_a_project_only_when_told_to(pb, shop):
    assert pb.fails(1, "run", "nobody/web", "--plain", "--", "true").err
    said = pb.ok("run", "new/db", "--create", "--plain", "--", "sh", "-c", "echo $PORT $DB_PORT")
    assert said.split() == [pb.ok("get", "new/db")] * 2


@pytest.mark.parametrize("words, status, text", [
    (["web"], 2, "behind '--'"),
    (["--"], 2, "behind '--'"),
    (["--strict", "--plain", "--", "true"], 2, "give one of them"),
    (["--map", "x=hmr", "--", "true"], 2, "--map takes PORT=NAME"),
    (["--", "no-such-command"], 127, "there is no command"),
    (["--", "/etc/passwd"], 126, "cannot start"),
    (["web", "api", "--", "true"], 2, "'api'"),
])
def test_run__says_what_is_wrong_with_the_command(shop, words, status, text):
    result = shop.run(*words)
    assert result.code == status and text in result.err, result


def test_run__leaves_the_words_behind_the_dashes_alone(shop):
    result = shop.run("--plain", "web", "--", "printf", "%s\n", "--json", "-q", "--", "x")
    assert result.out.split() == ["--json", "-q", "--", "x"], result


def test_run__completes_services_before_the_dashes_and_files_behind(pb, shop):
    def offered(*words):
        return pb("__complete", "--", "run", *words, cwd=shop.path, check=True).out.splitlines()
    assert [line.split("\t")[0] for line in offered("w")] == ["web", ":none"]
    assert offered("web", "--", "x") == [":files"]


# --- ports

@BOTH
def test_run__carries_out_another_port_on_its_own_and_says_so(shop, way):
    result = shop("bind(3000)", env=way)
    assert lines(result) == ["3100"]
    assert result.err == ("portbook: python3 asked for 3000 (other/dashboard); "
                          "it listens on 3100 (shop/web)\n")


def test_run__says_it_of_a_port_that_is_nobodys(shop):
    result = shop("bind(8080)")
    assert lines(result) == ["3100"]
    assert result.err == "portbook: python3 asked for 8080; it listens on 3100 (shop/web)\n"


def test_run__lets_its_own_ports_0_and_udp_be(shop):
    api = shop.pb.ok("get", "shop/api")
    result = shop(f"a = bind(3100); b = bind({api}); c = bind(0); "
                  "d = bind(3000, kind=socket.SOCK_DGRAM)")
    said = lines(result)
    assert said[:2] == ["3100", api] and said[2] not in ("3100", "3000") and said[3] == "3000"
    assert result.err == ""


def test_run__gives_a_second_port_an_entry_of_its_own(shop, ports):
    result = shop("a = bind(3000); b = bind(5173); c = bind(3000); b.close(); d = bind(5173)")
    assert lines(result) == ["3100", "3101", "EADDRINUSE", "3101"]
    assert "python3 asked for 5173; it listens on 3101 (shop/web-5173)\n" in result.err
    assert ports()[3101] == "shop/web-5173"
    assert lines(shop("a = bind(3000); b = bind(5173)")) == ["3100", "3101"]


def test_run__refuses_a_second_port_that_another_project_owns(shop, ports):
    before = ports()
    result = shop("a = bind(3100); b = bind(3000)")
    assert lines(result) == ["3100", "EADDRINUSE"]
    assert "python3 asked for 3000 (other/dashboard) and gets EADDRINUSE" in result.err
    assert ports() == before


def test_run__maps_a_port_to_a_service_that_is_named(shop, ports):
    result = shop("print(os.environ['HMR_PORT']); b = bind(3000); a = bind(5173)",
                  "--map", "3000=hmr")
    assert lines(result) == ["3101", "3101", "3100"]
    assert ports()[3101] == "shop/hmr"


def test_run__takes_a_port_that_was_entered_since_for_its_own(shop):
    program = shop.start("sys.stdin.readline(); bind(int(sys.stdin.readline()))")
    port = shop.pb.ok("get", "shop/late")
    said, notes = program.communicate(f"\n{port}\n", timeout=30)
    assert (said.split(), notes) == ([port], "")


def test_run__keeps_what_the_program_says_of_ipv6(shop):
    result = shop("a = bind(3000, '::', IPV6_V6ONLY=1); b = bind(3000, '0.0.0.0'); a.close(); "
                  "b.close(); c = bind(3000, '::', IPV6_V6ONLY=0); d = bind(3000, '0.0.0.0')")
    assert lines(result) == ["3100", "3100", "3100", "EADDRINUSE"]


def test_run__gives_the_port_to_who_listens_without_a_bind(shop):
    assert lines(shop("s = socket.socket(); s.listen(); print(s.getsockname()[1])")) == ["3100"]


def test_run__says_who_cannot_have_its_own_port(shop, listen):
    listen(3100)
    result = shop("bind(3000); bind(3100)")
    assert lines(result) == ["EADDRINUSE", "EADDRINUSE"]
    assert result.err.count("cannot have 3100 (shop/web): somebody else has it; "
                            "portbook check 3100 says who") == 1


def test_run__leaves_a_network_of_its_own_alone(shop):
    code = "import ctypes; ctypes.CDLL(None).unshare(0x40000000); bind(3000, '0.0.0.0')"
    assert lines(shop(code)) == ["3000"]


def test_run__passes_on_what_is_wrong_with_a_bind(shop):
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    print(errno.errorcode[ctypes.get_errno()] if libc.bind(*args) else 0)
s = socket.socket()
good = b"\\2\\0" + (3000).to_bytes(2, "big") + bytes(12)
call(999, good, 16); call(0, good, 16); call(s.fileno(), None, 16); call(s.fileno(), good, 15)
call(s.fileno(), good, -1); call(s.fileno(), good, 1000); call(s.fileno(), b"\\5" + good, 16)
call(s.fileno(), good + bytes(90), 106)
"""
    assert lines(shop(code)) == ["EBADF", "ENOTSOCK", "EFAULT", "EINVAL", "EINVAL", "EINVAL",
                                 "EAFNOSUPPORT", "0"]


def test_run__lets_unix_sockets_be(shop):
    code = ("s = socket.socket(socket.AF_UNIX); s.bind('a.sock'); s.listen(); "
            "print(os.path.exists('a.sock'))")
    assert lines(shop(code)) == ["True"]


# --- ways around it

def test_run__does_not_take_another_port_than_it_judged(shop, binder):
    result = shop.run("--", str(binder), "flip", "20000", "3100", "3000", timeout=120)
    assert result.out.startswith("0 wrong"), result


@pytest.mark.parametrize("how", ["socketcall", "i386", "storm"])
def test_run__sees_what_other_programs_bind(shop, binder, how):
    result = shop.run("--", str(binder), how, "3000")
    if result.code == 77:
        pytest.skip("no 32-bit programs on this kind of machine")
    assert result.out == "3100\n", result


def test_run__sees_threads_and_multipath_tcp(shop):
    assert lines(shop("t = threading.Thread(target=bind, args=(3000,)); t.start(); t.join()")) == [
        "3100"]
    assert lines(shop("bind(3000, protocol=262)")) == ["3100"]


def test_run__has_no_io_uring_and_no_x32(shop):
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for number in (425, 0x40000000 + 49):
    libc.syscall(number, 8, bytes(200), 16)
    print(errno.errorcode[ctypes.get_errno()])
"""
    assert lines(shop(code)) == ["ENOSYS", "ENOSYS"]


def supervisors():
    """The processes called so in this test's network."""
    found = []
    own = os.readlink("/proc/self/ns/net")
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/comm", encoding="ascii", errors="replace") as file:
                if file.read() == "portbook-run\n" and os.readlink(f"/proc/{pid}/ns/net") == own:
                    found.append(int(pid))
        except OSError:
            pass
    return found


def test_run__binds_nothing_when_its_supervisor_is_killed(shop):
    program = shop.start("print(1, flush=True); sys.stdin.readline(); bind(3000)")
    assert program.stdout.readline() == "1\n"
    for pid in until(supervisors):
        os.kill(pid, signal.SIGKILL)
    until(lambda: not supervisors())
    said, _ = program.communicate("\n", timeout=30)
    assert said == "ENOSYS\n"


# --- what the book is told

@BOTH
def test_run__that_ends_at_once_is_down_in_the_end(shop, way):
    for n in range(1, 11):
        shop.start("bind(3000)", env=way).communicate()
        until(lambda n=n: shop.states() == ["in_use", "down"] * n)


@BOTH
def test_run__marks_the_entry_in_use_and_down(shop, way):
    program = shop.start("s = bind(3000); sys.stdin.read()", env=way)
    assert program.stdout.readline() == "3100\n"
    until(lambda: shop.states() == ["in_use"])
    program.communicate()
    until(lambda: shop.states() == ["in_use", "down"])
    said, = shop.pb.json("history", "--health", "shop/web")["services"]
    assert (said["looks"], said["uptime"]["all"]) == (0, None)  # nobody has looked


@pytest.mark.parametrize("how", [(), ("--strict",), ("--plain",)])
def test_run__puts_its_process_into_the_history(shop, how):
    code = ("f = open('/proc/self/stat').read(); "
            "print(os.getpid(), f.rpartition(')')[2].split()[19])")
    pid, start = lines(shop(code, *how))
    until(shop.events)
    [event] = shop.events()
    assert (event["port"], event["subject"], str(event["after"]["pid"]),
            str(event["after"]["startedAt"])) == (3100, "shop/web", pid, start)
    assert event["after"]["program"].startswith("python3")


def test_undo__passes_over_what_was_run(shop):
    shop.run("--plain", "--", "true")
    until(shop.events)
    assert "other/dashboard" in shop.pb("undo", "--yes", check=True).out


def time_is_over():
    """As an exec leaves it: nobody has heard of it yet."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])
    os.kill(os.getpid(), signal.SIGALRM)


def test_run__that_begins_anew_has_no_more_time_than_it_had(shop):
    result = subprocess.run([shop.pb.program, "run", "shop/web", "--", "echo", "started"],
                            env=shop.pb.environment(), preexec_fn=time_is_over,
                            capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (5, "") and "within 2 s" in result.stderr


def test_run__waits_two_seconds_for_a_book_and_no_longer(shop, book):
    held = sqlite3.connect(book.path, isolation_level=None)
    held.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    result = shop.run("new", "--", "echo", "started")
    assert (result.code, result.out) == (5, "") and "within 2 s" in result.err
    assert time.monotonic() - began < 15
    # What is known already needs no book: reading goes on, and so does the first other port.
    result = shop("a = bind(3000); b = bind(5173)")
    assert lines(result) == ["3100", "EADDRINUSE"]
    assert "5173 and gets EADDRINUSE: the book has not answered within 2 s" in result.err
    held.close()


# --- in place, and beside

@BOTH
@pytest.mark.parametrize("script, status", [("exit 42", 42), ("kill -SEGV $$", -signal.SIGSEGV),
                                            ("kill -TERM $$", -signal.SIGTERM), ("true", 0)])
def test_run__ends_as_the_command_does(shop, way, script, status):
    assert shop.run("--", "sh", "-c", script, env=way).code == status


def test_run__is_the_command(shop):
    program = shop.start("print(os.getpid(), os.getppid(), os.getpgrp(), flush=True); input()")
    said = program.stdout.readline().split()
    assert said == [str(program.pid), str(os.getpid()), str(os.getpgid(program.pid))]
    with open(f"/proc/{program.pid}/task/{program.pid}/children", encoding="ascii") as file:
        assert file.read() == ""
    program.communicate("\n")


@BOTH
def test_run__passes_on_a_signal_that_is_sent_to_it(shop, way):
    program = shop.start("import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {15}); "
                         "print(1, flush=True); os._exit(signal.sigwait({15}))", env=way)
    program.stdout.readline()
    program.terminate()
    assert program.wait(timeout=30) == 15


def test_run__passes_on_a_signal_that_came_with_the_news_of_the_beginning(pb, strace):
    """`run` is held up where it waits for its supervisor; meanwhile the command sends a signal."""
    code = ("import os, signal; signal.pthread_sigmask(signal.SIG_BLOCK, {15}); "
            "run = open(f'/proc/{os.getppid()}/stat').read().rpartition(')')[2].split()[1]; "
            "os.kill(int(run), 15); signal.alarm(20); os._exit(signal.sigwait({15}))")
    pb.ok("project", "add", "shop")
    run = strace(["-E", "PORTBOOK_RUN_WITHOUT=in-place", "-e", "trace=?poll,?ppoll", "-e",
                  "inject=?poll,?ppoll:delay_enter=500000"], pb.program, "run", "shop/web", "--",
                 sys.executable, "-S", "-E", "-c", code)
    assert (run.returncode, run.stderr) == (15, "")


def test_run__takes_the_command_with_it_when_it_is_killed(shop):
    program = shop.start("print(os.getpid(), flush=True); sys.stdin.read()", env=BESIDE)
    pid = int(program.stdout.readline())
    program.kill()
    until(lambda: not os.path.exists(f"/proc/{pid}") or "\nState:\tZ" in open(
        f"/proc/{pid}/status", encoding="ascii").read())


# Its own session, and no file that anybody reads; it listens when it is told to.
DAEMON = """
if os.fork():
    os._exit(0)
os.setsid()
for fd in range(3):
    os.close(fd)
os.open('go', os.O_RDONLY)
s = socket.socket(); s.bind(('127.0.0.1', 3000)); s.listen()
os.open('end', os.O_RDONLY)
"""


@BOTH
def test_run__holds_a_daemon_to_it_that_outlives_the_command(shop, way):
    for name in ("go", "end"):
        os.mkfifo(shop.path / name)
    # That this ends shows that nothing keeps the pipes open.
    assert shop(DAEMON, env=way).code == 0
    (shop.path / "go").write_text("")
    until(lambda: shop.states() == ["in_use"])
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", 3100)) == 0
    (shop.path / "end").write_text("")
    until(lambda: shop.states() == ["in_use", "down"])


@BOTH
def test_run__stops_and_goes_on_in_a_terminal(shop, way):
    shell = pexpect.spawn("bash", ["--norc", "-i"], cwd=str(shop.path), encoding="utf-8", timeout=30,
                          env=shop.pb.environment({"PS1": "$ ", "TERM": "dumb", **way}))
    begin = "portbook run -- sh -c 'echo on; read line; echo got $line'"
    shell.sendline(begin)
    shell.expect("\non\r")
    shell.sendcontrol("z")
    shell.expect("Stopped")
    shell.sendline("fg")
    shell.expect("portbook run")
    shell.sendline("it")
    shell.expect("got it")
    shell.sendline(begin)
    shell.expect("\non\r")
    shell.sendcontrol("c")
    shell.sendline("echo status=$?")
    shell.expect("status=130")
    shell.close(force=True)


# --- run in run

@BOTH
def test_run__inside_of_another_has_the_port_of_its_own_service(shop, way):
    inner = ["portbook", "run", "api", "--", sys.executable, "-S", "-E", "-c",
             PROGRAM + "bind(3000)"]
    result = shop("import subprocess, sys; a = bind(3000); "
                  f"subprocess.run({inner!r}, check=True); b = bind(5173)", env=way)
    api = shop.pb.ok("get", "shop/api")
    assert lines(result)[:2] == ["3100", api] and result.out.split()[2] not in ("3100", api)
    assert f"it listens on {api} (shop/api)" in result.err


# --- strict

STRICT = pytest.mark.parametrize("env", [{}, {"PORTBOOK_RUN_WITHOUT": "landlock"}],
                                 ids=["landlock", "supervisor"])


@STRICT
def test_run__strict_refuses_another_port_and_says_so_before(shop, env):
    result = shop("a = bind(3000); b = bind(3100); c = bind(0); d = bind(3000, '::')", "--strict",
                  env=env)
    said = lines(result)
    assert said[:2] == ["EACCES", "3100"] and said[2].isdigit() and said[3] == "EACCES"
    assert result.err.startswith("portbook: note: ") and "may listen on 3100 (web)" in result.err
    assert result.err.count("gets EACCES") == (1 if env else 0)


def test_run__strict_has_no_multipath_tcp(shop):
    code = """
try:
    socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)
except OSError as e:
    print(errno.errorcode[e.errno])
"""
    assert lines(shop(code, "--strict")) == ["EPROTONOSUPPORT"]


# --- plain, and where there can be no more

def test_run__plain_lets_every_port_be(shop):
    assert lines(shop("bind(3000)", "--plain")) == ["3000"]


def test_run__says_which_promise_is_missing(shop):
    none = {"PORTBOOK_RUN_WITHOUT": "supervisor,landlock"}
    result = shop("bind(3000)", env=none)
    assert (result.code, result.out) == (6, "")
    assert "is not kept from it here" in result.err and "--best-effort" in result.err
    result = shop("bind(3000)", "--best-effort", env=none)
    assert lines(result) == ["3000"] and "is not kept from it here" in result.err
    rules = shop("bind(3000)", "--best-effort", env={"PORTBOOK_RUN_WITHOUT": "supervisor"})
    assert lines(rules) == ["EACCES"]


# --- holding

def test_run__cannot_hold_what_somebody_has(shop, listen):
    listen(3100)
    result = shop("print('began')", "--hold")
    assert (result.code, result.out) == (3, "")
    assert "portbook check 3100 says who has it" in result.err


def test_run__holds_the_port_until_the_command_has_it(shop):
    program = shop.start("print(1, flush=True); sys.stdin.readline(); s = bind(3000); "
                         "sys.stdin.read()", "--hold")
    assert program.stdout.readline() == "1\n"
    for options in ([], [socket.SO_REUSEADDR], [socket.SO_REUSEPORT]):
        with socket.socket() as stranger:
            for option in options:
                stranger.setsockopt(socket.SOL_SOCKET, option, 1)
            with pytest.raises(OSError, match="in use"):
                stranger.bind(("127.0.0.1", 3100))
    program.stdin.write("\n")
    program.stdin.flush()
    assert program.stdout.readline() == "3100\n"
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", 3100)) == 0
    program.communicate()


# --- an ordinary user

@BOTH
def test_run__is_for_ordinary_users(pb, way):
    pb.ok("project", "add", "mine", user=NOBODY)
    work = pb.base / "nobodys"
    work.mkdir(mode=0o777)
    python = [sys.executable, "-S", "-E", "-c", PROGRAM + "bind(3000)"]
    for how, said in (((), "3100"), (("--strict",), "EACCES")):
        result = pb("run", "mine/web", *how, "--", *python, user=NOBODY, cwd=work, env=way)
        assert result.out.split() == [said], result


def test_run__says_that_sudo_cannot_be_below_it(pb):
    pb.ok("project", "add", "mine", user=NOBODY)
    result = pb("run", "mine/web", "--", "su", "-c", "true", user=NOBODY)
    assert result.code == 6 and "'su' becomes another user" in result.err, result
    assert "sudo portbook run" in result.err


def test_run__under_sudo_takes_its_users_port_and_is_root_still(machine):
    machine.portbook("get", "shop/web", "--create", user="alice")
    result = machine.portbook("run", "shop/web", "--", "sh", "-c", "id -u; id -G; echo $HOME $PORT",
                              sudo="alice")
    as_root = machine.run("sh", "-c", "id -u; id -G; echo $HOME", sudo="alice")
    assert result.stdout == as_root.stdout.rstrip("\n") + " 3100\n"
