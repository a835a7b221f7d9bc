"""Servers that reports are sent to: a mailbox and chats, each with a key of its own, and all that comes to them."""

from __future__ import annotations

import email
import io
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any
from urllib.parse import urlsplit

from tests.chatroom import Chatroom, chatroom
from tests.mailbox import Mailbox, mailbox

KEYS = {
    "MAIL_PASSWORD": "Mw3-mail password&more",
    "WECOM_KEY": "5a0e7f1c-wecom-key-93b2",
    "DINGTALK_TOKEN": "c1f0e2d3dingtalktoken4b5a",
    "DINGTALK_SECRET": "SECdingtalk signs/with+this",
    "FEISHU_HOOK": "feishu-hook-77f1-4e0d",
    "FEISHU_SECRET": "feishu signs\"with'this",
    "SLACK_PATH": "T0AB12CD/B0EF34GH/slackpath9Zx",
    "ANGRY_KEY": "0d9c8b7a-angry-key-6e5f",
}
"""What the servers are reached by: secrets as well."""
REFERENCES = {name: f"{{secret://env/{name}}}" for name in KEYS}
ADDRESSES = {
    "wecom": "secret://env/WECOM_URL",
    "dingtalk": "{host}/robot/send?access_token={DINGTALK_TOKEN}",
    "feishu": "{host}/open-apis/bot/v2/hook/{FEISHU_HOOK}",
    "slack": "secret://env/SLACK_URL",
    "angry": "{host}/cgi-bin/webhook/send?key={ANGRY_KEY}",
}
SIGNS = {"dingtalk": "DINGTALK_SECRET", "feishu": "FEISHU_SECRET"}
OWN = {
    "wecom": "WECOM_KEY",
    "dingtalk": "DINGTALK_TOKEN",
    "feishu": "FEISHU_HOOK",
    "slack": "SLACK_PATH",
    "angry": "ANGRY_KEY",
}
"""The key that stands in a chat's own address, and nowhere else."""
FINE = {
    "wecom": '{"errcode": 0, "errmsg": "ok"}',
    "dingtalk": '{"errcode": 0, "errmsg": "ok"}',
    "feishu": '{"code": 0, "msg": "success"}',
    "slack": "ok",
    # Servers may tell what they were told.
    "angry": f'{{"errcode": 93000, "errmsg": "there is no robot {KEYS["ANGRY_KEY"]}"}}',
}
REFUSED = {"gone@example.com": f"550 nobody of {KEYS['MAIL_PASSWORD']} here"}

MAIL = """\
  - use: mail
    on: [success, failure]
    link: https://share.example.com/reports
    host: 127.0.0.1
    port: {port}
    security: none
    user: reports
    password: secret://env/MAIL_PASSWORD
    from: Reports <reports@example.com>
    to: [boss@example.com, gone@example.com]
"""
CHAT = """\
  - {{use: webhook, on: [success, failure], kind: {kind}, url: "{url}"{sign}}}
"""


class Posted:
    """A mailbox and chats by their names."""

    def __init__(self, box: Mailbox, rooms: dict[str, Chatroom]) -> None:
        self.box, self.rooms = box, rooms

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the params name."""
        wecom = f"{self._host('wecom')}/cgi-bin/webhook/send?key={KEYS['WECOM_KEY']}"
        slack = f"{self._host('slack')}/services/{KEYS['SLACK_PATH']}"
        return {**KEYS, "WECOM_URL": wecom, "SLACK_URL": slack}

    def publish(self) -> str:
        """Items of `publish`."""
        told = MAIL.format(port=self.box.port)
        for name in self.rooms:
            url = ADDRESSES[name].format(host=self._host(name), **REFERENCES)
            sign = f", secret: secret://env/{SIGNS[name]}" if name in SIGNS else ""
            told += CHAT.format(kind="wecom" if name == "angry" else name, url=url, sign=sign)
        return told

    def mails(self) -> list[EmailMessage]:
        """What came to the mailbox."""
        return [email.message_from_bytes(mail, policy=default) for _, mail in self.box.mails]

    def came(self) -> Iterator[tuple[str, bytes]]:
        """All that came, unpacked, with a name; the path of a chat's address is left to `paths`."""
        for number, ((_, raw), mail) in enumerate(zip(self.box.mails, self.mails(), strict=True)):
            yield f"mail {number}, raw", raw
            for part in mail.walk():
                yield f"mail {number}, heads", "\n".join(f"{name}: {words}" for name, words in part.items()).encode()
                if not part.is_multipart():
                    yield f"mail {number}, {part.get_content_type()}", part.get_payload(decode=True)
        for name, room in self.rooms.items():
            for number, (_, told) in enumerate(room.came):
                yield f"{name} {number}", told

    def paths(self) -> Iterator[tuple[str, str]]:
        """Chat and path of each message."""
        for name, room in self.rooms.items():
            yield from ((name, path) for path, _ in room.came)

    def _host(self, name: str) -> str:
        return "http://" + urlsplit(self.rooms[name].url).netloc


def words_of(message: Any) -> str:
    """All texts of a chat's message, of whatever form."""
    if isinstance(message, dict):
        message = list(message.values())
    return "\n".join(map(words_of, message)) if isinstance(message, list) else str(message)


def attached(mail: EmailMessage) -> dict[str, bytes]:
    """The files within the workbook that is attached to a mail."""
    (workbook,) = mail.iter_attachments()
    with zipfile.ZipFile(io.BytesIO(workbook.get_content())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@contextmanager
def posting() -> Iterator[Posted]:
    """The servers, for a while."""
    with ExitStack() as stack:
        box = stack.enter_context(mailbox(users={"reports": KEYS["MAIL_PASSWORD"]}, refused=REFUSED))
        rooms = {name: stack.enter_context(chatroom(said=said)) for name, said in FINE.items()}
        yield Posted(box, rooms)
