"""Examples of the documents run, and what they say of hooks is what the code has."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from cpm_core.hooks import specs
from cpm_core.hooks.discovery import find_plugins
from cpm_core.hooks.registry import Registry
from cpm_core.params.load import load
from tests.books import book, fact

DOCUMENTS = ("README.md", "docs/plugins.md")


def blocks(repository: Path, document: str, language: str) -> list[str]:
    """The fenced code of one language in a document."""
    text = (repository / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def plugins(repository: Path) -> list[tuple[str, str]]:
    """The examples that are plugins."""
    found = [(name, code) for name in DOCUMENTS for code in blocks(repository, name, "python")]
    return [(name, code) for name, code in found if "@hookimpl" in code]


def test_the_examples_of_plugins_load(repository: Path, tmp_path: Path) -> None:
    examples = plugins(repository)
    assert len(examples) >= 5
    for index, (_, code) in enumerate(examples):
        folder = tmp_path / f"case{index}" / "plugins"
        folder.mkdir(parents=True)
        (folder / "example.py").write_text(code, encoding="utf-8")
        registry = Registry.load(folder)
        assert [plugin.name for plugin in registry.plugins if plugin.origin == "folder"] == ["example"]


def test_the_example_of_a_pandas_function_measures_what_it_says(repository: Path, tmp_path: Path) -> None:
    (code,) = [code for _, code in plugins(repository) if "Frame(" in code]
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    found = [one for one in find_plugins(tmp_path) if one.origin == "folder"]
    rows = "\n".join(f"{n} a 2024-01-{n:02d} {n} sale" for n in range(1, 12))
    made = book({"orders": f"order_id customer_id ordered_at amount kind\n{rows}"}, as_of="2024-01-31", plugins=found)
    try:
        # Of 1 to 11 the tenths lie at 2 and 10: the mean of 2 to 10 is 6.
        assert fact(made.facts(), "usual_order_value", "2024-01")["value"] == 6
    finally:
        made.close()


def test_the_example_of_a_tier_rule_sorts_as_it_says(repository: Path, tmp_path: Path) -> None:
    (code,) = [code for _, code in plugins(repository) if "TopShare(" in code]
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    found = [one for one in find_plugins(tmp_path) if one.origin == "folder"]
    # Margins 30 and 5; c and d have no cost, so 20 % of 200 and of 100.
    rows = "1 a 2024-01-05 50 sale 20\n2 b 2024-01-05 25 sale 20\n3 c 2024-01-05 200 sale -\n4 d 2024-01-05 100 sale -"
    orders = f"order_id customer_id ordered_at amount kind cost\n{rows}"
    made = book({"orders": orders}, as_of="2024-01-31", plugins=found, tiers={"rule": "our_margin"})
    try:
        customers = made.customers().set_index("customer_id")
        assert customers["value"].to_dict() == {"c": 40, "a": 30, "d": 20, "b": 5}
        # One of four is VIP, ceil(.05 x 4), and none is key beside it, ceil(.2 x 4) = 1.
        assert customers["tier"].tolist() == ["VIP", "ordinary", "ordinary", "ordinary"]
        assert customers.loc["a", "next_step"] == "to key: 10.00 more margin of the trailing year"
    finally:
        made.close()


def test_the_params_example_of_the_readme_is_valid(repository: Path, tmp_path: Path) -> None:
    (example,) = blocks(repository, "README.md", "yaml")
    path = tmp_path / "sales.yaml"
    path.write_text(example, encoding="utf-8")
    assert load(path).workbook == "sales"


@pytest.mark.parametrize("hook", [name for name in vars(specs) if name.startswith("cpm_")])
def test_every_hook_is_documented_with_its_arguments(repository: Path, hook: str) -> None:
    arguments = ", ".join(inspect.signature(getattr(specs, hook)).parameters)
    assert f"`{hook}({arguments})`" in (repository / "docs/plugins.md").read_text(encoding="utf-8")


def test_no_hook_is_documented_that_is_not_there(repository: Path) -> None:
    named = re.findall(r"`(cpm_\w+)\(", (repository / "docs/plugins.md").read_text(encoding="utf-8"))
    assert set(named) <= set(vars(specs))
