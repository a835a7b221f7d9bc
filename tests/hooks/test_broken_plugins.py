"""The folder of broken plugins: each is told by what, who, where and how to mend it, and harms no other."""

import re
from pathlib import Path

import pytest

from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import PluginError

FOLDER = Path(__file__).parent.parent / "broken_plugins"
MARK = "# <- here"
ARGUMENTS = "Write `def cpm_run_failed(run, error)`"
PUBLISHED = "Write `def cpm_run_published(run)`"
DISABLE = "turn it off with `plugins: {{disable: [{name}]}}`"

CASES = {
    "load_api_version": ("is written for version 99 of the API, and this core has 1", "", "Install a newer cpm-core"),
    "load_async": ("cpm_kpis is an async function", "", "without `async`"),
    "load_bad_column_type": ("the type of column 'promised_at' is 'datetime'", "", "timestamp, decimal"),
    "load_bad_id": ("section 'Our Weather' of 'load_bad_id': its id is no name", "our_weather", "small letters"),
    "load_bad_unit": ("KPI 'of_unknown_unit' of 'load_bad_unit': unit is 'monney'", "money", "Valid are: money, count"),
    "load_builtin_id": (
        "the id 'revenue' is provided twice, by 'builtin.kpis.sales'",
        "",
        'replaces="builtin.kpis.sales"',
    ),
    "load_check_level": ("level is 'halt'", "", "warn, stop"),
    "load_class_item": ("returned the class Source where a Source is expected", "", "Source(...)"),
    "load_default_argument": ("has a default for 'run'", "", PUBLISHED),
    "load_duplicate_one": ("the id 'twin' is provided twice", "", 'replaces="load_duplicate_one"'),
    "load_duplicate_two": ("the id 'twin' is provided twice", "", 'replaces="load_duplicate_one"'),
    "load_empty_title": ("the title has no 'zh'", "", "Text(en="),
    "load_endless_generator": ("returns more than 10000 items", "", "come to an end"),
    "load_exit": ("it leaves the program with SystemExit(3)", "", DISABLE),
    "load_folder": ("ValueError: invalid literal for int()", "", DISABLE),
    "load_foreign_marker": ("cpm_kpis is marked as a hook of 'kedro'", "", "@hookimpl of cpm_core.api"),
    "load_generator_raises": ("cpm_kpis of 'load_generator_raises' raised RuntimeError: the second", "", "Mend it"),
    "load_hooks_in_class": ("cpm_kpis stands inside the class Ours", "", "a function of the module"),
    "load_import_error": ("JSONDecodeError", "", DISABLE),
    "load_key_column": (
        "table 'parcels' of 'load_key_column': key names 'parcelid'",
        "parcel_id",
        "Write the right one",
    ),
    "load_keyword_only": ("cpm_run_failed takes 'error' by keyword only", "", ARGUMENTS),
    "load_kwargs": ("cpm_run_published takes **told, which would always be empty", "", PUBLISHED),
    "load_list_for_hook": ("cpm_kpis is a list, not a function", "", "Write a function"),
    "load_missing_package": ("No module named 'acme_connector'", "", "Install the package"),
    "load_missing_sibling": ("No module named 'load_misspelt_hook'", "", "`from . import load_misspelt_hook`"),
    "load_misspelt_hook": ("there is no hook 'cpm_kpi'", "cpm_kpis", "Rename the function"),
    "load_needs_quarantined": ("which plugin 'load_bad_unit' would provide", "", "Mend 'load_bad_unit'"),
    "load_one_language": ("'zh' is missing", "", DISABLE),
    "load_options_class": ("options is the class itself", "", "options=lambda: Options"),
    "load_plain_function": ("returned the function plain where a Kpi is expected", "", "@kpi(...)"),
    "load_replaces_nobody": (
        "replaces 'builtin.kpis.service', which provides no KPI",
        "builtin.kpis.sales",
        "builtin.kpis.sales",
    ),
    "load_returns_mapping": ("returned a dict where a list of Kpi is expected", "", "Return a list of Kpi"),
    "load_returns_nothing": ("cpm_kpis of 'load_returns_nothing' returned nothing", "", "return [...]"),
    "load_returns_one": ("returned one Kpi, not a list", "", "Put it into [ ]"),
    "load_syntax_error": ("SyntaxError", "", DISABLE),
    "load_unknown_argument": ("cpm_run_failed asks for 'eror', which it is not given", "error", ARGUMENTS),
    "load_unknown_column": (
        "is dated by 'orderd_at', a column that the table 'orders' does not have",
        "ordered_at",
        "columns=",
    ),
    "load_unknown_table": (
        "KPI 'visits' of 'load_unknown_table' is on table 'vists'",
        "costs",
        "provide it by cpm_tables",
    ),
    "load_unmarked_hook": ("cpm_kpis is not marked as a hook", "", "@hookimpl of cpm_core.api"),
    "load_wrapper": ("wrapper=True means nothing here", "", "@hookimpl of cpm_core.api"),
    "load_wrong_kind": ("returned a Section where a Kpi is expected", "", "Return it from cpm_report_sections"),
    "load_wrong_signature": (
        "value is called with (profile, options, settings)",
        "",
        "value(profile, options, settings)",
    ),
    "load_yaml": ("kpis.parcels.unit: 'counts' is none of money", "count", DISABLE),
    "load_yielding_kpi": ("a function with a `yield`", "", "Let it `return`"),
    "load_yielding_observer": ("cpm_run_started has a `yield`", "", "Take the `yield` out"),
}
"""What is told of each, the nearest name if there is one, and the fix."""


