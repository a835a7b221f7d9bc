"""The ways in which one secret value may stand in a text: escaped, quoted, encoded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

DEPTH = 3
"""Escapes within escapes: a chart's JSON within a page's HTML within a notebook's JSON."""
LONG = 16
"""Letters and digits in a row that are hidden by themselves if they are most of a value, however the rest is escaped."""
CORE = 4
"""Letters and digits in a row that are looked for before all escapes are tried."""


@dataclass(frozen=True)
class Forms:
    """One value and what it may be written as."""

    value: str

    @cached_property
    def plain(self) -> tuple[str, ...]:
        """The value, and escaped once; longest first."""
        return _longest_first({self.value, *_escapes(self.value)})

    @cached_property
    def escaped(self) -> Mapping[str, tuple[str, ...]]:
        """Escaped up to `DEPTH` times, longest first, by a core that each of them holds (empty: there is none).

        A core of `LONG` signs that is most of the value is among them: an escape that nobody knows leaves that.
        """
        found: dict[str, set[str]] = {}
        for once in self.plain:
            core = _core(once)
            # Forms without a core are looked for in every text: they must be few.
            found.setdefault(core, set()).update(_deeper(once, DEPTH - 1 if core else 1))
        core = _core(self.value)
        if len(core) >= LONG and 2 * len(core) >= len(self.value):
            found[core].add(core)
        return {core: _longest_first(forms) for core, forms in found.items()}

    @cached_property
    def signs(self) -> tuple[bytes, ...]:
        """What bytes hold that hold the value in any form; to look for these alone is quick."""
        cores = tuple(core for core in self.escaped if core)
        return tuple(form.encode() for form in (*cores, *self.escaped.get("", ()), *self.encoded))

    @cached_property
    def encoded(self) -> tuple[str, ...]:
        """As base64 at each alignment, and as hex digits; longest first."""
        import html
        import json

        # Whole files stand encoded in others, as a drawing in a page.
        value = self.value
        written = {value, html.escape(value), html.escape(value, quote=False), json.dumps(value)[1:-1]}
        return _longest_first({form for one in written for form in _encodings(one)})


def _core(form: str) -> str:
    """The longest run of letters and digits, which no further escape changes; empty if there is none worth a look."""
    # Not the scheme of an address, which many texts hold.
    run = max(re.findall(r"[A-Za-z0-9]+(?![A-Za-z0-9]|://)", form), key=len, default="")
    return run if len(run) >= CORE else ""


def _deeper(form: str, depth: int) -> set[str]:
    found = fresh = {form}
    for _ in range(depth):
        fresh = {deeper for one in fresh for deeper in (*_of_json(one), *_of_pages(one))} - found
        found = found | fresh
    return found


def _longest_first(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(found, key=lambda one: (-len(one), one)))


def _escapes(text: str) -> Iterator[str]:
    if text.isalnum() and text.isascii():
        return
    yield from _of_json(text)
    yield from _of_pages(text)
    yield from _of_addresses(text)
    yield from _of_code(text)


def _of_json(text: str) -> Iterator[str]:
    import json

    for ascii_alone in (True, False):
        inner = json.dumps(text, ensure_ascii=ascii_alone)[1:-1]
        yield inner
        yield inner.replace("/", "\\/")
        # As JSON stands within a page's script.
        yield re.sub("[<>&']", lambda sign: f"\\u{ord(sign[0]):04x}", inner)


def _of_pages(text: str) -> Iterator[str]:
    import html

    whole = html.escape(text)
    yield whole
    yield html.escape(text, quote=False)
    yield whole.replace("&#x27;", "&#39;").replace("&quot;", "&#34;")
    yield whole.replace("&#x27;", "&#39;")
    yield whole.replace("&#x27;", "&apos;")
    yield html.escape(text, quote=False).replace('"', "&quot;")
    yield text.encode("ascii", "xmlcharrefreplace").decode()


def _of_addresses(text: str) -> Iterator[str]:
    from urllib.parse import quote, quote_plus, unquote

    for form in (quote(text), quote(text, safe=""), quote_plus(text), quote(text, safe="/:@!$&'()*+,;=")):
        yield form
        yield re.sub("%[0-9A-F]{2}", lambda sign: sign[0].lower(), form)
    # A password in an address may be given with its signs quoted, and be told without.
    if "%" in text:
        yield unquote(text)


def _of_code(text: str) -> Iterator[str]:
    yield repr(text)[1:-1]
    yield repr(text.encode())[2:-1]
    yield text.encode("unicode_escape").decode()
    yield text.replace("\\", "\\\\")
    yield text.replace("\\", "\\\\").replace("'", "\\'")
    yield text.replace("'", "''")
    yield text.replace('"', '""')
    yield text.replace("'", "'\"'\"'")
    yield text.replace("{", "{{").replace("}", "}}")
    yield re.escape(text)


def _encodings(text: str) -> Iterator[str]:
    import base64

    data = text.encode()
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + data).decode().rstrip("=")
        # The first and the last sign hold bits of what stands beside the value.
        start = (0, 2, 3)[before]
        inner = whole[start : len(whole) - (1 if (before + len(data)) % 3 else 0)]
        yield inner
        yield inner.translate(str.maketrans("+/", "-_"))
    yield data.hex()
    yield data.hex().upper()
