"""References to secrets in params: `secret://env/NAME` and `secret://keyring/SERVICE/NAME`.

A reference stands alone, or in braces within a longer text. It is what travels and what is recorded; the value is asked
for where it is used, in the process that uses it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import quote, unquote

from cpm_core.model.errors import Problem, UsageError
from cpm_core.model.names import nearest
from cpm_core.model.secrets.hiding import SHORTEST, know
from cpm_core.model.secrets.outlets import guard

SCHEME = "secret://"
STORES = ("env", "keyring")
FORMS = "`secret://env/NAME` or `secret://keyring/SERVICE/NAME`"

_WITHIN = re.compile(r"\{(secret://[^{}\s]*)\}")
_ADDRESS = re.compile(r"[A-Za-z][\w+.-]*://")
# Found in a notebook or a plugin's file: it ends with the quotes round it.
_WRITTEN = re.compile(r"secret://(?:env/[A-Za-z_]\w*|keyring/[^\s/{}'\"\\]+/[^\s/{}'\"\\]+)")


class SecretError(UsageError):
    """A secret cannot be had; the message names its reference, and no value."""


def refers(text: str) -> bool:
    """Whether a text holds a reference, a wrong one too."""
    return SCHEME in text


def resolved(text: str) -> str:
    """A text with the values of its references.

    Within an address (`postgresql://user:{secret://env/NAME}@host`) a value is percent-encoded, so that no sign of it
    is read as a part of the address. This process then knows each value, and hides it in all that it writes.

    Raises:
        SecretError: A reference is none, or there is no such secret.
    """
    if not refers(text):
        return text
    if text.startswith(SCHEME):
        return _value(text)
    outside = _WITHIN.sub("", text)
    if refers(outside):
        raise SecretError("a reference to a secret within a text stands in braces", fix=f"Write {{{SCHEME}env/NAME}}.")
    in_address = _ADDRESS.match(text) is not None
    return _WITHIN.sub(lambda one: quote(_value(one[1]), safe="") if in_address else _value(one[1]), text)


def secret(reference: str) -> str:
    """The value of a reference such as `secret://env/ERP_TOKEN`, for the code of a notebook or a plugin.

    Whatever this process shows or writes afterwards does not hold it.

    Raises:
        SecretError: It is no reference, or there is no such secret.
    """
    if not refers(reference):
        raise SecretError("this is no reference to a secret", fix=f"Write {FORMS}.")
    return resolved(reference)


def know_those_in(text: str) -> None:
    """Know the secrets that a notebook or a file names, as far as there are any; nothing is said of the others."""
    for reference in set(_WRITTEN.findall(text)):
        try:
            _value(reference)
        except SecretError:
            continue


def _value(reference: str) -> str:
    """The value of one reference, known from now on."""
    store, _, rest = reference.removeprefix(SCHEME).partition("/")
    if store == "env":
        value = _of_environment(reference, rest)
    elif store == "keyring":
        value = _of_keyring(reference, rest)
    else:
        near = tuple(f"{SCHEME}{name}/…" for name in nearest(store, STORES))
        raise SecretError(f"there is no store of secrets {store!r}", nearest=near, fix=f"Write {FORMS}.")
    if len(value) < SHORTEST:
        raise SecretError(
            f"the secret {reference} has fewer than {SHORTEST} characters",
            fix="It cannot be hidden in a report without hiding what merely looks like it: choose a longer one.",
        )
    know(value)
    guard()
    return value


def _of_environment(reference: str, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_]\w*", name):
        raise SecretError(f"{reference} names no environment variable", fix="Write it as secret://env/ERP_TOKEN.")
    value = os.environ.get(name, "")
    if not value:
        near = nearest(name, [one for one in os.environ if one.isupper()])
        raise SecretError(
            f"the environment variable {name} of {reference} is not set",
            nearest=near,
            fix=f"Set it where reports are run: `export {name}=…`, or in the file that the schedule reads.",
        )
    return value


def _of_keyring(reference: str, rest: str) -> str:
    service, name = _service_and_name(reference, rest)
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise SecretError(
            f"{reference} needs the package keyring", fix="Install the extra: pip install 'cpm-core[keyring]'."
        ) from None
    try:
        value = keyring.get_password(service, name)
    except KeyringError as error:
        words = f"the keyring does not give {reference} ({type(error).__name__})"
        raise SecretError(words, fix="Unlock it, or see `keyring diagnose`; a schedule has no screen to ask.") from None
    if not value:
        raise SecretError(f"the keyring has no {reference}", fix=f"Put it there: `keyring set {service!r} {name!r}`.")
    return value


def _service_and_name(reference: str, rest: str) -> Iterator[str]:
    parts = rest.split("/")
    if len(parts) != 2 or not all(parts):
        fix = "Write it as secret://keyring/erp/ada; a sign such as / in a name as %2F."
        raise SecretError(f"{reference} names no service and no name", fix=fix)
    return map(unquote, parts)


def told(error: SecretError, label: str, where: str) -> Problem:
    """The problem of a secret that cannot be had, with the key that asks for it."""
    problem = error.problems[0]
    return Problem(f"{label}: {problem.what}", where, problem.nearest, problem.fix)
