"""guard --system: the kernel keeps a machine's ports, for all users."""

import ctypes
import os
import platform
import shutil
import signal
import time

import pytest

from guards import Guard
from machines import Machine
from servers import need_root

SYS_BPF = {"x86_64": 321, "aarch64": 280}
BPF_MAP_CREATE, BPF_MAP_TYPE_HASH = 0, 1

BIND = """
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET,
                  socket.SOCK_DGRAM if sys.argv[3:] == ["udp"] else socket.SOCK_STREAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
try:
    s.bind((sys.argv[2], int(sys.argv[1])))
    print("bound")
except OSError as err:
    print(err.errno)
"""
EADDRINUSE = "98"
BOOKS = "/var/lib/portbook"

# Who asks and never says what.
CROWD = """
import os, resource, signal, socket
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
there = f"/run/portbook/system-guard-{os.stat('/proc/self/ns/net').st_ino}.sock"
many = []
for _ in range(1200):
    many.append(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
    many[-1].connect(there)
print(len(many), "asked", flush=True)
signal.pause()
"""


def kernel_takes_bpf():
    """Whether root may have the kernel make a map, asked without portbook; else why not."""
    libc = ctypes.CDLL(None, use_errno=True)
    wanted = (ctypes.c_uint32 * 32)(BPF_MAP_TYPE_HASH, 4, 4, 1)
    number = SYS_BPF.get(platform.machine())
    if number is None:
        return "the number of bpf(2) is not known here"
    fd = libc.syscall(number, BPF_MAP_CREATE, wanted, ctypes.sizeof(wanted))
    if fd < 0:
        return f"the kernel refuses BPF: {os.strerror(ctypes.get_errno())}"
    os.close(fd)
    return None


class Gate(Guard):
    """A guard of the whole machine, and what it says."""

    def __init__(self, machine, *options):
        self.process = machine.start(machine.program, "guard", "--system", *options)
        self.listen(" kept")

    def listen(self, ready):
        self.follow()
        self.held = self.wait(ready)


@pytest.fixture
def machine(pb):
    """A machine with a book for all, and a bpffs that is its own."""
    need_root()
    why = kernel_takes_bpf()
    if why:
        pytest.skip(why)
    if not (pb.program.parent / "portbook-guard").exists():
        pytest.skip("portbook-guard is not built: no clang, or no libbpf-dev")
    m = Machine(pb)
    shutil.copy(pb.program.parent / "portbook-guard", m.program.parent)
    mounted = m.run("mount", "-t", "bpf", "bpf", "/sys/fs/bpf")
    if mounted.returncode:
        pytest.skip(f"no bpffs for the test: {mounted.stderr}")
    m.portbook("setup", "--machine")
    m.groups = (m.group(),)
    yield m
    pb.stop()
    m.run(m.program, "guard", "--system", "--detach")
    m.end()


def enter(machine, service, *options, user="alice"):
    said = machine.portbook("get", service, "--create", *options, user=user,
                            groups=machine.groups, umask=0o007)
    return int(said.stdout)


def binding(port, address="127.0.0.1", *more):
    return ["/usr/bin/python3", "-S", "-E", "-c", BIND, str(port), address, *more]


def bind(machine, port, user=None, address="127.0.0.1", *more, before=()):
    """What becomes of a bind by that user; None: root."""
    run = machine.run(*before, *binding(port, address, *more), user=user)
    assert not run.stderr, run
    return run.stdout.strip()


def wait_for(becomes, what):
    end = time.monotonic() + 20
    while becomes() != what:
        assert time.monotonic() < end, f"it never became {what}"


