"""A mail server on this machine that behaves as a test says: slow, dropping, refusing, or not there."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


@dataclass
class Mailbox:
    """What it does, and what it got."""

    slow: float = 0.0
    """Seconds before each answer."""
    drops: bool = False
    """Whether it keeps a mail and hangs up without a word."""
    refused: dict[str, str] = field(default_factory=dict)
    """Recipients, and the answer that each of them gets."""
    refuses: str = ""
    """The answer to every mail, which is not kept."""
    users: dict[str, str] = field(default_factory=dict)
    """Passwords, if one has to log in."""
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    """Recipient and mail, as they came."""
    port: int = 0
    host: str = "127.0.0.1"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802  # the server's word
        await asyncio.sleep(self.slow)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  # the server's word
        await asyncio.sleep(self.slow)
        if self.refuses:
            return self.refuses
        self.mails += [(address, envelope.original_content) for address in envelope.rcpt_tos]
        if self.drops:
            server.transport.abort()
        return "250 OK"

    def authenticate(self, server: Any, session: Any, envelope: Any, mechanism: str, about: Any) -> AuthResult:
        user, password = about.login.decode(), about.password.decode()
        return AuthResult(success=self.users.get(user) == password, handled=False)


class _Plain(Controller):
    """Without TLS: the tests' server has no certificate."""

    def factory(self) -> SMTP:
        given = {"auth_required": True, "authenticator": self.handler.authenticate} if self.handler.users else {}
        with warnings.catch_warnings(action="ignore"):  # that a password is taken without TLS
            return SMTP(self.handler, auth_require_tls=False, **given)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def mailbox(**how: Any) -> Iterator[Mailbox]:
    """A server for a while, at its `host` and `port`."""
    box = Mailbox(**how)
    box.port = box.port or free_port()
    controller = _Plain(box, hostname=box.host, port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop(no_assert=True)
