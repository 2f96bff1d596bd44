"""What every test of the program uses.

Each test runs in a network namespace of its own, so ports may be fixed numbers, and with a home
of its own, so nothing of the machine's user is read or written.

    def test_get__gives_the_same_port_twice(pb, project_dir):
        shop = project_dir("shop")
        assert pb.ok("get", "web", cwd=shop) == pb.ok("get", "web", cwd=shop)

The program is $PORTBOOK, else build/portbook.
"""

import ctypes
import fcntl
import json as json_module
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ending import end_group
from told import pytest_terminal_summary  # noqa: F401: a hook

TOP = Path(__file__).resolve().parent.parent
NOBODY = 65534

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1

libc = ctypes.CDLL(None, use_errno=True)

# A run in the background of a script ignores what a terminal sends, and so would all that it
# starts.
for number, usual in ((signal.SIGINT, signal.default_int_handler),
                      (signal.SIGQUIT, signal.SIG_DFL), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, usual)


def unshare(flags):
    if libc.unshare(flags) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def become_root_of_a_user_namespace():
    """Let an ordinary user make network namespaces; pytest's workers inherit it.

    This has to happen while the process has one thread, so when this file is read and not in a
    fixture: in a worker, xdist's own threads run already.
    """
    uid, gid = os.geteuid(), os.getegid()
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    # Here pytest takes us for root, and would use the real root's /tmp/pytest-of-root.
    own = Path(tempfile.gettempdir()) / f"portbook-pytest-{uid}"
    own.mkdir(mode=0o700, exist_ok=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(own)


# Whether the tests may become others: not inside a user namespace, which has one user.
WAS_ROOT = os.environ.get("PORTBOOK_TESTS_WERE_ROOT", str(int(os.geteuid() == 0))) == "1"
os.environ["PORTBOOK_TESTS_WERE_ROOT"] = str(int(WAS_ROOT))
if os.geteuid() != 0:
    try:
        become_root_of_a_user_namespace()
    except OSError:
        pass  # private_network says so


def set_lo_up():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        request = fcntl.ioctl(sock, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1] | IFF_UP
        fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags))


def enter_new_network():
    """A network where nothing listens, for this process and all that it starts from now on."""
    unshare(CLONE_NEWNET)
    set_lo_up()


@pytest.fixture(autouse=True)
def private_network():
    """Move the test, and all it starts, into a network where nothing listens."""
    try:
        enter_new_network()
    except OSError as error:
        pytest.skip(f"no network namespace for the test: {error.strerror}")


@pytest.fixture
def new_network():
    """new_network(): another one, as after a restart of the machine."""
    return enter_new_network


def as_user(uid, command):
    """`command`, to be run by another user; needs root."""
    if uid is None:
        return list(command)
    if not WAS_ROOT:
        pytest.skip("only root can run a command as another user")
    return ["setpriv", "--reuid", str(uid), "--regid", str(uid), "--clear-groups", *command]


class Result:
    """What a run of the program left behind."""

    def __init__(self, command, run):
        self.command, self.code, self.out, self.err = command, run.returncode, run.stdout, run.stderr

    @property
    def json(self):
        return json_module.loads(self.out)

    def __repr__(self):
        text = (f"{' '.join(map(str, self.command))}\n"
                f"exit status {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}---")
        # pytest-xdist can carry nothing but UTF-8.
        return text.encode("utf-8", "backslashreplace").decode("utf-8")


