"""A mail as bytes: text and HTML, charts in it, the workbook with it; the same bytes each time it is sent."""

from __future__ import annotations

import hashlib
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

from cpm_core.api import Run, Text
from cpm_core.builtin.publishers import _words as words
from cpm_core.builtin.publishers.mail.charts import charts
from cpm_core.builtin.publishers.mail.page import NOTES, page

WORKBOOK = "workbook.xlsx"
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
UNATTACHED = Text(
    en="{file} has {size:.1f} MB and is not attached; it lies beside the report.",
    zh="{file}大小为{size:.1f} MB，未作为附件发送，请在报告所在文件夹中查看。",
)
# Servers that know no 8-bit mail are still there: base64 and quoted-printable reach everybody.
POLICY = SMTP.clone(cte_type="7bit")


def letter(run: Run, options: Any) -> bytes:
    """The mail of a run, lines ended by CR LF.

    Args:
        run: What is told.
        options: `MailOptions`.
    """
    found = _drawn(run, options)
    size = _size(run) if options.attach else 0.0
    too_large = size > options.attach_up_to
    unattached = words.say(UNATTACHED, run, file=WORKBOOK, size=size) if too_large else ""
    mail = EmailMessage(policy=POLICY)
    _heads(mail, run, options)
    mail.set_content(text(run, options, unattached), cte="base64")
    mail.add_alternative(page(run, options, list(found), unattached), subtype="html", cte="base64")
    html = list(mail.iter_parts())[1]
    assert isinstance(html, EmailMessage)
    for place, png in enumerate(found.values()):
        name = f"chart{place}"
        html.add_related(png, "image", "png", cid=f"<{name}>", filename=f"{name}.png", disposition="inline")
    if size and not too_large:
        assert run.folder is not None
        data = (run.folder / WORKBOOK).read_bytes()
        mail.add_attachment(data, *XLSX, filename=f"{run.workbook}-{run.as_of}.xlsx")
    _same_borders(mail, run.notice)
    return mail.as_bytes()


def text(run: Run, options: Any, unattached: str = "") -> str:
    """The mail for those who read no HTML."""
    lines = [words.head(run, options.subject), words.say(words.AS_OF, run, day=words.day(run)), "", words.lead(run)]
    figures = words.chosen(run, options.figures)
    for figure in figures:
        told = [figure.value, *([figure.change] if figure.change else []), words.marks(figure, run)]
        lines.append(f"- {words.line(figure.title)}: {' · '.join(one for one in told if one)}")
    if len(run.figures) > len(figures):
        lines.append(words.say(words.MORE, run, n=len(run.figures) - len(figures)))
    for title, told_lines in ((words.WHY, run.problems), (words.DEGRADED, run.degraded)):
        if told_lines:
            lines += ["", words.say(title, run), *(f"- {one}" for one in words.bullets(told_lines, NOTES, run))]
    lines += [*(["", unattached] if unattached else []), *(["", run.link] if run.link else [])]
    return "\n".join(lines) + "\n"


def _heads(mail: EmailMessage, run: Run, options: Any) -> None:
    sender = parseaddr(options.sender)
    mail["Subject"] = words.head(run, options.subject)
    mail["From"] = options.sender
    mail["To"] = ", ".join(options.to)
    if options.cc:
        mail["Cc"] = ", ".join(options.cc)
    mail["Date"] = format_datetime(run.at)
    # By its name a mailbox knows a mail that it has already.
    mail["Message-ID"] = f"<{_digest(run.notice or run.id)}@{sender[1].rpartition('@')[2]}>"
    # No out-of-office reply, and no loop of two machines.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"


def _drawn(run: Run, options: Any) -> dict[str, bytes]:
    if run.state != "published" or run.folder is None:
        return {}
    return charts(run.folder, words.chosen(run, min(options.charts, options.figures)))


def _size(run: Run) -> float:
    """Megabytes of the workbook; 0 if there is none to send."""
    if run.state != "published" or run.folder is None or WORKBOOK not in run.files:
        return 0.0
    return (run.folder / WORKBOOK).stat().st_size / 1e6


def _same_borders(mail: EmailMessage, notice: str) -> None:
    """Borders between parts that are the same each time, and that no part can hold: each is base64."""
    for place, part in enumerate(one for one in mail.walk() if one.is_multipart()):
        part.set_boundary(f"=_{_digest(f'{notice}/{place}')}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