@pytest.fixture(scope="module")
def loaded():
    """All of them at once, beside one that is whole."""
    return Registry.load(FOLDER, strict=False)


def guilty_line(name):
    """The line of a broken plugin that is marked in its text."""
    path = next(one for one in (FOLDER / f"{name}.py", FOLDER / f"{name}.yaml", FOLDER / name) if one.exists())
    for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if MARK in line:
                return f"{file}:{number}"
    raise AssertionError(f"{name} marks no line")


@pytest.mark.parametrize("name", sorted(CASES), ids=sorted(CASES))
def test_what_who_where_nearest_and_the_fix(loaded, name):
    (told,) = next(one for one in loaded.quarantined if one.name == name).problems
    what, near, fix = CASES[name]
    assert what in told.what
    assert name in told.what, "who"
    where = guilty_line(name) if name != "load_duplicate_two" else guilty_line("load_duplicate_one")
    assert told.where == where
    assert told.nearest[:1] == ((near,) if near else ())
    assert fix.format(name=name) in told.fix


def test_each_file_of_the_folder_is_a_case(loaded):
    files = {path.stem for path in FOLDER.glob("load_*") if path.name != "__pycache__"}
    assert files == set(CASES) == {one.name for one in loaded.quarantined}


def test_the_others_are_unharmed(loaded):
    whole = Registry.load(None)
    kept = [one.name for one in loaded.plugins if one.origin == "folder"]
    assert kept == sorted(path.stem for path in FOLDER.glob("run_*.py"))
    for kind in ("kpis", "tables", "derived", "sources", "tier_rules", "sections"):
        ours = {name: one.provider for name, one in getattr(loaded, kind).items() if one.provider not in kept}
        assert ours == {name: one.provider for name, one in getattr(whole, kind).items()}, kind


def test_strict_tells_the_same_all_at_once():
    with pytest.raises(PluginError) as caught:
        Registry.load(FOLDER, strict=True)
    told = "\n".join(str(problem) for problem in caught.value.problems)
    for name, (what, _, _) in CASES.items():
        # What a quarantined plugin would provide is there as long as it is told what is wrong with that one.
        assert (what in told) is (name != "load_needs_quarantined"), name
    assert len(caught.value.problems) == len(CASES) - 2, "the two of one id are told once"


def test_nothing_is_written_into_a_folder_of_plugins(loaded):
    assert not list(FOLDER.rglob("__pycache__"))


def test_each_marks_a_line_that_is_one(loaded):
    """Lines in messages can be opened: `file:line` of a file that is there."""
    for one in loaded.quarantined:
        for problem in one.problems:
            file, line = re.fullmatch(r"(.+):(\d+)", problem.where).groups()
            assert 1 <= int(line) <= len(Path(file).read_text(encoding="utf-8").splitlines())
