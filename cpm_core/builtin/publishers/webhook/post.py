"""One POST, whose address stands in no message, and whether it was taken."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from cpm_core.api import DataError, NotSentError, PerhapsSentError
from cpm_core.builtin.publishers.webhook.chats import Chat

BUSY = (408, 425, 429, 503)
"""Answers of a server that has done nothing and may do it later."""
MOST = 100_000
"""Bytes of an answer that are read."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirected POST becomes a GET without its message."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def post(address: str, body: Mapping[str, Any], timeout: float, chat: Chat) -> None:
    """Post JSON, and see that the chat took it.

    Raises:
        NotSentError: It does not answer, or takes nothing for now.
        PerhapsSentError: It did not answer after it was told, or broke.
        DataError: It refuses the message.
    """
    data = json.dumps(body, ensure_ascii=False).encode()
    try:
        request = Request(address, data, {"Content-Type": "application/json; charset=utf-8"})  # noqa: S310  # the options allow http and https alone
        with build_opener(_NoRedirect).open(request, timeout=timeout) as answer:
            said = answer.read(MOST)
    except HTTPError as error:
        raise _refused(error) from None
    except URLError as error:
        # It broke while it was connected or written to: a message that is not whole is none.
        reason = error.reason if isinstance(error.reason, str) else _kind(error.reason)
        raise NotSentError(f"the chat's server does not answer ({reason})", heals=True) from None
    except (OSError, HTTPException) as error:
        raise PerhapsSentError(f"the chat's server took the message and gave no answer ({_kind(error)})") from None
    except ValueError:
        raise NotSentError("the chat's url is none", fix="See to `url`; it is not shown here.") from None
    _judge(said.decode("utf-8", "replace"), chat, address)


def _kind(error: BaseException) -> str:
    # Its words may hold the address.
    return getattr(error, "strerror", None) or type(error).__name__


def _refused(error: HTTPError) -> Exception:
    with error:
        code = error.code
    if code in BUSY:
        return NotSentError(f"the chat's server takes nothing for now (HTTP {code})", heals=True)
    if code >= 500:
        return PerhapsSentError(f"the chat's server broke over the message (HTTP {code})")
    return DataError(f"the chat refuses the message (HTTP {code})", fix="See to `url` and `kind`.")


def _judge(said: str, chat: Chat, address: str) -> None:
    """See whether an answer with HTTP 200 tells of success."""
    code, words = chat.verdict(said)
    if not code:
        return
    whole = urlsplit(address)
    # What the chat says may hold a part of its address, which is a secret also where the params write it out.
    for part in (address, *(value for _, value in parse_qsl(whole.query)), *whole.path.split("/")):
        words = words.replace(part, "•••") if len(part) > 5 else words
    what = f"the chat refuses the message ({code}: {' '.join(words.split())[:160]})"
    if code in chat.busy:
        raise NotSentError(what, heals=True)
    raise DataError(what, fix="See to `url`, `kind` and `secret`, and to the robot's own settings.")
