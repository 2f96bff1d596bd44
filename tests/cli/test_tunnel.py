"""Public hostnames and the tunnel that brings them here: book, rules and listeners."""

import os
import stat

import pytest
import yaml

from clilib import on_terminal

TUNNEL = "6ff42ae2-765d-4adf-8112-31c55c1551ef"

CONFIG = f"""\
tunnel: {TUNNEL} # ours
credentials-file: /root/.cloudflared/{TUNNEL}.json

ingress:
  # the shop
  - hostname: shop.example.org
    service: https://localhost:3999/base   # old
    originRequest:
      noTLSVerify: true
  - hostname: wiki.example.org
    service: http://10.0.0.7:80

  # everything else
  - service: http_status:404
"""


@pytest.fixture
def shop(pb, project_dir):
    """shop/web 3100 and shop/api 3101, each with a hostname, and blog/web 3200 without one."""
    path = project_dir("shop")
    pb.ok("get", "web", "--hostname", "shop.example.org", cwd=path)
    pb.ok("get", "api", "--hostname", "api.example.org", "--tunnel", TUNNEL, cwd=path)
    pb.ok("get", "blog/web", "--create")
    return path


@pytest.fixture
def config(pb):
    path = pb.base / "config.yml"
    path.write_text(CONFIG)
    return path


def rules(path):
    return [(r.get("hostname"), r["service"]) for r in yaml.safe_load(path.read_text())["ingress"]]


def findings(said):
    return {f["hostname"]: (f["verdict"], f["line"]) for f in said["findings"]}


# --- config

def test_config__without_write_only_shows_what_would_change(pb, shop, config):
    shown = pb.ok("tunnel", "config", "--file", config)
    assert "-    service: https://localhost:3999/base   # old" in shown
    assert "+    service: https://localhost:3100/base   # old" in shown
    assert "+  - hostname: api.example.org" in shown
    assert config.read_text() == CONFIG


def test_config__changes_and_adds_rules_and_leaves_the_rest(pb, shop, config, answer):
    said = answer("tunnel config", "--file", config, "--write")
    assert [(r["hostname"], r["change"]) for r in said["rules"]] == [
        ("api.example.org", "added"), ("shop.example.org", "corrected")]
    assert said["written"] and said["tunnel"] == TUNNEL
    assert rules(config) == [("shop.example.org", "https://localhost:3100/base"),
                             ("wiki.example.org", "http://10.0.0.7:80"),
                             ("api.example.org", "http://localhost:3101"),
                             (None, "http_status:404")]
    now = config.read_text().splitlines()
    assert [line for line in CONFIG.splitlines() if line not in now] == [
        "    service: https://localhost:3999/base   # old"]


def test_config__a_second_time_changes_nothing(pb, shop, config, answer):
    pb.ok("tunnel", "config", "--file", config, "--write")
    before = config.read_bytes()
    said = answer("tunnel config", "--file", config, "--write")
    assert not said["changed"] and not said["written"] and config.read_bytes() == before
    assert pb.ok("tunnel", "config", "--file", config).endswith("config.yml is up to date")


def test_config__keeps_link_and_mode(pb, shop, config):
    config.chmod(0o640)
    link = pb.base / "link.yml"
    link.symlink_to(config.name)
    pb.ok("tunnel", "config", "--file", link, "--write")
    assert link.is_symlink() and "localhost:3100" in config.read_text()
    assert stat.S_IMODE(config.stat().st_mode) == 0o640


def test_config__makes_a_file_that_is_not_there(pb, shop, answer):
    path = pb.base / "new" / "config.yml"
    answer("tunnel config", "--file", path, "--write")
    assert yaml.safe_load(path.read_text())["tunnel"] == TUNNEL
    assert rules(path)[-1] == (None, "http_status:404") and len(rules(path)) == 3


def test_config__shows_what_would_change_also_where_it_may_not_write(pb, shop):
    said = pb("tunnel", "config", "--file", "/proc/no-folder/config.yml", "--write")
    assert said.code in (5, 6) and "+    service: http://localhost:3100" in said.out
    assert "cannot make the folder" in said.err


