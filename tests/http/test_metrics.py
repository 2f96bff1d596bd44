"""What Prometheus reads, and what is built on it."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

CONTRIB = Path(__file__).resolve().parent.parent.parent / "contrib"


def metrics(served):
    """{(name, labels without what is the same everywhere): value} of all that is told."""
    answer = served.ask("GET", "/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {(s.name, *sorted(s.labels.items())): s.value
            for family in text_string_to_metric_families(answer.bytes.decode())
            for s in family.samples}


def one(served, name, **labels):
    found = [value for (n, *of), value in metrics(served).items()
             if n == name and labels.items() <= dict(of).items()]
    assert len(found) == 1, (name, labels, found)
    return found[0]


def test_metrics__say_how_full_ranges_and_projects_are(shop):
    assert one(shop, "portbook_range_ports", range="projects") > 60000
    assert one(shop, "portbook_project_allocated_ports", project="shop") == 1
    assert one(shop, "portbook_project_utilization_ratio", project="shop") == 0.01


def test_metrics__say_what_runs_and_what_was_seen(shop, listen, pb):
    pb.ok("get", "shop/api")
    folder = pb.base / "shop"
    folder.mkdir()
    shop.ok("PATCH", "/api/v1/projects/shop", {"projectPath": str(folder)})
    listen(3100, cwd=folder)
    listen(3101, cwd=pb.work)
    assert one(shop, "portbook_service_up", service="web") == 1
    assert one(shop, "portbook_service_squatted", service="web") == 0
    assert one(shop, "portbook_service_up", service="api") == 0
    assert one(shop, "portbook_service_squatted", service="api") == 1
    assert one(shop, "portbook_entries", state="squatted") == 1
    assert one(shop, "portbook_last_audit_timestamp_seconds") == 0
    shop.ok("POST", "/api/v1/audit", {})
    assert one(shop, "portbook_last_audit_timestamp_seconds") > 1e9
    assert one(shop, "portbook_service_uptime_ratio", service="web", window="day") == 1


def test_metrics__tell_of_an_audit_of_the_servers_own_that_found_nothing_entered(serve):
    served = serve("--audit-every", "1h")
    while not one(served, "portbook_last_audit_timestamp_seconds"):
        pass
    assert one(served, "portbook_last_audit_timestamp_seconds") > 1e9


def test_metrics__count_operations_and_how_they_ended(shop):
    shop.ask("PUT", "/api/v1/projects/none/services/web", {})
    assert one(shop, "portbook_operations_total", operation="get", result="ok") == 1
    assert one(shop, "portbook_operations_total", operation="get", result="not-found") == 1
    assert one(shop, "portbook_operation_duration_seconds_count", operation="get") == 2
    assert one(shop, "portbook_operation_duration_seconds_bucket", operation="get",
               le="+Inf") == 2
    assert one(shop, "portbook_http_replies_total", status="4xx") == 1


def test_metrics__of_a_book_that_is_not_there(serve, pb):
    server = serve("--book", pb.base / "none.db")
    assert one(server, "portbook_book_up") == 0


@pytest.fixture
def told(shop):
    """Names of all that is told, once something was asked."""
    shop.ok("POST", "/api/v1/audit", {})
    return {name for name, *_ in metrics(shop)} | {"up"}


def names_of(expression):
    """The metrics of an expression of PromQL."""
    plain = re.sub(r"\{[^}]*\}|\[[^]]*\]|\b(?:by|without) \([^)]*\)", "", expression)
    return set(re.findall(r"\b(?:portbook_\w+|up)\b", plain))


def test_rules__ask_for_what_is_told(told):
    rules = yaml.safe_load((CONTRIB / "prometheus/portbook.rules.yml").read_text())
    rules = [r for group in rules["groups"] for r in group["rules"]]
    assert {r["alert"] for r in rules} >= {"PortRangeFull", "PortSquatted", "ServiceDown"}
    for rule in rules:
        names = names_of(rule["expr"])
        assert names and names <= told, rule
        assert rule["annotations"]["summary"] and rule["labels"]["severity"]


def test_dashboard__shows_what_is_told(told):
    dashboard = json.loads((CONTRIB / "grafana/portbook.json").read_text())
    ids = [p["id"] for p in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    for panel in dashboard["panels"]:
        for target in panel["targets"]:
            names = names_of(target["expr"])
            assert names and names <= told, panel["title"]


# What promtool says, which Prometheus' own package has.

@pytest.fixture
def promtool(tmp_path):
    """promtool("check rules", FILE, TEXT): what it says, which has to be yes."""
    def run(words, file, text):
        (tmp_path / file).write_text(text)
        said = subprocess.run(["promtool", *words.split(), file], cwd=tmp_path,
                              capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout
    if not shutil.which("promtool"):
        pytest.skip("no promtool: the package prometheus")
    return run


RULES = CONTRIB / "prometheus/portbook.rules.yml"

ALERTS = """
rule_files: [portbook.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: portbook_range_utilization_ratio{range="full"}
        values: 0.81+0x60
      - series: portbook_range_utilization_ratio{range="not"}
        values: 0.8+0x60
      - series: portbook_service_squatted{project="shop", service="web", port="3100"}
        values: 0+0x10 1+0x50
      - series: portbook_service_squatted{project="shop", service="db", port="3101"}
        values: 0+0x60
      - series: portbook_service_up{project="shop", service="db", port="3101"}
        values: 1+0x10 0+0x50
    alert_rule_test:
      - {eval_time: 10m, alertname: PortRangeFull, exp_alerts: []}
      - {eval_time: 10m, alertname: PortSquatted, exp_alerts: []}
      - {eval_time: 10m, alertname: ServiceDown, exp_alerts: []}
"""


def test_rules__are_rules_to_promtool(promtool):
    assert "SUCCESS" in promtool("check rules", "rules.yml", RULES.read_text())


def test_rules__fire_when_they_should(promtool, tmp_path):
    (tmp_path / "portbook.rules.yml").write_text(RULES.read_text())
    tests = yaml.safe_load(ALERTS)
    rules = {r["alert"]: r for group in yaml.safe_load(RULES.read_text())["groups"]
             for r in group["rules"]}
    series = {
        "PortRangeFull": {"range": "full"},
        "PortSquatted": {"project": "shop", "service": "web", "port": "3100"},
        "ServiceDown": {"project": "shop", "service": "db", "port": "3101"}}
    said = {"PortRangeFull": "the range full is 81% full",
            "PortSquatted": "a stranger listens on 3100, the port of shop/web"}
    for name, labels in series.items():
        notes = dict(rules[name]["annotations"])
        for key, text in notes.items():
            for label, value in labels.items():
                text = text.replace("{{ $labels.%s }}" % label, value)
            notes[key] = text.replace("{{ $value | humanizePercentage }}", "81%")
        assert notes["summary"] == said.get(name, notes["summary"])
        tests["tests"][0]["alert_rule_test"].append(
            {"eval_time": "55m", "alertname": name, "exp_alerts": [
                {"exp_labels": {**labels, **rules[name]["labels"]}, "exp_annotations": notes}]})
    promtool("test rules", "tests.yml", yaml.safe_dump(tests))


def test_dashboard__asks_in_what_promtool_reads(promtool):
    dashboard = json.loads((CONTRIB / "grafana/portbook.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"]
                   for target in panel.get("targets", [])]
    assert len(expressions) > 5
    rules = [{"record": f"panel:{n}", "expr": text} for n, text in enumerate(expressions)]
    promtool("check rules", "panels.yml",
             yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))


def test_metrics__are_as_promtool_wants_them(promtool, shop):
    assert promtool
    shop.ok("POST", "/api/v1/audit", {})
    text = shop.ask("GET", "/metrics").bytes.decode()
    said = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True,
                          text=True, check=False)
    assert said.returncode == 0, said.stdout + said.stderr
