from __future__ import annotations

import json

from cpm_core.params.canonical import canonical_json
from cpm_core.params.declared import declarations
from cpm_core.params.load import load
from cpm_core.params.overrides import from_command_line

ONE = """\
as_of: 2011-11-30
title: {zh: 甲, en: A}
sources: [{use: files, b: '1', a: {y: 2, x: 3}}]
targets: {nps: {at_least: 30}, csat: {at_least: 90%}}
"""
SAME = """\
# another order, other words for the same, defaults written out
targets:
  csat: {at_least: 0.90}
  nps: {at_least: 30.0}
history: 24
sources:
  - a: {x: 3, y: 2}
    use: files
    b: 1
title: {en: A, zh: 甲}
as_of: 2011-11-30
workbook: x
"""


def test_the_same_params_give_the_same_text_however_they_are_laid_out(write):
    write(ONE)
    one = canonical_json(load("x"))
    write(SAME)
    assert canonical_json(load("x")) == one


def test_it_is_json_of_every_value_with_sorted_keys(write):
    write(ONE)
    text = canonical_json(load("x"))
    values = json.loads(text)
    assert text == json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert values["as_of"] == "2011-11-30"
    assert values["title"] == {"en": "A", "zh": "甲"}
    assert values["targets"]["csat"]["at_least"] == 0.9
    assert values["sources"] == [{"use": "files", "a": {"x": "3", "y": "2"}, "b": "1"}]
    assert values["locale"] == "en"


def test_any_other_value_gives_another_text(write):
    write(ONE)
    texts = {
        canonical_json(load("x", from_command_line(parameters=words)))
        for words in (
            [],
            [("locale", "zh")],
            [("as_of", "2011-11-29")],
            [("sources.0.b", "2")],
            [("tiers.rule", "abc")],
        )
    }
    assert len(texts) == 5


def test_parameters_of_the_notebook_count(write):
    write(ONE)
    with_top = load("x", from_command_line(parameters=[("top", "5")]), of_notebook=lambda *_: declarations("top = 1"))
    assert json.loads(canonical_json(with_top))["notebook_parameters"] == {"top": 5}
    assert canonical_json(with_top) != canonical_json(load("x"))