def test_kept__nobody_but_its_user_can_bind_it(machine):
    tcp, udp = enter(machine, "shop/web"), enter(machine, "shop/dns", "--udp")
    gate = Gate(machine)
    assert gate.held == "2 kept, 0 not kept"
    for address in ("0.0.0.0", "127.0.0.2", "::", "::1"):
        assert bind(machine, tcp, "bob", address) == EADDRINUSE
        assert bind(machine, tcp, "alice", address) == "bound"
    assert bind(machine, tcp) == EADDRINUSE, "root"
    assert bind(machine, udp, "bob", "127.0.0.1", "udp") == EADDRINUSE
    assert bind(machine, udp, "alice", "127.0.0.1", "udp") == "bound"
    assert bind(machine, tcp + 50, "bob") == "bound"
    # A container that shares the network has its own processes, and users.
    inside = ["unshare", "--pid", "--user", "--map-root-user", "--fork"]
    assert bind(machine, tcp, "bob", before=inside) == EADDRINUSE
    # One with a network of its own has its own ports.
    assert bind(machine, tcp, before=["unshare", "--net", "--"]) == "bound"


def test_refused__is_reported_with_who_and_whose(machine):
    port = enter(machine, "shop/web")
    gate = Gate(machine)
    assert bind(machine, port, "bob") == EADDRINUSE
    line = gate.wait("was refused")
    assert line.endswith(f"was refused {port}, which is shop/web, entered by alice")
    assert "python3 (pid " in line and ", bob)" in line
    said = machine.portbook("guard", "status", "--system", user="bob").stdout
    assert "1 kept, 0 not kept, 1 refused" in said and "shop/web" in said
    assert gate.end(signal.SIGINT) == 0
    json = Gate.__new__(Gate)
    json.process = machine.start(machine.program, "guard", "--system", "--json")
    json.listen('"kept":1')
    bind(machine, port)
    line = json.wait('"event":"refused"')
    assert f'"port":{port}' in line and '"uid":0' in line and '"name":"shop/web"' in line


def test_kept__for_its_unit_whoever_that_runs_as(machine, pb):
    port = enter(machine, "shop/web", "--unit", f"pb-{os.getpid()}")
    Gate(machine)
    top = next(line.split()[1] for line in open("/proc/mounts", encoding="utf-8")
               if line.split()[2] == "cgroup2")
    group = f"{top}/pb-{os.getpid()}.service"
    os.mkdir(group)
    try:
        inside = ["sh", "-c", f'echo $$ >{group}/cgroup.procs; exec "$@"', "sh"]
        assert bind(machine, port) == EADDRINUSE
        assert bind(machine, port, before=inside) == "bound"
        as_bob = [*inside, "setpriv", "--reuid", "61002", "--clear-groups"]
        assert bind(machine, port, before=as_bob) == "bound"
    finally:
        os.rmdir(group)


def test_kept__for_who_it_runs_as_by_its_metadata(machine):
    port = enter(machine, "shop/web", "--meta", "user=carol", user=None)
    unsaid = enter(machine, "shop/api", user=None)
    gate = Gate(machine)
    assert gate.held.startswith("1 kept, 1 not kept")
    assert bind(machine, port, "carol") == "bound"
    assert bind(machine, port) == bind(machine, port, "bob") == EADDRINUSE
    assert bind(machine, unsaid, "bob") == "bound"
    said = machine.portbook("guard", "status", "--system").stdout
    assert "root entered it, and nothing says as whom it runs" in said


@pytest.mark.parametrize("mode", ["--remap", "--strict", "--plain"])
def test_kept__a_run_of_its_service_gets_it(machine, mode):
    port = enter(machine, "shop/web")
    Gate(machine)
    # A shell in between, as npm has it.
    run = ["run", "shop/web", mode, "--", "sh", "-c", '"$@"; true', "sh", *binding(port)]
    allowed = machine.portbook(*run, user="bob", groups=machine.groups, umask=0o007)
    assert allowed.stdout.strip() == "bound", allowed
    # Who may not write the book cannot say so.
    assert bind(machine, port, "bob") == EADDRINUSE


def test_kept__run_hold_gets_it_before_its_command_does(machine):
    port = enter(machine, "shop/web")
    Gate(machine)
    run = machine.portbook("run", "shop/web", "--hold", "--", *binding(port), user="bob",
                           groups=machine.groups, umask=0o007)
    assert run.stdout.strip() == "bound", run


