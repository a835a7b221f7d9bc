from __future__ import annotations

import base64
import datetime as dt
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cpm_core.params.declared import declarations, lacking, typed
from cpm_core.params.load import load
from cpm_core.params.overrides import from_command_line

CELL = """\
import os
# How many
# customers
top: int = 10
label: "str | None" = None
union: None | str = None
shown = hidden = 1  # of both
url: str = "x?y=1#z"  # where # it is
sign: Literal["=", "b", 3, True] = "="
share: Annotated[float, Field(ge=0, le=1)] = 0.5
between: Annotated[int, Interval(ge=1, lt=9)] = 3
day: date = date(2024, 1, 1)
needed: Optional[int]
names: list[str] = []
options: dict = {}
mixed: "Union[int, str]" = 1
frame: pd.DataFrame = None
anything = None
flag = True
top: int = 20  # said again
"""


def read(cell: str, **given: object) -> dict[str, object]:
    """Values as they come out; every problem is an error."""
    values, problems = typed(declarations(cell), given, {name: f"-p {name}" for name in given})
    assert not problems, problems
    return values


def wrong(cell: str, **given: object) -> dict[str, str]:
    """What is wrong, by where it was said."""
    _, problems = typed(declarations(cell, "n.ipynb"), given, {name: f"-p {name}" for name in given})
    return {one.where: one.what for one in problems}


def test_every_declared_name_is_found_with_its_default_and_meaning():
    # papermill's own help loses texts with a bar, `None | str`, a second sign of equality, Literal, and cuts at a #.
    found = {one.name: one for one in declarations(CELL, "n.ipynb")}
    assert list(found) == [
        *("label", "union", "shown", "hidden", "url", "sign", "share", "between", "day", "needed", "names"),
        *("options", "mixed", "frame", "anything", "flag", "top"),
    ]
    assert found["label"].annotation == "str | None"
    assert (found["url"].default, found["url"].meaning) == ("'x?y=1#z'", "where # it is")
    assert found["shown"].meaning == found["hidden"].meaning == "of both"
    assert (found["top"].default, found["top"].meaning) == ("20", "said again")
    assert found["top"].where == "n.ipynb, line 20 of the parameters cell"
    assert [one.name for one in found.values() if one.required] == ["needed"]
    assert found["needed"].written == "needed: Optional[int]"


def test_a_meaning_may_stand_above():
    (one,) = declarations("# How many\n# customers\ntop: int = 10")
    assert one.meaning == "How many customers"
    (other,) = declarations("# of another thing\n\ntop: int = 10")
    assert other.meaning == ""


def test_the_cell_is_never_executed(tmp_path):
    gone = tmp_path / "made"
    assert declarations(f"x = open({str(gone)!r}, 'w')\ny: __import__('os').sep = 1")[0].name == "x"
    assert not gone.exists()


@pytest.mark.parametrize(
    ("declared", "said", "value"),
    [
        ("x: str = ''", "007", "007"),
        ("x: str = ''", "1_000", "1_000"),
        ("x: str | None = None", "1e5", "1e5"),
        ("x: str = ''", "true", "true"),
        ("x: int = 0", "007", 7),
        ("x: int = 0", "-12", -12),
        ("x: float = 0.0", "90%", 0.9),
        ("x: float = 0.0", "1e5", 100000.0),
        ("x: float = 0.0", "3", 3.0),
        ("x: bool = False", "true", True),
        ("x: bool = False", "False", False),
        ("x: date = None", "2024-02-29", dt.date(2024, 2, 29)),
        ("x: datetime.datetime = None", "2024-02-29T09:30", dt.datetime(2024, 2, 29, 9, 30)),
        ("x: Literal['a', 3] = 'a'", "3", 3),
        ("x: Literal['3', 4] = '3'", "3", "3"),
        ("x: list[str] = []", "[a, 007]", ["a", "007"]),
        ("x: List[int] = []", ["1", "007"], [1, 7]),
        ("x: dict[str, float] = {}", {"a": "1"}, {"a": 1.0}),
        ("x: dict = {}", {"a": "1", "b": "007", "c": ["true", "x"]}, {"a": 1, "b": "007", "c": [True, "x"]}),
        ("x: int | str = 1", "7", 7),
        ("x: int | str = 1", "007", "007"),
        ("x: bool | str = ''", "NO", "NO"),
        ("x: int | None = 1", None, None),
        ("x: str = None", None, None),
        ("x = 1", "007", 7),
        ("x = 'a'", "007", "007"),
        ("x = 1.5", "2", 2.0),
        ("x = True", "false", False),
        ("x = None", "7", 7),
        ("x = None", "007", "007"),
        ("x = None", "nan", "nan"),
        ("x = compute()", "1.50", "1.50"),
        ("x = date(2024, 1, 1)", "2024-02-29", dt.date(2024, 2, 29)),
    ],
)
def test_a_value_is_typed_by_its_declaration(declared, said, value):
    found = read(declared, x=said)["x"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("declared", "said", "words"),
    [
        ("x: int = 0", "1e5", "x: '1e5' is no whole number"),
        ("x: int = 0", "1.0", "x: '1.0' is no whole number"),
        ("x: int | None = 0", "a", "x: 'a' is no whole number"),
        ("x: int = 0", None, "x: None is no whole number"),
        ("x: float = 0.0", "nan", "x: 'nan' is no number"),
        ("x: bool = True", "maybe", "x: 'maybe' is neither true nor false"),
        ("x: date = None", "2024-02-30", "x: '2024-02-30' is no day of the calendar"),
        ("x: Literal['red', 'blue'] = 'red'", "green", "x: 'green' is none of red, blue"),
        ("x: Annotated[int, Field(ge=1, le=9)] = 1", "10", "x: 10 is above 9, the most it may be"),
        ("x: Annotated[int, Ge(1)] = 1", "0", "x: 0 is below 1, the least it may be"),
        (
            "x: Annotated[str, Field(max_length=3)] = ''",
            "abcd",
            "x: 'abcd' has more than 3 signs, the most it may have",
        ),
        ("x: Annotated[str, Field(pattern='^[A-Z]+$')] = 'A'", "a", "x: 'a' is not of the form ^[A-Z]+$"),
        ("x: Annotated[int, Field(multiple_of=5)] = 5", "7", "x: 7 is no multiple of 5"),
        ("x: list[str] = []", "a", "x: 'a' is no list"),
        ("x: list[int] = []", ["1", "b"], "x.1: 'b' is no whole number"),
        ("x: dict = {}", "a", "x: 'a' is no mapping of keys to values"),
    ],
)
def test_what_does_not_fit_its_declaration_is_told(declared, said, words):
    assert wrong(declared, x=said) == {"-p x": words}


