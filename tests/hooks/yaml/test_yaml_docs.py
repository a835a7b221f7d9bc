"""The documents on YAML plugins and checks say what the code does."""

import re

import pytest

from cpm_core.hooks import yaml_plugin
from cpm_core.hooks.agreement import check_names
from cpm_core.hooks.registry import Registry
from cpm_core.hooks.yaml.functions import AGGREGATES, SCALARS
from cpm_core.hooks.yaml.schema import MEASURES, ExpectKeys, KpiKeys
from cpm_core.params.load import load


@pytest.fixture
def page(repository):
    return (repository / "docs" / "yaml_plugins.md").read_text(encoding="utf-8")


def example(page):
    (found,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    return found


def test_the_example_of_a_plugin_loads(page, tmp_path):
    (tmp_path / "service_team.yaml").write_text(example(page), encoding="utf-8")
    registry = Registry.load(tmp_path)
    kinds = (registry.kpis, registry.profile_columns, registry.tier_rules, registry.checks)
    ours = {name for kind in kinds for name, one in kind.items() if one.provider == "service_team"}
    assert ours == {"phone_share", "web_revenue", "web_share", "days_since_web", "by_margin", "enough_tickets"}
    assert registry.kpis["phone_share"].where == f"{tmp_path / 'service_team.yaml'}:4"


def test_every_function_measure_and_key_stands_there(page):
    words = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", page)) + example(page)))
    for names in (SCALARS, AGGREGATES, MEASURES, ExpectKeys.model_fields, KpiKeys.model_fields):
        assert [name for name in names if name not in words] == []


def test_the_message_that_is_shown(page, tmp_path):
    (tmp_path / "service_team.yaml").write_text(example(page).replace("channel = 'phone'", "loewr(channel) = 'x'"))
    with pytest.raises(Exception, match=r"there is no function 'loewr' \(nearest: lower, floor\)") as caught:
        yaml_plugin.load(tmp_path / "service_team.yaml")
    line = re.search(r"plugins/service_team.yaml:(\d+): kpis.phone_share.ratio.of", page)[1]
    assert f"service_team.yaml:{line}: kpis.phone_share.ratio.of:" in str(caught.value)


def test_the_example_of_params_fits(repository, tmp_path):
    (found,) = re.findall(
        r"```yaml\n(.*?)```", (repository / "docs/data_checks.md").read_text(encoding="utf-8"), re.DOTALL
    )
    path = tmp_path / "x.yaml"
    path.write_text("as_of: 2024-12-31\nsources: [{use: demo, customers: 200}]\n" + found, encoding="utf-8")
    check_names(load(path), Registry.load(None))
