"""A secret is found in whatever form it stands in a text: what is written is made by others' code, not by ours."""

import base64
import html
import json
import pprint
import shlex
import time
import xml.sax.saxutils
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.model.secrets import HIDDEN, hiding, holds, know, known, scrubbed

PLAIN = "hunter2-correct-horse"
NASTY = "p@ss \"w/ö\\rd'<&>%0xY9"


def forget():
    hiding._known.clear()


def written(value):
    """A value as programs write it, by name."""
    data = value.encode()
    return {
        "plain": value,
        "json": json.dumps({"a": value}),
        "json of utf-8": json.dumps([value], ensure_ascii=False),
        "html": f"<p>{html.escape(value)}</p>",
        "html text": html.escape(value, quote=False),
        "xml": xml.sax.saxutils.escape(value, {'"': "&quot;"}),
        "chart in a page in a notebook": json.dumps(html.escape(json.dumps({"title": value}))),
        "json within json": json.dumps(json.dumps(json.dumps(value))),
        "address": f"postgresql://ada:{quote(value, safe='')}@db/shop",
        "path": quote(value),
        "query": urlencode({"token": value}),
        "form": quote_plus(value),
        "repr": repr({"a": value}),
        "pretty": pprint.pformat([value]),
        "bytes": repr(data),
        "sql": "SELECT '" + value.replace("'", "''") + "'",
        "csv": '"' + value.replace('"', '""') + '"',
        "shell": shlex.quote(value),
        "base64": base64.b64encode(data).decode(),
        "base64, one before": base64.b64encode(b":" + data).decode(),
        "basic authorization": base64.b64encode(b"ada:" + data + b"!").decode(),
        "base64 for addresses": base64.urlsafe_b64encode(b"xy" + data).decode(),
        "a drawing in a page": base64.b64encode(f"<svg><text>{html.escape(value)}</text></svg>".encode()).decode(),
        "hex": data.hex(),
        "coloured": f"\x1b[31m{value[:5]}\x1b[0m\x1b[32m{value[5:]}\x1b[0m",
        "wrapped": f"│ {value[:8]}\n│ {value[8:]}",
        "lines of a notebook": json.dumps(["a " + value[:4] + "\n", value[4:] + " b"], indent=1),
        "wrapped base64": base64.encodebytes(b"x" * 50 + data).decode(),
    }


@pytest.mark.parametrize("value", [PLAIN, NASTY, "密码是很长的秘密词语"], ids=["plain", "nasty", "chinese"])
@pytest.mark.parametrize("name", written(PLAIN))
def test_each_form_is_hidden(value, name):
    text = "before " + written(value)[name] + " after"
    assert not holds(text)
    know(value)
    clean = scrubbed(text)
    assert HIDDEN in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    assert value not in clean
    assert holds(text)
    broken = "wrapped" in name or name in ("coloured", "lines of a notebook")
    assert broken or holds(text.encode())
    assert not holds(clean)


def test_json_stays_json_and_the_rest_of_a_text_as_it_is():
    know(NASTY)
    about = {"a": [NASTY, 1, None], "b": f"x{NASTY}y"}
    assert json.loads(scrubbed(json.dumps(about))) == {"a": [HIDDEN, 1, None], "b": f"x{HIDDEN}y"}
    assert scrubbed("nothing to hide, a line\nand another") == "nothing to hide, a line\nand another"


def test_of_an_address_the_password_is_a_secret_by_itself():
    know("postgresql://ada:horse%40staple@db.example/shop")
    assert scrubbed('FATAL: password "horse@staple" for user ada') == f'FATAL: password "{HIDDEN}" for user ada'
    assert scrubbed("the database shop on db.example") == "the database shop on db.example"
    forget()
    know("host=db user=ada password='horsestaple'")
    assert scrubbed("horsestaple") == HIDDEN


def test_of_a_webhook_the_path_and_the_key_are_secrets_by_themselves():
    know("https://chat.example.com/cgi-bin/webhook/send?key=0123-4567-89ab-cdef")
    told = "HTTPSConnectionPool(host='chat.example.com'): no answer from /cgi-bin/webhook/send?key=0123-4567-89ab-cdef"
    assert scrubbed(told) == f"HTTPSConnectionPool(host='chat.example.com'): no answer from {HIDDEN}"
    assert scrubbed("invalid key 0123-4567-89ab-cdef of a webhook") == f"invalid key {HIDDEN} of a webhook"


def test_of_a_private_key_each_line_is_a_secret_by_itself():
    lines = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkqhkiG9w0BAQEF", "AASCBKcwggSjAgEAAoIBAQDZ", "-----END"]
    know("\n".join(lines))
    assert scrubbed(f'["{lines[1]}\\n",\n "{lines[2]}"]').count(HIDDEN) >= 1
    assert lines[2] not in scrubbed(f"line 2 is {lines[2]}")
    assert scrubbed("-----BEGIN PRIVATE KEY-----") == "-----BEGIN PRIVATE KEY-----"


def test_the_longer_of_two_is_hidden_first_and_short_ones_are_not_known():
    know("secret-word")
    know("my-secret-word-is-long")
    assert scrubbed("a my-secret-word-is-long b secret-word") == f"a {HIDDEN} b {HIDDEN}"
    forget()
    know("abc")
    know("")
    assert not known()


def test_what_merely_looks_like_it_stays():
    know("zq9-Revenue-2011")
    for text in ("Revenue-2011", "zq9", "zq9_Revenue_2011", "Revenue 2011"):
        assert scrubbed(text) == text


@given(st.text(min_size=6, max_size=40), st.sampled_from(["json", "html", "address", "repr", "base64", "hex", "query"]))
def test_whatever_the_value_is(value, form):
    forget()
    know(value)
    assert holds("a" + written(value)[form] + "b")
    assert value not in scrubbed(f"1{value}2")
    forget()


def test_a_page_of_five_megabytes_takes_no_time():
    for value in (PLAIN, NASTY, "ghp_abcdefABCDEF0123456789abcdefABCDEF01"):
        know(value)
    page = "<p>收入 Revenue 12345.67 &amp; more</p>\n" * 130_000
    begun = time.perf_counter()
    assert scrubbed(page) is page
    # 0.3 s on an idle machine; a way that tries each form at each sign takes minutes.
    assert time.perf_counter() - begun < 5
