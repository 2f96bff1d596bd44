"""Hostnames in the configuration that Cloudflare keeps for a tunnel, against a stand-in for it."""

import pytest

from cloudflare import ACCOUNT, TUNNEL

CONFIGURATION = ("GET", f"/accounts/{ACCOUNT}/cfd_tunnel/{TUNNEL}/configurations")
PUT = ("PUT", CONFIGURATION[1])

FOREIGN = {"hostname": "wiki.example.org", "service": "http://10.0.0.7:80",
           "originRequest": {"noTLSVerify": True, "connectTimeout": 5}}
REST = {"service": "http_status:404"}


@pytest.fixture
def shop(pb):
    pb.ok("get", "shop/web", "--create", "--hostname", "shop.example.org")


@pytest.fixture
def push(pb, cloudflare, shop):
    def run(*options, **more):
        return pb("tunnel", "push", "--tunnel", TUNNEL, *options, env=cloudflare.env, **more)
    return run


def test_push__puts_rules_and_a_record_for_each_hostname(push, cloudflare):
    cloudflare.config, cloudflare.version = {"ingress": [FOREIGN, REST],
                                             "warp-routing": {"enabled": True}}, 7
    said = push("--json")
    assert said.code == 0 and said.json["pushed"]
    assert cloudflare.config == {
        "ingress": [FOREIGN, {"hostname": "shop.example.org", "service": "http://localhost:3100"},
                    REST], "warp-routing": {"enabled": True}}
    record = cloudflare.records["shop.example.org"]
    assert record["content"] == f"{TUNNEL}.cfargotunnel.com" and record["proxied"]


def test_push__a_second_time_changes_nothing(push, cloudflare):
    assert push().code == 0
    cloudflare.log.clear()
    said = push()
    assert said.code == 0 and said.out == "Cloudflare's rules are up to date\n"
    assert {method for method, _ in cloudflare.log} == {"GET"} and cloudflare.version == 1


def test_push__of_a_tunnel_that_was_never_configured(push, cloudflare):
    assert push("--no-dns").code == 0
    assert cloudflare.config == {"ingress": [
        {"hostname": "shop.example.org", "service": "http://localhost:3100"}, REST]}
    assert cloudflare.records == {}


def test_push__dry_run_only_shows_it(push, cloudflare):
    cloudflare.config = {"ingress": [REST]}
    said = push("--dry-run")
    assert said.code == 0 and '+    {"hostname": "shop.example.org"' in said.out.replace(
        "+    {\n", "")
    assert "shop.example.org: record would be made" in said.out
    assert {method for method, _ in cloudflare.log} == {"GET"}


def test_push__is_refused_if_it_changed_in_between(push, cloudflare):
    cloudflare.config, cloudflare.version = {"ingress": [REST]}, 3

    def somebody():
        cloudflare.config, cloudflare.version = {"ingress": [FOREIGN, REST]}, 4

    cloudflare.before[(*CONFIGURATION, 2)] = somebody
    said = push()
    assert said.code == 5 and "changed by another meanwhile" in said.err
    assert PUT not in cloudflare.log and cloudflare.config == {"ingress": [FOREIGN, REST]}


def test_push__says_when_a_change_was_lost_in_the_last_moment(push, cloudflare):
    cloudflare.config, cloudflare.version = {"ingress": [REST]}, 3

    def somebody():
        cloudflare.version = 4

    cloudflare.before[(*PUT, 1)] = somebody
    said = push()
    assert said.code == 5 and "version 5" in said.err and "is lost" in said.err


def test_push__leaves_a_record_of_somebody_alone(push, cloudflare):
    other = {"type": "A", "name": "shop.example.org", "content": "192.0.2.1"}
    cloudflare.records["shop.example.org"] = other
    said = push()
    assert said.code == 1 and "A 192.0.2.1" in said.err
    assert cloudflare.records["shop.example.org"] == other and cloudflare.version == 1


def test_push__of_a_tunnel_with_a_file_points_to_it(push, cloudflare):
    cloudflare.source = "local"
    said = push()
    assert said.code == 2 and "portbook tunnel config --write" in said.err
    assert PUT not in cloudflare.log


def test_push__takes_the_token_from_the_environment_and_shows_it_nowhere(pb, cloudflare, shop):
    env = {**cloudflare.env, "CLOUDFLARE_API_TOKEN": ""}
    said = pb("tunnel", "push", "--tunnel", TUNNEL, env=env)
    assert said.code == 6 and "CLOUDFLARE_API_TOKEN" in said.err and cloudflare.log == []
    cloudflare.token = "another"
    said = pb("tunnel", "push", "--tunnel", TUNNEL, env=cloudflare.env)
    assert said.code == 6 and "Authentication error (1403)" in said.err
    assert "secret-token" not in said.err + said.out


def test_push__sends_the_token_to_no_other_machine_without_encryption(pb, cloudflare, shop):
    for base in ("http://192.0.2.1/client/v4", "http://localhost.example.org/", "ftp://localhost/"):
        env = {**cloudflare.env, "CLOUDFLARE_API_BASE_URL": base}
        said = pb("tunnel", "push", "--tunnel", TUNNEL, env=env)
        assert said.code == 2, said


def test_push__needs_account_and_tunnel(pb, cloudflare, shop):
    env = {**cloudflare.env, "CLOUDFLARE_ACCOUNT_ID": ""}
    assert "--account ID" in pb.fails(2, "tunnel", "push", "--tunnel", TUNNEL, env=env).err
    assert "--tunnel ID" in pb.fails(2, "tunnel", "push", env=cloudflare.env).err
    assert "no id of" in pb.fails(2, "tunnel", "push", "--tunnel", "../x", env=cloudflare.env).err


def test_push__says_that_nobody_answers(pb, cloudflare, shop):
    env = {**cloudflare.env, "CLOUDFLARE_API_BASE_URL": "http://127.0.0.1:9/"}
    said = pb("tunnel", "push", "--tunnel", TUNNEL, env=env)
    assert said.code == 5 and "127.0.0.1" in said.err


def test_push__of_a_hostname_in_no_zone_says_what_to_do(pb, push, cloudflare):
    pb.ok("update", "shop/web", "--hostname", "shop.example.net")
    said = push()
    assert said.code == 1 and "--no-dns" in said.err