def test_kept__roots_own_guard_holds_what_others_run(machine, pb):
    port = enter(machine, "shop/web", "--meta", "user=carol", user=None)
    machine.portbook("yield", "shop/web")
    gate = Gate(machine)
    own = machine.start(machine.program, "guard", env={"XDG_RUNTIME_DIR": str(pb.base)})
    assert own.stdout.readline().startswith("1 held, 0 in use")
    assert bind(machine, port, "carol") == EADDRINUSE
    assert "was refused" in gate.wait("was refused"), "the first try"


def test_follows__the_book_as_it_changes(machine):
    enter(machine, "shop/web")
    Gate(machine)
    port = enter(machine, "shop/api")
    wait_for(lambda: bind(machine, port, "bob"), EADDRINUSE)
    machine.portbook("release", "shop/api", user="alice", groups=machine.groups, umask=0o007)
    wait_for(lambda: bind(machine, port, "bob"), "bound")


@pytest.mark.parametrize("instead", ["", f"; echo > {BOOKS}"],
                         ids=["moved away", "its folder is a file"])
def test_follows__says_since_when_it_cannot_read_the_book(machine, instead):
    port = enter(machine, "shop/web")
    gate = Gate(machine)
    machine.run("sh", "-c", f"mv {BOOKS} {BOOKS}-away{instead}")
    assert "goes on with what it read last" in gate.wait("cannot read the book: ")
    assert "\nthe book has been out of reach since 20" in machine.portbook(
        "guard", "--system", "status").stdout
    assert bind(machine, port, "bob") == EADDRINUSE
    machine.run("sh", "-c", f"rm -rf {BOOKS}; mv {BOOKS}-away {BOOKS}")
    gate.wait("reads the book again, after ")
    assert "out of reach" not in machine.portbook("guard", "--system", "status").stdout


def test_follows__by_another_process_when_the_one_that_reads_has_ended(machine):
    port = enter(machine, "shop/web")
    gate = Gate(machine)
    os.kill(gate.follower(), signal.SIGKILL)
    assert "the process that reads it has ended" in gate.wait("cannot read the book: ")
    assert bind(machine, port, "bob") == EADDRINUSE
    gate.wait("reads the book again, after ")
    port = enter(machine, "shop/api")
    wait_for(lambda: bind(machine, port, "bob"), EADDRINUSE)


def test_begins__not_without_the_book_that_it_is_told(machine):
    run = machine.run(machine.program, "guard", "--system", "--book", "/tmp/none.db")
    assert run.returncode == 5 and "/tmp/none.db" in run.stderr, run


def test_stays__when_it_ends_and_goes_on_when_it_is_back(machine):
    port = enter(machine, "shop/web")
    gate = Gate(machine)
    machine.start(machine.program, "run", "shop/web", "--plain", "--", "sleep", "60", user="bob",
                  groups=machine.groups, umask=0o007)
    gate.end(signal.SIGKILL)
    assert bind(machine, port, "bob") == EADDRINUSE
    gate = Gate(machine)
    assert machine.portbook("guard", "--system", status=3).stderr.startswith(
        "portbook: a guard of the whole machine runs here already")
    assert bind(machine, port, "bob") == EADDRINUSE
    assert gate.wait("was refused") and gate.end(signal.SIGTERM) == 0
    assert "portbook guard --system --detach lets them go" in gate.process.stderr.read()
    assert bind(machine, port, "bob") == EADDRINUSE
    assert machine.portbook("guard", "--system", "--detach").stdout.startswith("detached")
    assert bind(machine, port, "bob") == "bound"
    assert machine.run("ls", "/sys/fs/bpf").stdout.split() == ["maps.debug", "progs.debug"]
    gate = Gate(machine)
    assert bind(machine, port, "bob") == EADDRINUSE
    assert gate.end(signal.SIGINT) == 0
    assert bind(machine, port, "bob") == "bound"


def test_dry_run__refuses_nobody_and_says_who_would_be(machine):
    port = enter(machine, "shop/web")
    gate = Gate(machine, "--dry-run")
    assert bind(machine, port, "bob") == "bound"
    assert f"would be refused {port}" in gate.wait("would be refused")
    assert gate.end() == 0 and bind(machine, port, "bob") == "bound"
    assert "portbook" not in machine.run("ls", "/sys/fs/bpf").stdout


