"""What every report section and every publisher must hold."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from cpm_core.model.errors import ParamsError, Problem
from cpm_core.model.run import Run
from cpm_core.model.text import LOCALES
from cpm_core.testing import book as books
from cpm_core.testing.contracts.base import UNKNOWN, Contract

NETWORK = re.compile(
    r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|url\(\s*["']?\s*(?:https?:)?//|@import""", re.IGNORECASE
)
"""What a page would fetch from elsewhere."""
PUBLISHED = {
    "report.html": "<!doctype html><title>Tiny</title><p>A report.</p>",
    "run.json": '{"workbook": "tiny"}',
    "facts.parquet": "PAR1",
    "workbook.xlsx": "PK",
}
"""Files of a published run, none of which is looked into here."""


class SectionContract(Contract):
    """What every report section must hold.

    Attributes:
        section: The section's id.
    """

    kind, attribute = "sections", "section"
    section: ClassVar[str] = ""

    def test_it_is_shown_in_both_languages(self) -> None:
        """It renders with its title, in either language."""
        for locale in LOCALES:
            html = self.shown(locale=locale)
            assert not html or self.provided.item.title.in_(locale) in html, f"{self.section} has lost its title"

    def test_it_fetches_nothing_from_elsewhere(self) -> None:
        """The page is one file: no script, image, style or link is fetched from the network."""
        found = [one.group() for one in NETWORK.finditer(self.shown())]
        assert not found, f"{self.section} fetches from elsewhere: {found[0]}…"

    def test_where_nothing_happened_it_is_shown_too(self) -> None:
        """Tables without rows are no failure: it says that there is nothing."""
        self.shown("empty")

    def shown(self, variant: str = "plain", **params: Any) -> str:
        """The section as HTML; empty where it has nothing to show."""
        from cpm_core.report.extra import render

        failed: list[Problem] = []
        book = self.bench.book(variant, **params) if params else self.bench.opened(variant)
        fragment = render(book, [self.provided], failed)
        assert not failed, f"{self.section} failed: {failed[0]}"
        return fragment.html


class PublisherContract(Contract):
    """What every publisher must hold.

    Attributes:
        publisher: The publisher's id.
        broken: Options that fit, and with which nothing can be sent, such as a folder that is not there.
    """

    kind, attribute = "publishers", "publisher"
    publisher: ClassVar[str] = ""
    broken: ClassVar[Mapping[str, Any]] = {}

    def options(self, folder: Path) -> Mapping[str, Any]:  # noqa: ARG002  # a subclass may write there
        """Options with which something can be sent; ``folder`` is one that a test may write into."""
        return {}

    def test_it_leaves_the_published_files_alone(self) -> None:
        """What readers see is as it was, byte for byte."""
        with self._sending() as (run, options):
            before = _digests(run)
            self.provided.item.send(run, options)
            assert _digests(run) == before, f"{self.publisher} changed the published files; copy them elsewhere first"

    def test_twice_does_no_harm(self) -> None:
        """A run that is sent again does not fail, and leaves the published files alone."""
        with self._sending() as (run, options):
            before = _digests(run)
            for _ in range(2):
                self.provided.item.send(run, options)
            assert _digests(run) == before, f"{self.publisher} changed the published files the second time"

    def test_a_failure_can_be_told(self) -> None:
        """If it says that it tells of failures: it does, of a run that left nothing behind."""
        if not self.provided.item.failures:
            return
        with self._sending() as (run, options):
            why = ("the amounts are no numbers",)
            self.provided.item.send(replace(run, state="failed", id="", folder=None, problems=why), options)

    def test_what_it_raises_says_what_is_wrong(self) -> None:
        """Where nothing can be sent it raises, and says what is wrong in more than a word."""
        if not self.broken:
            return
        with self._sending(self.broken) as (run, options):
            said = ""
            try:
                self.provided.item.send(run, options)
            except Exception as error:  # noqa: BLE001  # whatever it raises is looked at
                said = str(error)
            assert len(said.split()) > 2, f"{self.publisher} raises {said!r} where it cannot send; say what is wrong"

    def test_an_unknown_option_is_refused(self) -> None:
        """An option that there is not is refused by name."""
        with tempfile.TemporaryDirectory() as folder:
            self.refuses("publish", {"use": self.publisher, **self.options(Path(folder)), UNKNOWN: 1})

    @contextmanager
    def _sending(self, raw: Mapping[str, Any] | None = None) -> Iterator[tuple[Run, Any]]:
        """A published run in a folder of its own, and typed options."""
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            said = self.options(home) if raw is None else raw
            yield _run(home), self._typed(said)

    def _typed(self, raw: Mapping[str, Any]) -> Any:
        from cpm_core.hooks.agreement import options_of

        problems: list[Problem] = []
        params = books.tiny_book(tables=()).params
        typed = options_of(self.provided.item.options, raw, params, ("publish", 0), problems)
        if problems:
            raise ParamsError(problems)
        return typed


def _run(home: Path) -> Run:
    """A published run of the tiny book."""
    folder = home / "reports" / "tiny" / "runs" / "2024-02-29-0123abcd"
    folder.mkdir(parents=True)
    for name, text in PUBLISHED.items():
        (folder / name).write_text(text, encoding="utf-8")
    params = home / "params" / "tiny.yaml"
    params.parent.mkdir()
    params.write_text("as_of: 2024-02-29\n", encoding="utf-8")
    return Run("tiny", books.as_of({}), params, folder.name, folder)


def _digests(run: Run) -> dict[str, str]:
    """The published files by name, as hashes."""
    assert run.folder is not None, "a published run has a folder"
    files = sorted(path for path in run.folder.rglob("*") if path.is_file())
    return {str(path.relative_to(run.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
