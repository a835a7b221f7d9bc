"""The `webhook` publisher: a message to a chat of WeCom, DingTalk, Feishu (Lark) or Slack.

`{use: webhook, kind: wecom, url: "secret://env/WECOM_URL"}`. With `on: failure` it tells of failures too, and when they
are over.
"""

from __future__ import annotations

from typing import Any

from cpm_core.api import Publisher, Run, Text, hookimpl


def _options() -> type:
    from cpm_core.builtin.publishers.webhook.options import WebhookOptions

    return WebhookOptions


def _send(run: Run, options: Any) -> None:
    """Post one message.

    Raises:
        NotSentError: The chat does not answer, or takes nothing for now.
        PerhapsSentError: It did not answer after it was told.
        DataError: It refuses the message.
    """
    from cpm_core.builtin.publishers.webhook.chats import CHATS
    from cpm_core.builtin.publishers.webhook.post import post

    chat = CHATS[options.kind]
    body, address = chat.signed(chat.message(run, options.figures), options)
    post(address, body, options.timeout, chat)


@hookimpl
def cpm_publishers() -> list[Publisher]:
    """The publisher that params call `webhook`."""
    title = Text(en="Message to a chat", zh="群聊消息")
    return [Publisher("webhook", title, _send, _options, failures=True)]
