"""The forms of the chats: how a message is written, signed, and answered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

from cpm_core.api import Figure, Run
from cpm_core.builtin.publishers import _words as words

REASONS = 5
"""Reasons of a failure, or things that are missing, that are told; more are counted."""
UNREADABLE = "the answer is not understood"
COLOURS = {"published": "blue", "failed": "red", "recovered": "green"}

Body = dict[str, Any]
Signed = tuple[Body, str]


@dataclass(frozen=True)
class Chat:
    """What is particular to one chat."""

    message: Callable[[Run, int], Body]
    """The body, with so many figures at most."""
    signed: Callable[[Body, Any], Signed]
    """Body and address with the signature that the options ask for."""
    verdict: Callable[[str], tuple[str, str]]
    """The error's number and words of an answer; empty if it took the message."""
    busy: tuple[str, ...] = ()
    """Numbers that say: too many messages for now."""


def fitted(lines: Sequence[str], most: int, run: Run, between: str = "\n") -> str:
    """As many lines as fit into so many bytes, and how many do not."""
    told = list(lines)
    while True:
        left = len(lines) - len(told)
        last = [words.say(words.MORE_LINES, run, n=left)] if left else []
        text = between.join([*told, *last])
        if len(text.encode()) <= most or not told:
            return text.encode()[:most].decode("utf-8", "ignore")
        told.pop()


def _lines(run: Run, most: int, style: Callable[[Figure], str], plain: Callable[[str], str]) -> list[str]:
    """What follows the title: the first sentence, figures, reasons, what is missing."""
    told = [plain(words.lead(run))] if words.lead(run) else []
    told += [style(figure) for figure in words.chosen(run, most)]
    if len(run.figures) > most:
        told.append(words.say(words.MORE, run, n=len(run.figures) - most))
    for title, lines in ((words.WHY, run.problems), (words.DEGRADED, run.degraded)):
        if lines:
            told.append(f"{words.say(title, run)}{'：' if run.locale == 'zh' else ':'}")
            told += [f"- {plain(one)[:400]}" for one in words.bullets(lines, REASONS, run)]
    return told


def _figure(figure: Figure, run: Run, bold: str, plain: Callable[[str], str], call: Callable[[str], str]) -> str:
    """`- Revenue: **£1,234** +3.4%, met (≥ £1,000)`."""
    told = f"- {plain(words.line(figure.title))}{'：' if run.locale == 'zh' else ': '}{bold}{figure.value}{bold}"
    told += f" {figure.change}" if figure.change else ""
    mark = words.marks(figure, run)
    return told + (f" · {call(plain(mark)) if figure.calls else plain(mark)}" if mark else "")


def _signless(text: str) -> str:
    """Without the signs of tags, which would name people or change colours."""
    return text.replace("<", "＜").replace(">", "＞")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _opened(run: Run) -> str:
    return words.say(words.OPEN_ALL if run.state == "failed" else words.OPEN, run)


def _wecom(run: Run, most: int) -> Body:
    """Markdown of 4096 bytes at most."""

    def warning(text: str) -> str:
        return f'<font color="warning">{text}</font>'

    lines = _lines(run, most, lambda one: _figure(one, run, "**", _signless, warning), _signless)
    front = f"## {_signless(words.head(run))[:120]}\n"
    back = f"\n[{_opened(run)}]({run.link})" if run.link else ""
    room = 4096 - len((front + back).encode())
    return {"msgtype": "markdown", "markdown": {"content": front + fitted(lines, room, run) + back}}


def _dingtalk(run: Run, most: int) -> Body:
    """Markdown; a line needs an empty one behind it."""
    lines = _lines(run, most, lambda one: _figure(one, run, "**", _signless, lambda text: f"**{text}**"), _signless)
    head = _signless(words.head(run))
    back = f"\n\n[{_opened(run)}]({run.link})" if run.link else ""
    text = f"### {head[:120]}\n\n{fitted(lines, 15_000, run, chr(10) * 2)}{back}"
    return {"msgtype": "markdown", "markdown": {"title": head[:120], "text": text}}


