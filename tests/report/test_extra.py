"""Sections of plugins: their order, what they may give, and one that fails."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cpm_core.hooks.registry import Provided
from cpm_core.model.errors import Problem
from cpm_core.model.rules import Section
from cpm_core.model.text import Text
from cpm_core.report.extra import render


@dataclass(frozen=True)
class Book:
    locale: str = "en"


def provided(name: str, content: object, order: int = 100) -> Provided[Section]:
    def make(book: Book) -> object:
        if isinstance(content, Exception):
            raise content
        return content

    return Provided(Section(name, Text(en=f"Title {name}", zh=f"标题 {name}"), make, order), "team", "1", "x.py")


def test_sections_stand_by_order_and_then_by_id_whoever_loads_first() -> None:
    given = [provided("b", "<p>two</p>"), provided("c", "<p>one</p>", order=1), provided("a", "<p>three</p>")]
    html = render(Book(), given).html
    assert html == render(Book(), given[::-1]).html
    assert html.index("Title c") < html.index("Title a") < html.index("Title b")


def test_a_frame_becomes_a_table_and_other_things_text() -> None:
    html = render(Book("zh"), [provided("f", pd.DataFrame({"客户": ["张"]})), provided("g", True)]).html
    assert "<td>张</td>" in html
    assert "标题 f" in html
    assert "<pre>True</pre>" in html


def test_a_section_that_fails_says_so_and_the_others_stand() -> None:
    failed: list[Problem] = []
    html = render(
        Book(), [provided("bad", ValueError("no <such> table")), provided("good", "<p>fine</p>")], failed
    ).html
    assert failed == [Problem("ValueError: no <such> table", "section bad of team")]
    assert "This section of team failed: ValueError: no &lt;such&gt; table" in html
    assert "<p>fine</p>" in html


def test_a_section_that_has_nothing_to_show_is_left_out() -> None:
    html = render(Book(), [provided("a", None), provided("b", "<p>there</p>")]).html
    assert "Title b" in html
    assert "Title a" not in html