class Portbook:
    """Runs the program with a home of its own."""

    def __init__(self, program, base):
        self.program, self.base = Path(program), base
        self.started = []
        self.home = self.home_of(None)
        self.work = base / "work"  # the working directory of a run that names none
        self.work.mkdir()

    def home_of(self, user):
        """The user's home, made on first use."""
        home = self.base / ("home" if user is None else f"home-{user}")
        if not home.exists():
            for folder in (home, home / "data", home / "config", home / "run"):
                folder.mkdir(mode=0o700)
                if user is not None:
                    os.chown(folder, user, user)
        return home

    def program_for(self, user):
        """A copy where every user can read it, as a checkout may be below a closed home."""
        if user is None:
            return self.program
        copy = self.base / "bin" / "portbook"
        if not copy.exists():
            copy.parent.mkdir()
            shutil.copy(self.program, copy)
            if os.path.exists(f"{self.program}-whole"):
                shutil.copy(f"{self.program}-whole", copy.parent)
        return copy

    def environment(self, env=None, user=None):
        home = self.home_of(user)
        ours = {name: value for name, value in os.environ.items()
                if not name.startswith(("PORTBOOK", "XDG_", "GIT_", "SUDO_", "DOCKER_",
                                        "CONTAINER_"))}
        ours.update(
            HOME=str(home), XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"),
            XDG_RUNTIME_DIR=str(home / "run"),
            PATH=f"{self.program_for(user).parent}:{os.environ['PATH']}",
            # A call that the sandbox of the server forbids ends it, so that no test misses it.
            PORTBOOK_SANDBOX_KILLS="1",
            LC_ALL="C.UTF-8", TZ="UTC", GIT_CONFIG_GLOBAL="/dev/null", GIT_CONFIG_NOSYSTEM="1")
        for name, value in (env or {}).items():
            ours.pop(name, None)
            if value is not None:  # None: not set
                ours[name] = str(value)
        return ours

    def command(self, args, user=None):
        return as_user(user, [str(self.program_for(user)), *map(str, args)])

    def __call__(self, *args, cwd=None, input=None, env=None, user=None, check=False, json=False,
                 timeout=30):
        command = self.command([*args, "--json"] if json else args, user)
        run = subprocess.run(command, cwd=cwd or self.work, input=input,
                             stdin=subprocess.DEVNULL if input is None else None,
                             env=self.environment(env, user), capture_output=True,
                             encoding="utf-8", errors="surrogateescape", timeout=timeout,
                             check=False)
        result = Result(command, run)
        if check:
            assert result.code == 0, result
        return result

    def ok(self, *args, **options):
        """Its stdout, stripped; it has to succeed."""
        return self(*args, check=True, **options).out.strip()

    def json(self, *args, **options):
        """What it says with --json; it has to succeed."""
        return self(*args, json=True, check=True, **options).json

    def fails(self, code, *args, **options):
        """The whole result; it has to leave with this exit status."""
        result = self(*args, **options)
        assert result.code == code, result
        return result

    def start(self, *args, cwd=None, env=None, user=None, **options):
        """The program in the background; the test's end ends it, with what it has started."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        process = subprocess.Popen(self.command(args, user), cwd=cwd or self.work,
                                   env=self.environment(env, user), start_new_session=True,
                                   **options)
        self.started.append(process)
        return process

    def stop(self):
        for process in self.started:
            end_group(process)
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    pipe.close()


@pytest.fixture
def base_dir():
    """A directory for the test that other users can enter, unlike pytest's own tmp_path."""
    path = Path(tempfile.mkdtemp(prefix="portbook-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def pb(base_dir):
    program = Path(os.environ.get("PORTBOOK", TOP / "build" / "portbook")).resolve()
    if not program.exists():
        pytest.fail(f"{program} is not built: run make first")
    runner = Portbook(program, base_dir)
    yield runner
    runner.stop()


@pytest.fixture
def portbook(pb):
    """The same as pb, for who likes the long name."""
    return pb


@pytest.fixture
def git(pb):
    """git(directory, *words): run git there, with no configuration but the repository's own."""
    def run(directory, *words):
        return subprocess.run(["git", "-C", str(directory), *map(str, words)], check=True,
                              env=pb.environment(), capture_output=True, text=True).stdout.strip()
    return run


@pytest.fixture
def project_dir(pb, git):
    """project_dir(name, git=True): a new directory, with a repository that has one commit."""
    use_git = git

    def make(name, git=True):
        path = pb.base / "projects" / name
        path.mkdir(parents=True)
        if git:
            (path / "README.md").write_text(f"# {path.name}\n")
            use_git(path, "init", "-q", "-b", "main")
            use_git(path, "config", "user.name", "Test")
            use_git(path, "config", "user.email", "test@example.invalid")
            use_git(path, "add", "README.md")
            use_git(path, "commit", "-q", "-m", "start")
        return path
    return make


@pytest.fixture
def as_nobody(pb):
    """as_nobody(*command): run a command as the user `nobody`, with that user's home."""
    def run(*command, **options):
        options = {"capture_output": True, "text": True, "timeout": 30, **options}
        return subprocess.run(as_user(NOBODY, map(str, command)),
                              env=pb.environment(user=NOBODY), check=False, **options)
    return run


LISTENER = """
import socket, sys
kind = socket.SOCK_DGRAM if sys.argv[2] == "udp" else socket.SOCK_STREAM
s = socket.socket(socket.AF_INET, kind)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))
if kind == socket.SOCK_STREAM:
    s.listen()
print("listening", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def listen(pb):
    """listen(port, cwd=DIR): a process that listens there until the test ends; its pid.

    Without a directory it works in one that is nobody's. With a name it is a program of that name.
    """
    started = []

    def program(name):
        if name is None:
            return sys.executable
        copy = pb.base / "programs" / name
        copy.parent.mkdir(exist_ok=True)
        shutil.copy("/usr/bin/python3", copy)
        return copy

    def run(port, cwd=None, protocol="tcp", name=None):
        elsewhere = pb.base / "elsewhere"
        elsewhere.mkdir(exist_ok=True)
        process = subprocess.Popen(
            [program(name), "-S", "-E", "-c", LISTENER, str(port), protocol],
            cwd=cwd or elsewhere, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout.readline() == "listening\n"
        return process.pid

    yield run
    for process in started:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