def test_a_type_that_no_value_can_be_read_as_is_told_where_a_value_is_given():
    (words,) = wrong("x: pd.Series = None\ny: int = 0", x="1", y="1").values()
    assert words.startswith("x: no value can be read as its type, `pd.Series`; it is declared in n.ipynb, line 1")


def test_a_problem_shows_the_declaration():
    _, (problem,) = typed(declarations("x: int = 0", "n.ipynb"), {"x": "a"}, {"x": "-y:1"})
    assert problem.fix.endswith("It is declared as `x: int = 0` in n.ipynb, line 1 of the parameters cell.")


def test_all_problems_are_told_at_once():
    assert set(wrong("a: int = 0\nb: bool = True\nc: str = ''", a="x", b="x", c="x")) == {"-p a", "-p b"}


def test_names_that_pydantic_keeps_for_itself_are_parameters_too():
    assert read("model_config: int = 0\njson: str = ''\n_x: int = 0\ncopy = 1", json="1", _x="2", model_config="3") == {
        "json": "1",
        "_x": 2,
        "model_config": 3,
    }


def test_a_parameter_without_a_value_is_needed_unless_somebody_gives_it():
    declared = declarations("params: str\ntop: int  # how many\nname: str = ''")
    (one,) = lacking(declared, {}, ["params"])
    assert one.what == "the notebook needs a value for its parameter 'top': how many"
    assert lacking(declared, {"top": 1}, ["params"]) == []


WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20)
KINDS = {
    "str": WORDS,
    "int": st.integers(-(10**15), 10**15),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
    "date": st.dates(),
    "list[str]": st.lists(WORDS, max_size=3),
    "list[int]": st.lists(st.integers(), max_size=3),
    "dict[str, float]": st.dictionaries(WORDS, st.floats(allow_nan=False, allow_infinity=False), max_size=3),
}
LETTERS = ("-p", "-r", "-f", "-y", "-b")


@st.composite
def declared_values(draw):
    kind = draw(st.sampled_from(sorted(KINDS)))
    optional = draw(st.booleans())
    letters = LETTERS if kind in ("str", "int", "float", "bool", "date") else LETTERS[2:]
    return f"{kind} | None" if optional else kind, draw(KINDS[kind]), draw(st.sampled_from(letters))


def said(letter: str, value: object, folder: Path) -> dict[str, object]:
    """A value of the parameter `x`, said by one of papermill's letters."""
    if letter in ("-p", "-r"):
        return {"parameters" if letter == "-p" else "raw": [("x", str(value))]}
    text = yaml.safe_dump({"x": value}, allow_unicode=True)
    if letter == "-y":
        return {"yaml": [text]}
    if letter == "-b":
        return {"base64_yaml": [base64.b64encode(text.encode()).decode()]}
    path = folder / "said.yaml"
    path.write_text(text, encoding="utf-8")
    return {"files": [path]}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(declared_values())
def test_a_value_keeps_itself_and_its_type_from_the_command_line_to_the_notebook_and_the_record(tmp_path, one):
    from papermill.translators import translate_parameters

    from cpm_core.runs.injected import injectable
    from cpm_core.runs.record import plain

    annotation, value, letter = one
    if letter == "-p" and value == "None":
        value, annotation = None, f"{annotation} | None"
    cell = declarations(f"x: {annotation} = None")
    (tmp_path / "params").mkdir(exist_ok=True)
    file = tmp_path / "params" / "x.yaml"
    file.write_text("as_of: 2024-01-31\nsources: [{use: demo}]\n", encoding="utf-8")
    params = load(file, from_command_line(**said(letter, value, tmp_path)), of_notebook=lambda *_: cell)
    found = params.notebook_parameters["x"]
    assert (found, type(found)) == (value, type(value))
    scope: dict[str, object] = {}
    exec(translate_parameters("python3", "python", injectable({"x": found}), "Parameters"), scope)
    assert (scope["x"], type(scope["x"])) == (value, type(value))
    recorded = json.loads(json.dumps(plain({"x": found})))
    back, problems = typed(cell, recorded, {"x": "run.json"})
    assert not problems
    assert (back["x"], type(back["x"])) == (value, type(value))