def test_config__takes_the_services_of_this_tunnel(pb, shop, config, answer):
    pb.ok("update", "blog/web", "--hostname", "blog.example.org", "--tunnel", "another")
    of_file = answer("tunnel config", "--file", config)["rules"]
    assert {r["hostname"] for r in of_file} == {"shop.example.org", "api.example.org"}
    named = answer("tunnel config", "--file", config, "--tunnel", "another")["rules"]
    assert {r["hostname"] for r in named} == {"shop.example.org", "blog.example.org"}


def test_config__finds_the_file_that_cloudflared_reads(pb, shop, answer):
    if os.path.exists("/etc/cloudflared"):
        pytest.skip("this machine has a cloudflared of its own")
    assert answer("tunnel config")["fileName"] == "/etc/cloudflared/config.yml"
    own = pb.home / ".cloudflared" / "config.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("ingress:\n  - service: http_status:404\n")
    assert answer("tunnel config")["fileName"] == str(own)


def test_config__leaves_alone_what_it_does_not_understand(pb, shop, config, error):
    text = CONFIG + "  - hostname: late.example.org\n    service: http://localhost:1\n"
    config.write_text(text)
    said = error("invalid", "tunnel config", "--file", config, "--write")
    assert said["message"].startswith(f"{config}:14: ") and said["hint"] == "the file is as it was"
    assert config.read_text() == text


def test_config__without_any_hostname_says_how_to_give_one(pb, config, error):
    pb.ok("get", "blog/web", "--create")
    assert "--hostname" in error("not-found", "tunnel config", "--file", config)["hint"]


def test_config__restarts_cloudflared_only_when_asked_and_changed(pb, shop, config, tmp_path):
    log, program = tmp_path / "log", tmp_path / "systemctl"
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\n')
    program.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert "goes with --write" in pb.fails(2, "tunnel", "config", "--file", config, "--reload",
                                           env=env).err
    run = pb("tunnel", "config", "--file", config, "--write", env=env)
    assert run.code == 0 and "--reload" in run.err and not log.exists()
    pb.ok("tunnel", "config", "--file", config, "--write", "--reload", env=env)
    assert not log.exists()
    config.write_text(CONFIG)
    shown = pb.ok("tunnel", "config", "--file", config, "--write", "--reload", env=env)
    assert shown.endswith("cloudflared.service is restarted")
    assert "restart cloudflared.service" in log.read_text()


def test_config__brings_five_thousand_rules_in(pb, shop, config, answer):
    foreign = "".join(f"  - hostname: h{n}.example.net\n    service: http://localhost:{n + 10000}"
                      f" # {n}\n" for n in range(5000))
    config.write_text(CONFIG.replace("  # everything", foreign + "  # everything"))
    answer("tunnel config", "--file", config, "--write")
    assert len(rules(config)) == 5004 and foreign in config.read_text()


def test_format__brings_one_projects_hostnames_in(pb, shop, config):
    pb.ok("update", "blog/web", "--hostname", "blog.example.org")
    pb.ok("config", "--format", "cloudflared", "--file", config, "--write", cwd=shop)
    assert "blog.example.org" not in config.read_text() and len(rules(config)) == 4
    shown = yaml.safe_load(pb.ok("config", "--format", "cloudflared", cwd=shop))
    assert [r.get("hostname") for r in shown["ingress"]] == [
        "api.example.org", "shop.example.org", None]


# --- audit

def test_audit__is_content_when_each_hostname_reaches_its_service(pb, shop, config, answer, listen):
    pb.ok("tunnel", "config", "--file", config, "--write")
    listen(3100, cwd=shop)
    listen(3101, cwd=shop)
    said = answer("tunnel audit", "--file", config)
    assert said["findings"] == [] and said["summary"] == {"rules": 4, "entries": 2, "drifted": 0}
    assert pb.ok("tunnel", "audit", "--file", config) == (
        "4 rules, 2 services with a hostname, all as they should be")


