"""The secret values that this process knows, and how they are hidden."""

from __future__ import annotations

import re

from cpm_core.model.secrets.forms import LONG, Forms

HIDDEN = "•••"
"""What stands in place of a secret."""
SHORTEST = 6
"""Characters of a secret at least: a shorter one cannot be hidden without hiding what merely looks like it."""

_BREAKS = re.compile(
    r'\x1b\[[\d;]*m|\\u001b\[[\d;]*m|(?:\\r)?\\n(?:",\s*")?|\r?\n[ \t│]*',
)
"""What a terminal or a notebook's file puts between two signs of a text: colours, and the ends of lines."""

_known: dict[str, Forms] = {}


def know(value: str) -> None:
    """Remember a secret value, so that it is never written; one shorter than `SHORTEST` is not remembered.

    Of a text of several lines (a private key) each long line is remembered too, of an address its password,
    or its path and the keys in that.
    """
    for one in (value, value.strip(), *_parts(value)):
        if len(one) >= SHORTEST and one not in _known:
            _known[one] = Forms(one)


def known() -> bool:
    """Whether there is anything to hide."""
    return bool(_known)


def values() -> tuple[str, ...]:
    """The values, longest first."""
    return tuple(one.value for one in _longest_first())


def scrubbed(text: str) -> str:
    """A text in which each known secret is hidden, in whatever form it stands there."""
    for one in _longest_first():
        text = _without(text, one)
    return _over_lines(text) if _known else text


def holds(data: str | bytes) -> bool:
    """Whether a text, or the bytes of a file, hold a known secret."""
    if isinstance(data, str):
        return scrubbed(data) != data
    # Bytes may be many: only what gives a sign is looked through as a text.
    signs = (sign for one in _longest_first() for sign in one.signs)
    return any(sign in data for sign in signs) and holds(data.decode("utf-8", "replace"))


def _longest_first() -> list[Forms]:
    """What is known: one secret may be a part of another. Threads may learn of more meanwhile."""
    return sorted(_known.values(), key=lambda one: len(one.value), reverse=True)


def _parts(value: str) -> list[str]:
    """What is secret by itself within a secret."""
    from urllib.parse import unquote

    lines = [line.strip() for line in value.splitlines()]
    parts = [line for line in lines if len(line) >= LONG and not line.startswith("-----")] if len(lines) > 1 else []
    password = re.match(r"[A-Za-z][\w+.-]*://[^/?#@:]*:([^@]+)@", value)
    parts += [password[1], unquote(password[1])] if password else []
    # What tells of an address of the web tells of its path without its host, and of the key in it.
    web = re.match(r"https?://[^/?#]+(/[^#]*)", value)
    if web:
        parts += [one for one in (web[1], *re.split(r"[/?&=]", web[1])) if len(one) >= LONG]
    return parts + [found[1] for found in re.finditer(r"\bpassword\s*=\s*'?([^\s'&;]+)", value)]


def _without(text: str, one: Forms) -> str:
    for core, forms in one.escaped.items():
        for form in forms if core in text else ():
            if form in text:
                text = text.replace(form, HIDDEN)
                if core and core not in text:
                    break
    for form in one.encoded:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def _over_lines(text: str) -> str:
    """Hide what is broken over lines, or coloured in parts."""
    whole = _unbroken(text)
    if whole is text:
        return text
    for one in _longest_first():
        for form in (*one.plain, *one.encoded):
            if form in whole:
                broken = f"(?:{_BREAKS.pattern})*".join(map(re.escape, form))
                text = re.sub(broken, HIDDEN, text)
    return text


def _unbroken(text: str) -> str:
    """A text without colours and ends of lines."""
    whole = text
    if "\n" in whole:
        # As the pattern does it, and many times as quick.
        whole = "".join([line.removesuffix("\r").lstrip(" \t│") for line in whole.split("\n")])
    if "\x1b" in whole or "\\n" in whole or "\\u001b" in whole:
        whole = _BREAKS.sub("", whole)
    return whole
