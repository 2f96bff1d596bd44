"""A machine of the test's own, with users."""

import os
import subprocess
from pathlib import Path

import pytest

from books import TRACED

# The files that naming users and groups, and making a group, are done with.
MACHINE = """
set -e
mkdir "$BASE/etc"
test "$HOMES" != /home || mount -t tmpfs -o mode=755 tmpfs /home
for name in passwd group shadow gshadow login.defs nsswitch.conf ld.so.cache localtime; do
    test ! -e "/etc/$name" || cp -a "/etc/$name" "$BASE/etc/"
done
sed -i '/^portbook:/d' "$BASE/etc/group" "$BASE/etc/gshadow"
for user in $USERS; do
    name=${user%:*} uid=${user#*:}
    echo "$name:x:$uid:$uid::$HOMES/$name:/bin/sh" >>"$BASE/etc/passwd"
    echo "$name:x:$uid:" >>"$BASE/etc/group"
    mkdir -p "$HOMES/$name"
    chown "$uid:$uid" "$HOMES/$name"
    chmod 700 "$HOMES/$name"
done
mount --bind "$BASE/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /var/lib
mount -t tmpfs -o mode=700 tmpfs /root
echo ready
read -r end || true
"""


class Machine:
    """Users alice, bob and carol, a root with an empty home, and no book; see `machine`."""

    USERS = {"alice": 61001, "bob": 61002, "carol": 61003}
    BOOK = "/var/lib/portbook/book.db"

    def __init__(self, pb, users=None, homes=None):
        """`homes`: below pb.base, or "/home", which only those in the machine see then."""
        self.pb = pb
        self.users = users or self.USERS
        self.program = pb.program_for("anyone")
        self.homes = Path(homes or pb.base / "users")
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", MACHINE],
            env={**os.environ, "BASE": str(pb.base), "HOMES": str(self.homes),
                 "USERS": " ".join(f"{name}:{uid}" for name, uid in self.users.items())},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.holder.stdout.readline() != "ready\n":
            pytest.skip(f"no machine for the test: {self.holder.stderr.read()}")

    def command(self, words, user=None, groups=(), umask=0o022):
        inside = ["nsenter", "-m", "-t", str(self.holder.pid), "sh", "-c",
                  f'umask {umask:o}; cd /; exec "$@"', "sh"]
        if user:
            uid = str(self.users[user])
            inside += ["setpriv", "--reuid", uid, "--regid", uid,
                       "--groups", ",".join([uid, *map(str, groups)])]
        return inside + [str(word) for word in words]

    def environment(self, user=None, sudo=None, env=None):
        """A login's; under sudo root's, with what sudo says."""
        ours = {"HOME": str(self.homes / user) if user else "/root", "LC_ALL": "C.UTF-8",
                "PATH": os.environ["PATH"], "TZ": "UTC"}
        if sudo:
            ours.update(TRACED, SUDO_USER=sudo, SUDO_UID=str(self.users[sudo]),
                        SUDO_GID=str(self.users[sudo]))
        return {**ours, **(env or {})}

    def start(self, *words, user=None, groups=(), umask=0o022, sudo=None, env=None):
        process = subprocess.Popen(self.command(words, user, groups, umask), text=True,
                                   env=self.environment(user, sudo, env), start_new_session=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.pb.started.append(process)
        return process

    def run(self, *words, **options):
        """Any program there: how it ended, and what it said."""
        process = self.start(*words, **options)
        out, err = process.communicate(timeout=60)
        self.pb.started.remove(process)
        return subprocess.CompletedProcess(words, process.returncode, out, err)

    def portbook(self, *words, status=0, **options):
        """portbook there; it has to leave with this exit status (None: any)."""
        result = self.run(self.program, *words, **options)
        assert status in (None, result.returncode), result
        return result

    def group(self):
        """The number of the group portbook."""
        return int(self.run("getent", "group", "portbook").stdout.split(":")[2])

    def end(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()
