"""The `mail` publisher: a report by SMTP, its headline figures, some charts and the workbook with it.

`{use: mail, host: smtp.example.com, from: reports@example.com, to: [boss@example.com], user: reports, password:
"secret://env/SMTP_PASSWORD"}` sends each recipient one mail, in the report's language. With `on: failure` it tells of
failures too, and when they are over.
"""

from __future__ import annotations

from typing import Any

from cpm_core.api import Publisher, Run, Text, hookimpl


def _options() -> type:
    from cpm_core.builtin.publishers.mail.options import MailOptions

    return MailOptions


def _recipients(options: Any) -> list[str]:
    return [*options.to, *options.cc, *options.bcc]


def _send(run: Run, options: Any) -> None:
    """Send the mail to one recipient.

    Raises:
        NotSentError: The server is not there, or takes nothing for now.
        PerhapsSentError: It took the mail and did not answer.
        DataError: It refuses the recipient, or the mail.
    """
    from cpm_core.builtin.publishers.mail.letter import letter
    from cpm_core.builtin.publishers.mail.smtp import hand_over

    everybody = [run.recipient] if run.recipient else _recipients(options)
    written = letter(run, options)
    for recipient in everybody:
        hand_over(written, recipient, options)


@hookimpl
def cpm_publishers() -> list[Publisher]:
    """The publisher that params call `mail`."""
    title = Text(en="Mail", zh="邮件")
    return [Publisher("mail", title, _send, _options, recipients=_recipients, failures=True)]
