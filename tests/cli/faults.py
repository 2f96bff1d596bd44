"""Letting the program die, or be refused, at every point where that can happen."""

import signal
import subprocess

# The calls by which a process changes what another one sees.
CALLS = ("pwrite64,write,fdatasync,fsync,ftruncate,fallocate,openat,unlink,close,fcntl,fchmod,fchown,"
         "link,rename,renameat2")


def kill_at_each_call(strace, command, check, calls=CALLS):
    """Kill at the first call, at the second ... until the command comes to its end; how many."""
    for n in range(1, 1000):
        run = strace(["-e", f"trace={calls}", "-e", f"inject={calls}:signal=KILL:when={n}"],
                     *command(n))
        check(n, run)
        if run.returncode == 0:
            return n - 1
        assert run.returncode == -signal.SIGKILL, run
    raise AssertionError("it never ends")


def limited(pb, limit, *words):
    return subprocess.run(["prlimit", f"--fsize={limit}", pb.program, *map(str, words)],
                          cwd=pb.work, env=pb.environment(), capture_output=True, text=True,
                          timeout=60, check=False)
