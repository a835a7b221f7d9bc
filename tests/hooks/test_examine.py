"""What looks like a hook, and what only seems to."""

from types import ModuleType

import pluggy
import pytest

from cpm_core.api import Total, hookimpl, kpi
from cpm_core.hooks.contributions import contributions
from cpm_core.hooks.discovery import Plugin, discover, find_plugins
from cpm_core.hooks.examine import implementations, near_misses
from cpm_core.hooks.registry import Registry
from cpm_core.hooks.validate import invalid
from cpm_core.model.errors import PluginError

KPIS = """
from cpm_core.api import Total, hookimpl, kpi

@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={{"en": "{name}", "zh": "{name}"}})
def {name}(orders):
    return Total(orders.order_id.notnull())
"""
PATHS = {"team": "team/__init__", "team_kpis": "team/kpis"}


@pytest.fixture
def load(tmp_path):
    """Writes files into a folder of plugins and loads it; gives what is wrong, by plugin."""

    def load(**files):
        for name, text in files.items():
            path = tmp_path / f"{PATHS.get(name, name)}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Registry.load(tmp_path, strict=False)

    return load


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Mine", "zh": "我的"})
def mine(orders):
    """Counts orders."""
    return Total(orders.order_id.notnull())


def test_the_built_ins_hold_to_all_that_is_asked_of_plugins():
    for plugin in find_plugins(None):
        problems = list(near_misses(plugin))
        for one in contributions(plugin, implementations(plugin), problems):
            problems += invalid(one)
        assert problems == [], plugin.name


def test_names_that_are_imported_are_nobodys_hooks(load):
    helper = "def cpm_money(x):\n    return x\n"
    user = "from cpm_core.hooks.specs import cpm_kpis\nfrom ._helper import cpm_money\nimport cpm_core\n"
    registry = load(_helper=helper, user=user)
    assert registry.quarantined == ()


def test_a_package_may_gather_hooks_of_its_own_modules(load):
    hook = "\n@hookimpl\ndef cpm_kpis():\n    return [inner]\n"
    registry = load(team_kpis=KPIS.format(name="inner") + hook, team="from .kpis import cpm_kpis\n")
    assert registry.quarantined == ()
    assert registry.kpis["inner"].file.endswith("team/kpis.py")
    assert registry.kpis["inner"].where.endswith("team/kpis.py:5")


def test_a_hook_of_its_own_module_without_a_mark_is_still_told(load):
    hook = "\ndef cpm_kpis():\n    return [inner]\n"
    registry = load(team_kpis=KPIS.format(name="inner") + hook, team="from .kpis import cpm_kpis\n")
    (told,) = registry.quarantined[0].problems
    assert told.where.endswith("team/kpis.py:8")


def test_all_near_misses_of_a_plugin_at_once(load):
    text = (
        "from cpm_core.api import hookimpl\n\n@hookimpl\ndef cpm_kpi():\n    return []\n\ndef cpm_tables():\n    return []\n"
        "\n@hookimpl\ndef cpm_checks(stats, *more):\n    return []\n\n@hookimpl\ndef cpm_sources():\n    return None\n"
    )
    told = [problem.what.partition(": ")[2] or problem.what for problem in load(ours=text).quarantined[0].problems]
    assert told == [
        "there is no hook 'cpm_kpi'",
        "cpm_tables is not marked as a hook",
        "cpm_checks asks for 'stats', which it is not given",
        "cpm_checks takes *more, which would always be empty",
        "cpm_sources of 'ours' returned nothing",
    ]


def test_a_hook_by_another_name(load):
    text = KPIS.format(name="other") + '\n@hookimpl(specname="cpm_kpis")\ndef gather():\n    yield other\n'
    assert "other" in load(ours=text).kpis


class Ours:
    """A plugin that is an object."""

    @hookimpl
    def cpm_kpis(self):
        return [mine]

    @property
    def cpm_trap(self):
        raise AssertionError("a property is nobody's to run")


def test_an_object_may_be_a_plugin_and_a_class_may_not():
    built_in = find_plugins(None)
    registry = Registry([*built_in, Plugin("ours", "1", "installed", __file__, Ours())])
    assert registry.kpis["mine"].provider == "ours"
    with pytest.raises(PluginError, match="names the class Ours"):
        Registry([*built_in, Plugin("ours", "1", "installed", __file__, Ours)])


def test_a_function_may_carry_marks_of_two_projects():
    module = ModuleType("both")

    @pluggy.HookimplMarker("other")
    @hookimpl
    def cpm_kpis():
        return [mine]

    cpm_kpis.__module__ = "both"
    module.cpm_kpis = cpm_kpis
    assert list(near_misses(Plugin("both", "1", "folder", "both.py", module))) == []


@pytest.mark.parametrize("name", ["_private.py", ".hidden.py", "notes.txt", "tests/x.py", "package/pyproject.toml"])
def test_what_is_no_plugin(tmp_path, name):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("raise RuntimeError")
    assert [one.name for one in discover(tmp_path).plugins if one.origin != "built-in"] == []


def test_the_api_that_a_plugin_is_written_for(load):
    registry = load(now="CPM_API = 1\n", old="CPM_API = 0\n", odd="CPM_API = 'one'\n")
    assert {one.name: one.problems[0].fix.split()[0] for one in registry.quarantined} == {
        "old": "Bring",
        "odd": "Bring",
    }
    assert "now" in [one.name for one in registry.plugins]


def test_ctrl_c_stops_and_a_signal_does_too(load, tmp_path):
    (tmp_path / "slow.py").write_text("raise KeyboardInterrupt\n")
    with pytest.raises(KeyboardInterrupt):
        Registry.load(tmp_path, strict=False)
    # As if the terminal's signal came while the plugin was imported: the handler raises within the plugin's line.
    (tmp_path / "slow.py").write_text("from cpm_core.model.leaving import leave\nleave(15, None)\n")
    with pytest.raises(SystemExit) as caught:
        Registry.load(tmp_path, strict=False)
    assert caught.value.code == 143
