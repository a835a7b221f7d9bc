"""Examples of the documents run, and what they say of hooks is what the code has."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from cpm_core.hooks import specs
from cpm_core.hooks.discovery import find_plugins
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


HOOKS = {name: hook for name, hook in vars(specs).items() if name.startswith("cpm_")}


def signature(name: str) -> str:
    """A hook as its specification has it; postponed annotations are texts, without their quotes."""
    return name + str(inspect.signature(HOOKS[name])).replace("'", "")


@pytest.fixture(scope="module")
def told(repository: Path) -> dict[str, str]:
    """What the guide says under each hook's heading, by the heading's signature."""
    text = (repository / "docs/plugins.md").read_text(encoding="utf-8")
    parts = re.split(r"^#{3,4} (?=`cpm_)", text, flags=re.MULTILINE)[1:]
    return {part[1 : part.index("`", 1)]: re.split(r"^## ", part, flags=re.MULTILINE)[0] for part in parts}


def test_the_guide_has_every_hook_with_its_signature_and_no_other(told: dict[str, str]) -> None:
    assert list(told) == [signature(name) for name in HOOKS]


@pytest.mark.parametrize("hook", HOOKS)
def test_the_guide_says_of_each_hook_when_it_is_called_and_what_it_may_raise(told: dict[str, str], hook: str) -> None:
    words = told[signature(hook)]
    assert "**Called**: " in words
    assert "**May raise**: " in words


@pytest.mark.parametrize("hook", HOOKS)
def test_the_guide_has_an_example_of_each_hook(repository: Path, hook: str) -> None:
    arguments = ", ".join(inspect.signature(HOOKS[hook]).parameters)
    assert any(f"@hookimpl\ndef {hook}({arguments}):" in code for _, code in plugins(repository))


def test_every_example_passes_the_check_that_authors_run(repository: Path, tmp_path: Path) -> None:
    from cpm_core.checks.plugins.alone import targets
    from cpm_core.checks.plugins.command import checked

    paths = [tmp_path / f"example_{index}.py" for index in range(len(plugins(repository)))]
    for path, (_, code) in zip(paths, plugins(repository), strict=True):
        path.write_text(code, encoding="utf-8")
    found = [checked(one, lambda _: None) for one in targets([str(path) for path in paths])]
    assert [one for one in found if not one.ok] == []


def test_what_the_guide_names_in_this_repository_is_there(repository: Path) -> None:
    text = (repository / "docs/plugins.md").read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if not link.startswith("http")]
    assert [link for link in links if link and not (repository / "docs" / link).exists()] == []
    heads = {
        re.sub(r"[^a-z0-9 -]", "", head.lower()).replace(" ", "-")
        for head in re.findall(r"^#+ (.+)", text, re.MULTILINE)
    }
    own = re.findall(r"\]\(#([^)]+)\)", text)
    assert [anchor for anchor in own if anchor not in heads] == []