def test_dry_run__does_not_begin_where_another_one_left_rules(machine):
    port = enter(machine, "shop/web")
    Gate(machine).end(signal.SIGTERM)
    said = machine.portbook("guard", "--system", "--dry-run", status=3)
    assert "goes on refusing" in said.stderr and "--system --detach" in said.stderr
    assert bind(machine, port, "bob") == EADDRINUSE


def test_detach__ends_the_guard_that_runs(machine):
    enter(machine, "shop/web")
    gate = Gate(machine)
    assert machine.portbook("guard", "--system", "--detach").stdout.startswith("detached")
    assert gate.process.wait(timeout=20) == 0
    assert "somebody has detached it" in gate.process.stderr.read()
    assert "no guard of the whole machine" in machine.portbook("guard", "status", "--system",
                                                               status=1).stderr


def test_kept__where_runs_have_other_numbers_none_is_believed(machine):
    port = enter(machine, "shop/web")
    guard = machine.start("unshare", "--pid", "--fork", "--kill-child", machine.program, "guard",
                          "--system")
    assert "it does not know runs" in guard.stderr.readline()
    assert guard.stdout.readline().startswith("1 kept")
    run = machine.portbook("run", "shop/web", "--plain", "--", *binding(port), user="bob",
                           groups=machine.groups, umask=0o007)
    assert run.stdout.strip() == EADDRINUSE
    assert bind(machine, port, "alice") == "bound"


def test_asked__by_one_user_without_end_it_answers_others(machine):
    port = enter(machine, "shop/web")
    gate = Gate(machine)
    crowd = machine.start("/usr/bin/python3", "-S", "-E", "-c", CROWD, user="carol")
    assert crowd.stdout.readline() == "1200 asked\n"
    assert "1 kept" in machine.portbook("guard", "status", "--system", user="bob").stdout
    run = machine.portbook("run", "shop/web", "--plain", "--", *binding(port), user="bob",
                           groups=machine.groups, umask=0o007)
    assert run.stdout.strip() == "bound" and gate.process.poll() is None


def test_lets_be__what_root_lets_people_in_with(machine, pb):
    port = enter(machine, "shop/web")
    Gate(machine)
    for name, told in (("sshd", "bound"), ("sshd-session", "bound"), ("dropbear", "bound"),
                       ("ssh", EADDRINUSE)):
        copy = pb.base / name
        shutil.copy("/usr/bin/python3", copy)
        run = machine.run(copy, *binding(port)[1:])
        assert run.stdout.strip() == told, (name, run)
        as_bob = machine.run(copy, *binding(port)[1:], user="bob")
        assert as_bob.stdout.strip() == EADDRINUSE, name


def test_refuses__where_it_cannot_and_names_what_is_missing(machine):
    def told(*before, user=None):
        run = machine.run(*before, machine.program, "guard", "--system", user=user)
        assert run.returncode == 6, run
        return run.stderr

    assert "only root keeps ports for a whole machine" in told(user="bob")
    without = ["setpriv", "--bounding-set", "-bpf,-perfmon,-sys_admin"]
    assert "the kernel lets nobody load BPF programs here (it needs CAP_BPF" in told(*without)
    machine.run("umount", "/sys/fs/bpf")
    assert "no bpffs is mounted" in told()
    os.unlink(machine.program.parent / "portbook-guard")
    if not os.path.exists("/usr/local/libexec/portbook/portbook-guard"):
        assert "the program 'portbook-guard' is missing" in told()


def test_options__of_the_other_guard_are_refused(pb):
    for words in (["--dry-run"], ["--detach"], ["status", "--system", "--dry-run"]):
        assert "are for guard --system" in pb.fails(2, "guard", *words).err
    assert "has no owner" in pb.fails(2, "guard", "--system", "--defaults").err
    assert "as root: portbook guard --system" in pb.fails(1, "guard", "status", "--system").err
