"""Secrets that are written out in params: known by the key that they stand under, or by their own shape."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cpm_core.model.errors import Problem
from cpm_core.model.secrets import HIDDEN
from cpm_core.model.secrets.references import refers
from cpm_core.params.overrides import Override
from cpm_core.params.problems import label_of
from cpm_core.params.syntax import Loc

_KEY = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|passphrase|secret|secret_key|token|api_?key|access_?key|private_?key|"
    r"account_?key|client_?secret|credentials?|authorization)$"
)
_FREE = ("columns", "only", "title", "text", "by", "when")
"""Keys of mappings whose own keys are names of the data, or whose values are words for readers."""
_SETTING = re.compile(r"(?:true|false|none|null|.*\.(?:json|pem|key|crt|txt|ya?ml|ini|cfg))?", re.IGNORECASE)
"""What stands under such a key and is none: yes and no, and the file that holds the secret."""
_TOKENS = (
    r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",  # Amazon
    r"\bLTAI[0-9A-Za-z]{12,}\b",  # Alibaba
    r"\bAIza[\w-]{35}",  # Google
    r"\bgh[opsru]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}",
    r"\bglpat-[\w-]{16,}",
    r"\bxox[abeoprs]-[\w-]{10,}|\bxapp-[\w-]{10,}",  # Slack
    r"\bsk-[\w-]{20,}|\b[rs]k_(?:live|test)_\w{10,}",
    r"\bSG\.[\w-]{16,}\.[\w-]{16,}",  # SendGrid
    r"\bSEC[0-9a-f]{32,}\b",  # DingTalk
    r"\bpypi-[\w-]{16,}|\bnpm_[A-Za-z0-9]{20,}|\bdapi[0-9a-f]{32}\b",
    r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*",  # a signed token (JWT)
    r"\bBearer\s+[\w.~+/=-]{8,}",
    r"-----BEGIN [A-Z ]*PRIVATE KEY",
)
_ADDRESSES = (
    r"hooks\.slack\.com/(?:services|workflows|triggers)/\w",
    r"/open-apis/bot/v2/hook/\w",  # Feishu and Lark
    r"discord(?:app)?\.com/api/webhooks/\w",
    r"\.webhook\.office\.com/\w|\.logic\.azure\.com.*[?&]sig=",
    r"api\.telegram\.org/bot\d",
    r"[?&;](?:password|passwd|pwd|token|access_token|api_?key|key|secret|client_secret|sig|signature)=[^&\s{]",
)
_PASSWORDS = (
    r"://[^\s/?#@:]*:(?!\{\}@)[^\s/?#@]+@",
    r"\b(?:(?:ssl)?password|pwd|AccountKey)\s*=\s*'?[^\s'{]",
)
_SHAPE, _PASSWORD = re.compile("|".join(_TOKENS + _ADDRESSES)), re.compile("|".join(_PASSWORDS), re.IGNORECASE)
_REFERENCE = re.compile(r"\{secret://[^{}\s]*\}")

_CHANGE = "and change it at its server if others may have read it"


def without_literals(tree: Any, where: Callable[..., str], problems: list[Problem], loc: Loc = ()) -> Any:
    """A tree of params in which secrets that are written out are hidden, so that no message repeats them.

    Args:
        tree: Texts, lists and mappings.
        where: Says where the value at a location stands.
        problems: Takes what was found.
        loc: The way to ``tree``.
    """
    if isinstance(tree, Mapping):
        return {key: without_literals(value, where, problems, (*loc, key)) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [without_literals(value, where, problems, (*loc, place)) for place, value in enumerate(tree)]
    found = _fix(tree, loc)
    if not found:
        return tree
    problems.append(Problem(f"{label_of(*loc)}: a secret is written out there", where(*loc), fix=found))
    return HIDDEN


def override_without_literals(override: Override, problems: list[Problem]) -> Override:
    """The same of what is said outside the file."""
    name, sign, value = override.key.partition("=")
    if sign and _fix(value, (name,)):
        # As in `-p token=…`: the name holds the secret.
        what = f"{name}: a secret is written out, and behind a = where a space belongs"
        problems.append(Problem(what, override.origin.replace(value, HIDDEN), fix=_use(name)))
        return Override(name, HIDDEN, override.origin.replace(value, HIDDEN))

    def where(*loc: str | int) -> str:
        known = (loc[:length] for length in range(len(loc), 0, -1) if loc[:length] in override.places)
        return next((override.places[part] for part in known), override.origin)

    return replace(override, value=without_literals(override.value, where, problems, override.loc))


def _fix(value: Any, loc: Loc) -> str:
    """How a secret that is written out is to be written; empty: it is none."""
    text = str(value).strip()
    if value is None or isinstance(value, bool) or text == HIDDEN:
        return ""
    name = next((str(part) for part in reversed(loc) if isinstance(part, str)), "")
    rest = _REFERENCE.sub("{}", text)
    if _PASSWORD.search(rest):
        return _use(name, within="postgresql://user:{secret://env/ITS_NAME}@host/database")
    if _SHAPE.search(rest) or (_of_secret(loc) and not refers(text) and not _SETTING.fullmatch(text)):
        return _use(name)
    return ""


def _use(name: str, within: str = "") -> str:
    alone = f", or of the password alone `{within}`" if within else ""
    return (
        f"Take it out, {_CHANGE}: put it into an environment variable and write `{name}: secret://env/ITS_NAME`{alone}; "
        f"or into the keyring, as `{name}: secret://keyring/SERVICE/NAME`."
    )


def _of_secret(loc: Loc) -> bool:
    """Whether a key says by its name that its value is a secret."""
    names = [str(part) for part in loc if isinstance(part, str)]
    if not names or any(name in _FREE for name in names[:-1]):
        return False
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", names[-1]).lower()
    return _KEY.search(re.sub(r"[.\-\s]", "_", words)) is not None
