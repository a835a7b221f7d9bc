"""A new author's path: nothing is typed but the first command of each kind; all others are copied from what it prints."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from cpm_core.checks.scaffold.write import KINDS
from tests.books import fact

NAMES = {
    "source": "web_shop",
    "table": "second_orders",
    "kpi": "repeat_buyers",
    "profile": "weekend_share",
    "tier": "safe_revenue",
    "lifecycle": "plain_stages",
    "action": "call_again",
    "section": "best_customers",
    "publisher": "to_outbox",
    "check": "no_gaps",
}
CUSTOMERS = 200
BIN = Path(sys.executable).parent


def run(line, folder, **environment):
    """A command as it is printed, in a folder; its standard output."""
    words = shlex.split(line)
    words[0] = str(BIN / words[0])
    told = {**os.environ, **environment}
    ended = subprocess.run(words, cwd=folder, env=told, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{line}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout


def commands(printed):
    """The commands under `Next:`: check, test, run."""
    _, _, told = printed.partition("Next:\n")
    return [line.strip() for line in told.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def project(tmp_path_factory, repository):
    """A project with the demo's params, few of its customers, and one scaffold of each kind."""
    home = tmp_path_factory.mktemp("project")
    (home / "params").mkdir()
    params = yaml.safe_load((repository / "params" / "demo.yaml").read_text(encoding="utf-8"))
    params["sources"][0]["customers"], params["history"], params["slices"] = CUSTOMERS, 1, []
    params["targets"] = {"csat": {"at_least": 0.75}}
    (home / "params" / "demo.yaml").write_text(yaml.safe_dump(params, allow_unicode=True), encoding="utf-8")
    (home / "notebooks").symlink_to(repository / "notebooks")
    printed = {kind: run(f"cpm plugins new {kind} {name}", home) for kind, name in NAMES.items()}
    return home, {kind: commands(text) for kind, text in printed.items()}


def test_there_is_a_name_for_every_kind():
    assert list(NAMES) == list(KINDS)


@pytest.mark.parametrize("tool", ["ruff check", "ruff format --check"])
def test_what_is_written_has_good_style_with_our_settings_and_with_none(project, repository, tool):
    home, _ = project
    for settings in ("--isolated", f"--config {repository / 'pyproject.toml'}"):
        run(f"{tool} --quiet {settings} plugins", home)


def test_what_is_written_has_types(project, repository):
    home, _ = project
    # The cache of `make test`, which has looked at the core before.
    known = f"--config-file {repository / 'pyproject.toml'} --cache-dir {repository / '.mypy_cache'}"
    run(f"mypy --strict --no-error-summary {known} plugins", home)


def test_its_own_tests_pass(project):
    """One run for all kinds: the printed commands, put together."""
    home, told = project
    lines = [line for _, line, _ in told.values()]
    assert all(line.startswith("python -m pytest plugins/tests/test_") for line in lines)
    files = [line.removeprefix("python -m pytest ") for line in lines]
    passed = run(f"python -m pytest -q -p no:cacheprovider {' '.join(files)}", home)
    assert "failed" not in passed


def test_its_check_passes(project):
    home, told = project
    paths = [line.removeprefix("cpm plugins check ") for line, _, _ in told.values()]
    out = run(f"cpm plugins check {' '.join(paths)}", home)
    assert "KPI repeat_buyers: Repeat buyers · 复购客户数 = 3 in 2024-02" in out
    assert "tier rule safe_revenue" in out
    assert "10 plugins are ok" in out


def overrides(told):
    """The `-y` words of all printed runs."""
    found = []
    for _, _, line in told.values():
        words = shlex.split(line)
        assert words[:3] == ["cpm", "run", "params/demo.yaml"]
        found += words[3:]
    return found


@pytest.fixture(scope="module")
def reports(project):
    """The report in both languages, by what all printed runs say; the Chinese one is made last."""
    home, told = project
    # By one command: what it has compiled for the first report serves the second.
    both = ["--grid", "locale=en,zh", "--jobs", "1", "--out", "reports"]
    run(shlex.join(["cpm", "run", "params/demo.yaml", *overrides(told), *both]), home)
    return home / "reports" / "demo"


def test_the_publisher_copies_the_page(project, reports):
    home, _ = project
    (copied,) = (home / "outbox").glob("demo-2024-12-31.html")
    page = reports / "locale=zh" / "latest" / "report.html"
    assert copied.read_text(encoding="utf-8") == page.read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_report_uses_all_of_them(reports, locale):
    latest = reports / f"locale={locale}" / "latest"
    page = (latest / "report.html").read_text(encoding="utf-8")
    titles = {
        "en": ("Repeat buyers", "Days to the second purchase", "Best customers"),
        "zh": ("复购客户数", "距第二次购买的天数", "净销售额最高的客户"),
    }
    for words in titles[locale]:
        assert words in page
    customers = pd.read_parquet(latest / "customers.parquet").set_index("customer_id")
    assert {"web_shop-a", "web_shop-b", "web_shop-c"} <= set(customers.index)  # the source
    assert customers["weekend_share"].between(0, 1).any()  # the profile column
    assert set(customers["stage"]) <= {"prospect", "new", "active", "at_risk", "lost"}  # the lifecycle rule
    assert (customers["tier"] == "VIP").sum() == -(-(customers["trailing_revenue"] > 0).sum() // 10)  # the tier rule
    facts = pd.read_parquet(latest / "facts.parquet")
    assert fact(facts, "repeat_buyers", "2024-12").value > 0
    assert fact(facts, "second_orders_days", "2024-12").provider == "second_orders"
    actions = pd.read_csv(latest / "actions.csv")
    assert "call_again" in set(actions["action"])  # the action
    told = json.loads((latest / "run.json").read_text(encoding="utf-8"))
    assert set(NAMES.values()) <= {one["name"] for one in told["plugins"]}  # the check too, which has nothing to say
