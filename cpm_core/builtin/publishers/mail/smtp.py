"""One mail to one recipient by SMTP, and for sure whether it was accepted."""

from __future__ import annotations

import contextlib
import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from email.utils import parseaddr
from typing import Any

from cpm_core.api import DataError, NotSentError, PerhapsSentError

ACCEPTING = 5
"""A server that scans a mail takes longer to accept it: so many times the timeout."""

Answer = tuple[int, bytes]


def hand_over(letter: bytes, recipient: str, options: Any) -> None:
    """Give a mail to the server.

    The server is responsible for it from its answer to the mail's last line on: before that line nothing was sent,
    after it without an answer nobody knows.

    Args:
        letter: The mail, lines ended by CR LF.
        recipient: The bare address.
        options: `MailOptions`.

    Raises:
        NotSentError: The server is not there, or takes nothing for now, or the login or sender is wrong.
        PerhapsSentError: It took the mail and did not answer.
        DataError: It refuses the recipient, or the mail.
    """
    smtp = _reached(options)
    try:
        _step(lambda: _greeted(smtp), 250, "does not greet")
        _login(smtp, options)
        _step(lambda: smtp.mail(parseaddr(options.sender)[1]), 250, "does not take mails of this sender")
        _step(lambda: smtp.rcpt(recipient), 250, f"refuses the recipient {recipient}", final=True)
        _step(lambda: smtp.docmd("DATA"), 354, "does not take the mail", final=True)
        _accepted(smtp, letter, options)
    finally:
        with contextlib.suppress(OSError):
            smtp.quit()
        smtp.close()


def _reached(options: Any) -> smtplib.SMTP:
    where = f"{options.host}:{options.its_port}"
    mine, context = socket.gethostname(), ssl.create_default_context()
    try:
        if options.security == "ssl":
            return smtplib.SMTP_SSL(options.host, options.its_port, mine, timeout=options.timeout, context=context)
        smtp = smtplib.SMTP(options.host, options.its_port, mine, timeout=options.timeout)
    except ssl.SSLError as error:
        raise NotSentError(f"no safe connection to {where}: {_reason(error)}", fix=_CERTIFICATE) from None
    except OSError as error:
        raise NotSentError(f"the mail server {where} does not answer: {_reason(error)}", heals=True) from None
    try:
        if options.security == "starttls":
            smtp.starttls(context=context)
    except smtplib.SMTPNotSupportedError:
        smtp.close()
        fix = "Write `security: ssl`, or `none` within one's own network."
        raise NotSentError(f"the mail server {where} offers no STARTTLS", fix=fix) from None
    except ssl.SSLError as error:
        smtp.close()
        raise NotSentError(f"no safe connection to {where}: {_reason(error)}", fix=_CERTIFICATE) from None
    except OSError as error:
        smtp.close()
        raise NotSentError(f"the mail server {where} does not answer: {_reason(error)}", heals=True) from None
    return smtp


_CERTIFICATE = "Name the host as its certificate does; a certificate of one's own goes into SSL_CERT_FILE."


def _greeted(smtp: smtplib.SMTP) -> Answer:
    try:
        smtp.ehlo_or_helo_if_needed()
    except smtplib.SMTPHeloError as error:
        told = error.smtp_error
        return error.smtp_code, told if isinstance(told, bytes) else told.encode()
    return 250, b""


def _login(smtp: smtplib.SMTP, options: Any) -> None:
    if not options.user:
        return
    try:
        smtp.login(options.user, options.password)
    except smtplib.SMTPAuthenticationError as error:
        what = f"the mail server does not know this user and password ({error.smtp_code})"
        raise NotSentError(what, fix="See to `user` and `password`.", heals=_for_now(error.smtp_code)) from None
    except smtplib.SMTPNotSupportedError:
        fix = "Leave `user` out, or see to `security`: some servers offer it over safe connections alone."
        raise NotSentError("the mail server offers no login", fix=fix) from None
    except OSError as error:
        raise NotSentError(f"the mail server went away: {_reason(error)}", heals=True) from None


def _step(ask: Callable[[], Answer], wanted: int, what: str, *, final: bool = False) -> None:
    """One command before the mail itself; refused for good it is ``final`` for this mail, or for the sender."""
    try:
        code, said = ask()
    except OSError as error:
        raise NotSentError(f"the mail server went away: {_reason(error)}", heals=True) from None
    if code in (wanted, 251):
        return
    words = f"the mail server {what} ({_told(code, said)})"
    if final and not _for_now(code):
        raise DataError(words)
    raise NotSentError(words, heals=_for_now(code))


def _accepted(smtp: smtplib.SMTP, letter: bytes, options: Any) -> None:
    body = re.sub(rb"(?m)^\.", b"..", letter)
    body += b"" if body.endswith(b"\r\n") else b"\r\n"
    try:
        smtp.send(body + b".\r\n")
    except OSError as error:  # the last line has not left this machine
        raise NotSentError(f"the mail server went away: {_reason(error)}", heals=True) from None
    try:
        if smtp.sock is not None:
            smtp.sock.settimeout(options.timeout * ACCEPTING)
        code, said = smtp.getreply()
    except OSError as error:
        what = f"the mail server took the mail and gave no answer: {_reason(error)}"
        raise PerhapsSentError(what) from None
    if code != 250:
        words = f"the mail server does not accept the mail ({_told(code, said)})"
        raise NotSentError(words, heals=True) if _for_now(code) else DataError(words)


def _for_now(code: int) -> bool:
    return 400 <= code < 500 or code == -1


def _told(code: int, said: bytes) -> str:
    words = " ".join(said.decode("utf-8", "replace").split())
    return f"{code} {words}"[:200].strip()


def _reason(error: OSError) -> str:
    return str(error.strerror or error) or type(error).__name__
