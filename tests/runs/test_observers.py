from __future__ import annotations

from types import ModuleType

import pluggy

from cpm_core.api import hookimpl
from cpm_core.hooks import specs
from cpm_core.model.markers import PROJECT
from cpm_core.runs.observers import observe


def plugin(name, **functions):
    module = ModuleType(name)
    for key, function in functions.items():
        setattr(module, key, hookimpl(function))
    return module


def test_each_observer_is_called_by_itself_with_what_it_asks_for(caplog):
    seen = []

    def fails(run, error):
        raise OSError("no network")

    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(specs)
    manager.register(plugin("a", cpm_run_failed=lambda error: seen.append(("a", str(error)))), "a")
    manager.register(plugin("b", cpm_run_failed=fails), "b")
    manager.register(plugin("c", cpm_run_failed=lambda run: seen.append(("c", run))), "c")
    caplog.set_level("INFO")
    wrong = observe(manager.hook, "cpm_run_failed", run="r", error=ValueError("x"))
    assert [one.what for one in wrong] == ["cpm_run_failed of plugin 'b' raised OSError: no network"]
    assert sorted(seen) == [("a", "x"), ("c", "r")]
    assert wrong[0].what in caplog.text
