"""Messages in the forms of the chats, signed as they ask, and what their answers mean."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from cpm_core.api import DataError, Figure, NotSentError, PerhapsSentError, Text
from cpm_core.hooks.registry import Registry
from tests.builtin.publishers.telling import failed, published
from tests.chatroom import chatroom
from tests.mailbox import free_port

KEY = "e1f3a5c7d9"
ANSWERS = {
    "wecom": '{"errcode": 0, "errmsg": "ok"}',
    "dingtalk": '{"errcode": 0, "errmsg": "ok"}',
    "feishu": '{"code": 0, "data": {}, "msg": "success"}',
    "slack": "ok",
}
LINK = "https://share.example.com/shop/runs/2024-03-31-00000000/report.html"


@pytest.fixture(scope="module")
def publisher():
    return Registry.load(None).publishers["webhook"].item


def send(publisher, run, url, kind="wecom", **given):
    publisher.send(run, publisher.options().model_validate({"kind": kind, "url": url, **given}))


def sent(publisher, run, kind, **given):
    with chatroom(said=ANSWERS[kind]) as room:
        send(publisher, run, room.url, kind, **given)
    ((_, message),) = room.got
    return message


def test_wecom(publisher, tmp_path):
    assert sent(publisher, published(tmp_path), "wecom") == {
        "msgtype": "markdown",
        "markdown": {
            "content": "## The shop · March 2024\n"
            "1 of 2 targets met, 1 missed; 1 figure moved by more than noise.\n"
            "- Retention ＜rate＞: **70.0%** −10.0 pp · "
            '<font color="warning">missed (≥ 90%), below its usual range</font>\n'
            "- Revenue: **£90.00** −25.0% · met (≥ £80.00)\n"
            "- Orders: **5**\n"
            f"[Open the report]({LINK})"
        },
    }


def test_dingtalk_signed_in_the_address(publisher, tmp_path):
    with chatroom() as room:
        send(publisher, published(tmp_path, locale="zh"), room.url, "dingtalk", secret="SEC0123456789")
    ((path, message),) = room.got
    query = parse_qs(urlsplit(path).query)
    stamp = query["timestamp"][0]
    digest = hmac.new(b"SEC0123456789", f"{stamp}\nSEC0123456789".encode(), hashlib.sha256).digest()
    assert len(stamp) == 13  # milliseconds
    assert (query["key"], query["sign"]) == ([KEY], [base64.b64encode(digest).decode()])
    assert message["msgtype"] == "markdown"
    assert message["markdown"]["title"] == "小店 · March 2024"
    assert "\n\n- Orders：**5**\n\n[打开报告](" in message["markdown"]["text"]


def test_feishu_signed_in_the_message(publisher, tmp_path):
    with chatroom(said='{"StatusCode": 0, "StatusMessage": "success"}') as room:
        send(publisher, failed(tmp_path, locale="zh"), room.url, "feishu", secret="0123456789abc")
    ((path, message),) = room.got
    assert path == f"/send?key={KEY}"
    stamp = message["timestamp"]
    digest = hmac.new(f"{stamp}\n0123456789abc".encode(), b"", hashlib.sha256).digest()
    assert len(stamp) == 10  # seconds
    assert message["sign"] == base64.b64encode(digest).decode()
    card = message["card"]
    assert message["msg_type"] == "interactive"
    title = {"tag": "plain_text", "content": "运行失败：小店 · March 2024"}
    assert card["header"] == {"template": "red", "title": title}
    text, button = card["elements"]
    assert text["text"]["tag"] == "lark_md"
    assert text["text"]["content"].splitlines() == [
        "截至2024年3月31日的报告未能生成，读者看到的仍是上一次发布的报告。",
        "原因：",
        "- data/orders.csv: there is no such file. Write the right path.",
    ]
    assert button["actions"][0]["url"] == "https://share.example.com/index.html"


def test_slack(publisher, tmp_path):
    run = published(tmp_path, title=Text(en="A & <!channel>", zh="店"), degraded=("KPI x failed",))
    message = sent(publisher, run, "slack")
    assert message["text"] == "A &amp; &lt;!channel&gt; · March 2024"
    header, section, link = message["blocks"]
    # Plain text is shown as it is.
    assert header == {"type": "header", "text": {"type": "plain_text", "text": "A & <!channel> · March 2024"}}
    assert section["text"]["text"].splitlines() == [
        "1 of 2 targets met, 1 missed; 1 figure moved by more than noise.",
        "- Retention &lt;rate&gt;: *70.0%* −10.0 pp · *missed (≥ 90%), below its usual range*",
        "- Revenue: *£90.00* −25.0% · met (≥ £80.00)",
        "- Orders: *5*",
        "What is missing in the report:",
        "- KPI x failed",
    ]
    assert link["text"]["text"] == f"<{LINK}|Open the report>"


@pytest.mark.parametrize("kind", ANSWERS)
@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_long_message_is_cut_between_lines(publisher, tmp_path, kind, locale):
    figures = tuple(Figure(f"k{n}", "指标名称很长" * 12, "count", str(n), "+1.0%", "good") for n in range(30))
    reasons = tuple(f"第{n}个原因：" + "很长" * 300 for n in range(9))
    run = published(tmp_path, figures=figures, problems=reasons, locale=locale, title=Text(en="T" * 400, zh="题" * 400))
    message = sent(publisher, run, kind, figures=30)
    if kind == "wecom":
        assert len(message["markdown"]["content"].encode()) <= 4096
        assert message["markdown"]["content"].endswith(")")
    elif kind == "slack":
        assert len(message["blocks"][0]["text"]["text"]) <= 150
        assert len(message["blocks"][1]["text"]["text"]) <= 3000
    assert len(json.dumps(message, ensure_ascii=False).encode()) < 20_000
    words = {"en": "and {} more", "zh": "另有{}条"}[locale].split("{}")
    assert all(part in json.dumps(message, ensure_ascii=False) for part in words)


@pytest.mark.parametrize(
    ("kind", "how", "error", "words", "heals"),
    [
        ("wecom", {"said": f'{{"errcode": 93000, "errmsg": "invalid key {KEY}"}}'}, DataError, "93000: invalid", False),
        ("wecom", {"said": '{"errcode": 45009, "errmsg": "api freq out of limit"}'}, NotSentError, "45009", True),
        ("dingtalk", {"said": '{"errcode": 310000, "errmsg": "sign not match"}'}, DataError, "310000", False),
        ("feishu", {"said": '{"code": 19021, "msg": "sign match fail"}'}, DataError, "19021", False),
        ("feishu", {"said": '{"code": 11232, "msg": "frequency limited"}'}, NotSentError, "11232", True),
        ("slack", {"said": "invalid_payload", "status": 400}, DataError, "HTTP 400", False),
        ("slack", {"said": "<html>sign in</html>"}, DataError, "is not understood", False),
        ("wecom", {"said": "<html>sign in</html>"}, DataError, "is not understood", False),
        ("wecom", {"said": "[]"}, DataError, "neither success nor error", False),
        ("wecom", {"status": 302}, DataError, "HTTP 302", False),
        ("wecom", {"status": 429}, NotSentError, "nothing for now .HTTP 429", True),
        ("wecom", {"status": 500}, PerhapsSentError, "broke over the message .HTTP 500", False),
        ("wecom", {"hangs_up": True}, PerhapsSentError, "gave no answer", False),
        ("wecom", {"slow": 0.5}, PerhapsSentError, "gave no answer", False),
    ],
)
def test_what_a_chat_may_answer(publisher, tmp_path, kind, how, error, words, heals):
    with chatroom(**how) as room:
        with pytest.raises(error, match=words) as caught:
            send(publisher, published(tmp_path), room.url, kind, timeout=0.3)
        assert len(room.got) == 1
    assert caught.value.heals is heals
    assert KEY not in str(caught.value)


def test_a_server_that_is_not_there(publisher, tmp_path):
    for url in (f"http://127.0.0.1:{free_port()}/{KEY}", f"http://no-such-host.invalid/{KEY}"):
        with pytest.raises(NotSentError, match="does not answer") as caught:
            send(publisher, published(tmp_path), url)
        assert caught.value.heals
        assert KEY not in str(caught.value)
    with pytest.raises((NotSentError, PerhapsSentError)) as caught:
        send(publisher, published(tmp_path), f"http://a b/{KEY}\n")
    assert KEY not in str(caught.value)


def test_options_that_do_not_fit(publisher):
    for given, words in (
        ({"kind": "wecom", "url": "ftp://x"}, "https://"),
        ({"kind": "wecom", "url": "https://x", "secret": "abc"}, "not signed"),
        ({"kind": "teams", "url": "https://x"}, "kind"),
    ):
        with pytest.raises(ValueError, match=words):
            publisher.options().model_validate(given)
    assert KEY not in repr(publisher.options()(kind="wecom", url=f"https://x/{KEY}", secret=""))
