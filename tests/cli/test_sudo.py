"""Under sudo: whose book it is, and that root is no tool for reaching what that user may not."""

import os

OWN = ".local/share/portbook/book.db"


def owners(folder):
    return {path.stat().st_uid for path in [folder, *folder.rglob("*")]}


def test_sudo__uses_the_book_of_who_called_it_and_says_so_once(machine):
    machine.portbook("get", "shop/web", "--create", user="alice")
    result = machine.portbook("get", "shop/api", sudo="alice")
    assert result.stdout == "3101\n"
    assert result.stderr == (f"portbook: note: under sudo this is the book of alice: "
                             f"{machine.homes}/alice/{OWN}\n")
    assert machine.portbook("get", "shop/api", user="alice").stdout == "3101\n"
    assert "alice via root" in machine.portbook("history", user="alice").stdout

    for words in (("--quiet", "get", "shop/api"), ("get", "shop/api", "--json")):
        assert machine.portbook(*words, sudo="alice").stderr == ""


def test_sudo__makes_nothing_that_its_user_could_not_remove(machine):
    for umask in (0o022, 0o077, 0o000):
        machine.portbook("get", f"shop{umask}/web", "--create", sudo="bob", umask=umask)
    machine.portbook("backup", machine.homes / "bob" / "copy.db", sudo="bob")
    machine.portbook("restore", machine.homes / "bob" / "copy.db", "--yes", sudo="bob")
    assert owners(machine.homes / "bob") == {machine.USERS["bob"]}
    machine.portbook("release", "shop18/web", user="bob")
    assert not machine.run("ls", "-A", "/root").stdout


def test_sudo__writes_a_projects_files_as_its_user(machine):
    folder = machine.homes / "alice" / "shop"
    folder.mkdir()
    os.chown(folder, machine.USERS["alice"], machine.USERS["alice"])
    machine.run("sh", "-c", f"cd {folder} && {machine.program} get web && "
                            f"{machine.program} env --write", sudo="alice")
    assert (folder / ".ports.env").read_text().endswith("WEB_PORT=3100\n")
    assert owners(folder) == {machine.USERS["alice"]}


def test_sudo__reads_the_config_of_its_user(machine):
    config = machine.homes / "alice" / ".config" / "portbook" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("book: ~/mine.db\nhost: build1\n")
    machine.run("chown", "-R", "alice:alice", machine.homes / "alice")
    machine.portbook("get", "shop/web", "--create", sudo="alice")
    assert (machine.homes / "alice" / "mine.db").exists()
    assert "build1" in machine.portbook("list", user="alice").stdout


def test_sudo__leaves_a_book_that_is_named_to_root(machine):
    for options, env in ((["--book", "/root/own.db"], {}), ([], {"PORTBOOK_BOOK": "/root/own.db"})):
        result = machine.portbook(*options, "get", "shop/web", "--create", sudo="alice", env=env)
        assert "under sudo" not in result.stderr
    assert machine.run("stat", "-c", "%u", "/root/own.db").stdout == "0\n"
    assert list((machine.homes / "alice").iterdir()) == []


def test_root__without_sudo_has_a_book_of_its_own(machine):
    for env in ({}, {"SUDO_UID": "0"}, {"SUDO_UID": "4294967295"}, {"SUDO_UID": "x"},
                {"SUDO_UID": ""}, {"SUDO_UID": "61001x"}, {"SUDO_UID": "59999"}):
        assert machine.portbook("get", "shop/web", "--create", env=env).stderr.count("sudo") == 0
    assert machine.run("test", "-e", f"/root/{OWN}").returncode == 0


def test_sudo_uid__of_who_is_not_root_means_nothing(machine):
    result = machine.portbook("get", "shop/web", "--create", user="bob",
                              env={"SUDO_UID": str(machine.USERS["alice"]), "SUDO_USER": "alice"})
    assert "under sudo" not in result.stderr
    assert (machine.homes / "bob" / OWN).exists()
    assert list((machine.homes / "alice").iterdir()) == []


def test_sudo__follows_no_link_to_where_its_user_may_not_write(machine):
    """The folder of alice's book leads to root's home, and the config to a secret."""
    share = machine.homes / "alice" / ".local" / "share"
    share.mkdir(parents=True)
    (share / "portbook").symlink_to("/root")
    config = machine.homes / "alice" / ".config" / "portbook"
    config.mkdir(parents=True)
    machine.run("sh", "-c", "echo 'secret: 4711' >/root/secret; chmod 600 /root/secret")
    machine.run("chown", "-hR", "alice:alice", machine.homes / "alice")
    machine.portbook("get", "shop/web", "--create", sudo="alice", status=5)

    (config / "config.yaml").symlink_to("/root/secret")
    result = machine.portbook("get", "shop/web", "--create", sudo="alice", status=5)
    assert "secret:" not in result.stderr and "4711" not in result.stderr
    assert machine.run("ls", "-A", "/root").stdout == "secret\n"


LISTENER = ("import socket; s = socket.socket(); s.bind(('127.0.0.1', 3100)); s.listen();"
            "print('listening', flush=True); import time; time.sleep(600)")


def test_sudo__still_sees_the_processes_of_others(machine):
    listener = machine.start("python3", "-c", LISTENER, user="bob")
    assert listener.stdout.readline() == "listening\n"
    machine.portbook("register", "shop/web", "3100", "--create", user="alice")
    assert "python3" not in machine.portbook("check", "3100", user="alice", status=1).stdout
    assert "python3" in machine.portbook("check", "3100", sudo="alice", status=1).stdout
