from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from cpm_core.model.errors import ParamsError
from cpm_core.params.load import load
from cpm_core.params.options import no_options, validate_options

TEXT = """\
as_of: 2011-11-30
sources:
  - use: files
    folder: data
    tables:
      orders: {path: o.csv, colums: {amount: total}}
      tickets: {sheet: NO}
    limit: many
    mode: slow
    sepparator: ;
"""


class Table(BaseModel):
    path: str
    sheet: str | None = None
    columns: dict[str, str] = {}


class Files(BaseModel):
    """As a plugin may write it: without saying what to do with unknown keys."""

    folder: str = "."
    tables: dict[str, Table] = {}
    more: list[Table] = []
    limit: int = Field(10, examples=[10])
    mode: Literal["fast", "exact"] = "fast"
    separator: str = ","
    cut: Decimal = Decimal("0.05")


def problems(raw, model=Files, where="params/x.yaml:3", prefix=()):
    with pytest.raises(ParamsError) as caught:
        validate_options(model, raw, where, prefix)
    return caught.value.problems


def test_options_are_typed_by_the_plugin_s_model():
    options = validate_options(Files, {"limit": "3", "cut": "0.10", "tables": {"orders": {"path": "007"}}}, "x")
    assert isinstance(options, Files)
    assert (options.limit, options.cut, options.tables["orders"].path) == (3, Decimal("0.10"), "007")


def test_an_option_with_nothing_after_it_counts_as_left_out():
    assert validate_options(Files, {"limit": None}, "x").limit == 10


def test_all_problems_are_told_with_the_line_of_the_params_file(write):
    write(TEXT)
    params = load("x")
    where = lambda *loc: params.where("sources", 0, *loc)  # noqa: E731  # as callers write it
    found = problems(params.sources[0].options, where=where, prefix=("sources", 0))
    assert sorted((problem.where, problem.what) for problem in found) == [
        ("params/x.yaml:10", "unknown key 'sources.0.sepparator'"),
        ("params/x.yaml:6", "unknown key 'sources.0.tables.orders.colums'"),
        ("params/x.yaml:7", "the key 'sources.0.tables.tickets.path' is missing"),
        ("params/x.yaml:8", "sources.0.limit: 'many' is no whole number"),
        ("params/x.yaml:9", "sources.0.mode: 'slow' is none of fast, exact"),
    ]
    near = {problem.what.split("'")[1]: problem.nearest for problem in found if "unknown" in problem.what}
    assert near["sources.0.sepparator"] == ("separator",)
    assert near["sources.0.tables.orders.colums"] == ("columns",)


def test_keys_that_a_model_would_pass_over_are_told_in_lists_too():
    (problem,) = problems({"more": [{"path": "a"}, {"path": "b", "shet": "c"}]})
    assert problem.what == "unknown key 'more.1.shet'"
    assert problem.nearest == ("sheet",)


def test_a_model_may_allow_free_keys():
    class Free(BaseModel):
        model_config = ConfigDict(extra="allow")

    assert validate_options(Free, {"anything": {"a": "1"}}, "x").model_extra == {"anything": {"a": "1"}}


def test_a_model_that_forbids_unknown_keys_by_itself_tells_each_once():
    class Strict(BaseModel):
        model_config = ConfigDict(extra="forbid")
        path: str = ""

    (problem,) = problems({"pth": "x"}, Strict)
    assert (problem.what, problem.nearest) == ("unknown key 'pth'", ("path",))


def test_a_key_may_have_an_alias_and_a_choice_of_models():
    class Constant(BaseModel):
        value: str

    class Sql(BaseModel):
        sql: str

    class Mapped(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        from_: str = Field("", alias="from")
        columns: dict[str, str | Constant | Sql] = {}

    raw = {"from": "a", "columns": {"x": "y", "z": {"value": "1"}, "w": {"sql": "a + b"}}}
    options = validate_options(Mapped, raw, "x")
    assert (options.from_, options.columns["z"], options.columns["w"]) == ("a", Constant(value="1"), Sql(sql="a + b"))
    (problem,) = problems({"form": "a"}, Mapped)
    assert problem.nearest == ("from",)


def test_a_validator_s_own_words_are_told():
    from pydantic import field_validator

    class Cut(BaseModel):
        vip: float = 0.05

        @field_validator("vip")
        @classmethod
        def _share(cls, value):
            if value > 1:
                raise ValueError("a share is at most 1")
            return value

    (problem,) = problems({"vip": "5"}, Cut, prefix=("tiers",))
    assert problem.what == "tiers.vip: a share is at most 1"


def test_cut_values_of_a_rule_are_told_one_by_one(write):
    class Cut(BaseModel):
        VIP: float = Field(0.05, gt=0, lt=1, examples=[0.05])
        key: float = Field(0.2, gt=0, lt=1, examples=[0.2])

    class Percentile(BaseModel):
        cut: Cut = Cut()

    write("as_of: 2011-11-30\nsources: [{use: demo}]\ntiers:\n  cut:\n    VIP: 5\n    kye: 0.2\n    key: most\n")
    params = load("x")
    with pytest.raises(ParamsError) as caught:
        validate_options(Percentile, params.tiers.options, lambda *loc: params.where("tiers", *loc), ("tiers",))
    assert sorted((problem.where, problem.what, problem.nearest, problem.fix) for problem in caught.value.problems) == [
        (
            "params/x.yaml:5",
            "tiers.cut.VIP: '5' is not below 1, which it must stay under",
            (),
            "Write it as `VIP: 0.05`.",
        ),
        ("params/x.yaml:6", "unknown key 'tiers.cut.kye'", ("key",), "Write the right name, or take it out."),
        ("params/x.yaml:7", "tiers.cut.key: 'most' is no number", (), "Write it as `key: 0.2`."),
    ]


def test_a_plugin_without_options_refuses_every_key():
    no_options({}, "x")
    with pytest.raises(ParamsError) as caught:
        no_options({"path": "x.csv"}, "params/x.yaml:4", ("sources", 0))
    (problem,) = caught.value.problems
    assert (problem.what, problem.where) == ("unknown key 'sources.0.path'", "params/x.yaml:4")
    assert "no keys at all" in problem.fix
