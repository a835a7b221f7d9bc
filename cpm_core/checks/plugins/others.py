"""Try checks and sections; look at sources and publishers, which a check does not call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from cpm_core.checks.plugins.found import Line, problem_of
from cpm_core.checks.plugins.options import all_of
from cpm_core.checks.plugins.trial import Trial
from cpm_core.hooks.isolation import Answer, UnfitError
from cpm_core.hooks.registry import Provided
from cpm_core.model.rules import Check, Section
from cpm_core.model.text import LOCALES, Text

if TYPE_CHECKING:
    from cpm_core.hooks.check_uses import CheckUse

_NO_TEXT = Text(en="returned a {kind} where a Text or None is expected", zh="返回的是 {kind}，应为 Text 或 None")


def others(trial: Trial) -> Iterator[Line]:
    """A line a check, section, source and publisher of the plugin."""
    registry = trial.registry
    for check in trial.own(registry.checks).values():
        yield _check(trial, check)
    for section in trial.own(registry.sections).values():
        yield _section(trial, section)
    for kind, found, why in (
        ("source", registry.sources, "not run, since its data are its own: `cpm check PARAMS` reads their headers"),
        ("publisher", registry.publishers, "not run, since a check sends nothing"),
    ):
        for provided in trial.own(found).values():
            yield _looked_at(trial, kind, provided, why)


def _check(trial: Trial, provided: Provided[Check]) -> Line:
    from cpm_core.hooks.check_uses import check_uses
    from cpm_core.params.schema import Params
    from cpm_core.testing import TINY_PARAMS

    said = ("check", provided.item.id, provided.item.title, provided.where)
    params = Params.model_validate({**TINY_PARAMS, "sources": [{"use": "tiny"}]})
    tables = trial.book.prepared.tables
    uses = [use for use in check_uses(params, trial.registry, tables) if use.check.id == provided.item.id]
    if not uses:
        return Line(*said, told="the tiny book has none of its tables")
    answers = [trial.asked(provided, provided.item.judge, partial(_judged, use, tables[use.table])) for use in uses]
    failure = next((answer.failure for answer in answers if answer.failure is not None), None)
    if failure is not None:
        return Line(*said, problem=problem_of(failure))
    return Line(*said, told="; ".join(map(_verdict, uses, answers)))


def _judged(use: CheckUse, stats: Any) -> Text | None:
    words = use.judge(stats)
    if words is not None and not isinstance(words, Text):
        raise UnfitError(_NO_TEXT.format(kind=type(words).__name__), fix="Return what is wrong in both languages.")
    return words


def _verdict(use: CheckUse, answer: Answer) -> str:
    words: Text | None = answer.value
    return f"{use.table}: fine" if words is None else f"{use.table}: would {use.level}, {words.en}"


def _section(trial: Trial, provided: Provided[Section]) -> Line:
    said = ("section", provided.item.id, provided.item.title, provided.where)
    answer = trial.slowly(provided, provided.item.render, partial(_rendered, trial, provided.item))
    if answer.failure is not None:
        return Line(*said, problem=problem_of(answer.failure))
    told: Mapping[str, str] = answer.value
    return Line(*said, told="; ".join(f"{locale}: {words}" for locale, words in told.items()))


def _rendered(trial: Trial, section: Section) -> dict[str, str]:
    """What a section gives in each language, in words."""
    from cpm_core.testing import tiny_book

    found: dict[str, str] = {}
    for locale in LOCALES:
        book = tiny_book(trial.plugin, strict=False, locale=locale)
        try:
            found[locale] = _in_words(section.render(book))
        finally:
            book.close()
    return found


def _in_words(content: Any) -> str:
    if isinstance(content, str):
        return f"{len(content)} characters of HTML"
    if hasattr(content, "columns") and hasattr(content, "to_html"):
        return f"{len(content)} rows of {', '.join(map(str, content.columns))}"
    return "nothing to show" if content is None else f"a {type(content).__name__}"


def _looked_at(trial: Trial, kind: str, provided: Provided[Any], why: str) -> Line:
    """What is known without calling it: the options that a params file may say."""
    said = (kind, provided.item.id, provided.item.title, provided.where)
    options = provided.item.options
    if options is None:
        return Line(*said, told=f"takes no options; {why}")
    answer = trial.asked(provided, options, partial(all_of, options))
    if answer.failure is not None:
        return Line(*said, problem=problem_of(answer.failure))
    names: Sequence[str] = answer.value
    return Line(*said, told=f"takes {', '.join(names) or 'no options'}; {why}")