def test_audit__tells_what_is_down_and_who_has_its_port(pb, shop, config, answer, listen,
                                                        project_dir):
    pb.ok("tunnel", "config", "--file", config, "--write")
    listen(3100, cwd=project_dir("blog"))
    said = answer("tunnel audit", "--file", config, status=1)
    assert findings(said) == {"shop.example.org": ("squatted", 6), "api.example.org": ("down", 12)}
    assert "portbook recover shop/web" in [f["hint"] for f in said["findings"]]


def test_audit__tells_each_kind_of_drift(pb, shop, config, answer, listen):
    listen(3200, cwd=shop)
    config.write_text("""\
ingress:
  - hostname: shop.example.org
    service: http://localhost:3200
  - hostname: api.example.org
    service: http://10.0.0.1:3101
  - hostname: old.example.org
    service: http://localhost:3101
  - hostname: gone.example.org
    service: http://localhost:7777
  - hostname: far.example.org
    service: http://10.0.0.1:1
  - hostname: "*.example.org"
    service: http://10.0.0.1:2
  - hostname: late.example.org
    service: http://10.0.0.1:3
  - service: http_status:404
""")
    pb.ok("update", "blog/web", "--hostname", "blog.example.com")
    said = answer("tunnel audit", "--file", config, status=1)
    assert findings(said) == {
        "shop.example.org": ("wrong-port", 2), "api.example.org": ("elsewhere", 4),
        "old.example.org": ("no-entry", 6), "gone.example.org": ("nobody", 8),
        "late.example.org": ("unreachable", 14), "blog.example.com": ("no-rule", None)}
    assert "leads to 3200 of blog/web; shop/web has 3100" in [f["message"] for f in said["findings"]]


def test_audit__lets_other_paths_lead_to_other_services_of_the_project(pb, shop, config, answer,
                                                                     listen):
    listen(3100, cwd=shop)
    listen(3101, cwd=shop)
    config.write_text("""\
ingress:
  - hostname: shop.example.org
    path: ^/api
    service: http://localhost:3101
  - hostname: shop.example.org
    service: http://localhost:3100
  - hostname: api.example.org
    service: http://localhost:3101
  - service: http_status:404
""")
    assert answer("tunnel audit", "--file", config)["findings"] == []


def test_audit__promises_no_mend_for_a_path_that_config_leaves_alone(pb, shop, config, answer):
    config.write_text("""\
ingress:
  - hostname: shop.example.org
    path: ^/old
    service: http://localhost:7777
  - hostname: shop.example.org
    service: http://localhost:8888
  - service: http_status:404
""")
    said = answer("tunnel audit", "--file", config, status=1)["findings"]
    assert {f["line"]: f["hint"] for f in said if f["line"]} == {
        2: "portbook check 7777", 5: f"portbook tunnel config --file {config} --write"}


def test_audit__without_a_file_lacks_every_rule(pb, shop, answer):
    path = pb.base / "none.yml"
    said = answer("tunnel audit", "--file", path, status=1)
    assert {f["verdict"] for f in said["findings"]} == {"no-rule"}
    assert pb("tunnel", "audit", "--file", path).err == f"portbook: note: there is no '{path}'\n"


def test_audit__changes_nothing(pb, shop, config):
    before = config.stat().st_mtime_ns, pb.json("history", "--limit", 1000)
    pb("tunnel", "audit", "--file", config)
    assert (config.stat().st_mtime_ns, pb.json("history", "--limit", 1000)) == before


def test_audit__fits_eighty_columns_and_is_csv_for_programs(pb, shop, config):
    csv = pb.fails(1, "tunnel", "audit", "--file", config, "--format", "csv").out
    assert csv.startswith("line,hostname,verdict,message,hint,service,port,projectName,")
    assert "nobody" in csv and "rules," not in csv
    shown, status = on_terminal(pb, "tunnel", "audit", "--file", config, cwd=pb.base,
                                env={"NO_COLOR": "1"})
    table, _, below = shown.partition("\n\n")
    assert status == 1 and max(map(len, table.splitlines())) <= 80
    assert "shop/api has 3101, and no rule leads there" in table
    assert below.count(f"  portbook tunnel config --file {config} --write\n") == 1