def _feishu(run: Run, most: int) -> Body:
    """A card, its title coloured by how the run ended."""

    def red(text: str) -> str:
        return f"<font color='red'>{text}</font>"

    lines = _lines(run, most, lambda one: _figure(one, run, "**", _escaped, red), _escaped)
    elements: list[Body] = [{"tag": "div", "text": {"tag": "lark_md", "content": fitted(lines, 15_000, run)}}]
    if run.link:
        label = {"tag": "plain_text", "content": _opened(run)}
        elements.append(
            {"tag": "action", "actions": [{"tag": "button", "text": label, "url": run.link, "type": "primary"}]}
        )
    title = {"tag": "plain_text", "content": words.head(run)[:120]}
    card = {
        "config": {"wide_screen_mode": True},
        "header": {"template": COLOURS[run.state], "title": title},
        "elements": elements,
    }
    return {"msg_type": "interactive", "card": card}


def _slack(run: Run, most: int) -> Body:
    """Blocks: a header of 150 signs at most, a section of 3000."""
    lines = _lines(run, most, lambda one: _figure(one, run, "*", _escaped, lambda text: f"*{text}*"), _escaped)
    head = words.head(run)
    blocks: list[Body] = [
        {"type": "header", "text": {"type": "plain_text", "text": head if len(head) <= 150 else head[:149] + "…"}}
    ]
    if lines:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": fitted(lines, 2900, run)}})
    if run.link:
        link = f"<{_escaped(run.link)}|{_opened(run)}>"
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": link}})
    # Shown where blocks are not, as in a notification.
    return {"text": _escaped(head), "blocks": blocks}


def _unsigned(body: Body, options: Any) -> Signed:
    return body, options.url


def _sign_dingtalk(body: Body, options: Any) -> Signed:
    """Time in milliseconds and signature go into the address."""
    if not options.secret:
        return body, options.url
    at = round(time.time() * 1000)
    mark = _hmac(options.secret, f"{at}\n{options.secret}")
    sign = "&" if "?" in options.url else "?"
    return body, f"{options.url}{sign}timestamp={at}&sign={quote_plus(mark)}"


def _sign_feishu(body: Body, options: Any) -> Signed:
    """Time in seconds and signature go into the body; what is signed is the key, and the text is empty."""
    if not options.secret:
        return body, options.url
    at = int(time.time())
    return {"timestamp": str(at), "sign": _hmac(f"{at}\n{options.secret}", ""), **body}, options.url


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _coded(number: str, told: str) -> Callable[[str], tuple[str, str]]:
    """Reads answers that are JSON with an error's number, 0 for none."""

    def verdict(said: str) -> tuple[str, str]:
        try:
            about = json.loads(said)
        except ValueError:
            return UNREADABLE, "no JSON"
        if not isinstance(about, Mapping) or number not in about:
            return UNREADABLE, "neither success nor error"
        return "" if about[number] == 0 else str(about[number]), str(about.get(told, ""))

    return verdict


def _feishu_verdict(said: str) -> tuple[str, str]:
    code, told = _coded("code", "msg")(said)
    # Robots of the first form answer in words of their own.
    return _coded("StatusCode", "StatusMessage")(said) if code == UNREADABLE else (code, told)


def _slack_verdict(said: str) -> tuple[str, str]:
    return ("", "") if said.strip() == "ok" else (UNREADABLE, said)


CHATS: Mapping[str, Chat] = {
    "wecom": Chat(_wecom, _unsigned, _coded("errcode", "errmsg"), ("-1", "45009", "45033")),
    "dingtalk": Chat(_dingtalk, _sign_dingtalk, _coded("errcode", "errmsg"), ("-1", "130101", "660026")),
    "feishu": Chat(_feishu, _sign_feishu, _feishu_verdict, ("9499", "11232", "11233")),
    "slack": Chat(_slack, _unsigned, _slack_verdict),
}
