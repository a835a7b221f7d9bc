"""Mails, as a mail program reads them, and what a server may do with them."""

from __future__ import annotations

import email
import re
import socket
import ssl
import threading
from email.policy import default
from html.parser import HTMLParser

import pytest

from cpm_core.api import DataError, Figure, NotSentError, PerhapsSentError, Text
from cpm_core.builtin.publishers.mail import smtp
from cpm_core.builtin.publishers.mail.letter import letter
from cpm_core.hooks.registry import Registry
from cpm_core.model.errors import ParamsError
from cpm_core.params.options import validate_options
from tests.builtin.publishers.telling import failed, published
from tests.mailbox import free_port, mailbox

OPTIONS = {
    "host": "127.0.0.1",
    "security": "none",
    "from": "报告 <reports@example.com>",
    "to": ["boss@example.com"],
    "timeout": 5,
}


@pytest.fixture(scope="module")
def publisher():
    return Registry.load(None).publishers["mail"].item


@pytest.fixture
def options(publisher):
    return lambda **given: publisher.options().model_validate({**OPTIONS, **given})


def read(run, options):
    return email.message_from_bytes(letter(run, options), policy=default)


class Elements(HTMLParser):
    """Elements, their attributes, and texts."""

    def __init__(self, html):
        super().__init__()
        self.found, self.texts = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_a_report_in_english(tmp_path, options):
    mail = read(published(tmp_path), options(cc="team@example.com", bcc=["archive@example.com"]))
    assert mail["subject"] == "The shop · March 2024"
    assert (mail["from"], mail["to"], mail["cc"], mail["bcc"]) == (
        "报告 <reports@example.com>",
        "boss@example.com",
        "team@example.com",
        None,
    )
    assert mail["date"].datetime.isoformat() == "2024-04-01T06:00:00+00:00"
    assert mail["auto-submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "image/png",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]
    text = mail.get_body(("plain",)).get_content()
    # What misses its target comes first.
    assert text.splitlines() == [
        "The shop · March 2024",
        "As of 31 March 2024",
        "",
        "1 of 2 targets met, 1 missed; 1 figure moved by more than noise.",
        "- Retention <rate>: 70.0% · −10.0 pp · missed (≥ 90%), below its usual range",
        "- Revenue: £90.00 · −25.0% · met (≥ £80.00)",
        "- Orders: 5",
        "",
        "https://share.example.com/shop/runs/2024-03-31-00000000/report.html",
    ]
    (workbook,) = mail.iter_attachments()
    assert (workbook.get_filename(), len(workbook.get_content())) == ("shop-2024-03-31.xlsx", 2002)


def test_html_that_word_can_draw(tmp_path, options):
    mail = read(published(tmp_path), options())
    html = mail.get_body(("html",)).get_content()
    found = Elements(html)
    tags = {tag for tag, _ in found.found}
    assert not tags & {"svg", "script", "link", "style", "canvas", "iframe", "video", "form"}
    assert not re.search(r"flex|grid|position:|var\(|calc\(|@media|url\(", html)
    assert "<!--[if mso]>" in html
    assert 'width="600"' in html
    styled = [attributes for tag, attributes in found.found if tag in ("td", "th") and "style" in attributes]
    assert len(styled) > 10
    # Every picture is in the mail, and has a size and words for who does not see it.
    pictures = {part["content-id"]: part for part in mail.walk() if part.get_content_maintype() == "image"}
    shown = [attributes for tag, attributes in found.found if tag == "img"]
    assert [f"<{one['src'].removeprefix('cid:')}>" for one in shown] == list(pictures) == ["<chart0>", "<chart1>"]
    assert [one["alt"] for one in shown] == ["Retention <rate>: 70.0%", "Revenue: £90.00"]
    assert all(one["width"] == "276" for one in shown)
    assert all(part.get_content().startswith(b"\x89PNG") for part in pictures.values())
    assert [attributes["href"] for tag, attributes in found.found if tag == "a"] == [published(tmp_path).link]
    assert "Retention <rate>" in found.texts


def test_a_report_in_chinese(tmp_path, options):
    run = published(tmp_path, locale="zh", period="2024年3月", summary="2项目标中达成1项，未达成1项。")
    mail = read(run, options())
    assert mail["subject"] == "小店 · 2024年3月"
    # On the way each header is ASCII.
    assert b"\n\n" not in letter(run, options())
    assert letter(run, options()).split(b"\r\n\r\n")[0].isascii()
    text = mail.get_body(("plain",)).get_content()
    assert "截至2024年3月31日" in text
    assert "- Retention <rate>: 70.0% · −10.0 pp · 未达成（≥ 90%），低于正常范围" in text
    texts = Elements(mail.get_body(("html",)).get_content()).texts
    assert {"指标", "数值", "变化", "打开报告"} <= set(texts)


def test_a_signal_of_the_yearly_change_is_called_one(tmp_path, options):
    figure = Figure("orders", "Orders", "count", "5", "+2.0%", "good", signal="run below", signal_basis="year")
    for locale, words in (("en", "its yearly change below the usual for long"), ("zh", "同比变化持续低于往常")):
        mail = read(published(tmp_path, figures=(figure,), locale=locale), options())
        for kind in ("plain", "html"):
            assert words in mail.get_body((kind,)).get_content()


@pytest.mark.parametrize(
    ("locale", "subject", "words"),
    [
        ("en", "Failed: The shop · March 2024", "Readers go on to see the last one that was published."),
        ("zh", "运行失败：小店 · March 2024", "读者看到的仍是上一次发布的报告"),
    ],
    ids=["en", "zh"],
)
def test_a_failure(tmp_path, options, locale, subject, words):
    mail = read(failed(tmp_path, locale=locale), options())
    assert mail["subject"] == subject
    for kind in ("plain", "html"):
        said = mail.get_body((kind,)).get_content()
        assert words in said
        assert "data/orders.csv: there is no such file. Write the right path." in said
    assert not list(mail.iter_attachments())


def test_that_it_is_over(tmp_path, options):
    run = published(tmp_path, state="recovered", summary="")
    mail = read(run, options())
    assert mail["subject"] == "Recovered: The shop · March 2024"
    assert "The report as of 31 March 2024 succeeded." in mail.get_body(("plain",)).get_content()
    assert not list(mail.iter_attachments())


def test_the_same_mail_each_time_and_its_name_tells_runs_apart(tmp_path, options):
    one, other = published(tmp_path), published(tmp_path, notice="shop/report/2024-03-31-00000000-2")
    assert letter(one, options()) == letter(one, options())
    names = [read(run, options())["message-id"] for run in (one, other)]
    assert names[0] != names[1]
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.com>", name) for name in names)


def test_no_header_can_be_smuggled_in(tmp_path, options):
    title = Text(en="Shop\r\nBcc: spy@example.com\n\nBody", zh="店\u2028Bcc: spy@example.com")
    for locale in ("en", "zh"):
        mail = read(published(tmp_path, title=title, locale=locale), options())
        assert mail["bcc"] is None
        assert "Bcc: spy@example.com" in mail["subject"]
    for wrong in ({"to": ["a@example.com\r\nBcc: b@example.com"]}, {"from": "a@example.com\nBcc: b@example.com"}):
        with pytest.raises(ValueError, match="is no address"):
            options(**wrong)


def test_a_subject_of_ones_own(tmp_path, options):
    mail = read(published(tmp_path), options(subject="[{workbook}] {period} {as_of}"))
    assert mail["subject"] == "[shop] March 2024 2024-03-31"
    assert read(failed(tmp_path), options(subject="{title}!"))["subject"] == "Failed: The shop!"
    for wrong in ("{title.__class__}", "{params}", "{"):
        with pytest.raises(ValueError, match="a subject cannot name"):
            options(subject=wrong)


def test_a_large_workbook_stays_where_it_is(tmp_path, options):
    mail = read(published(tmp_path), options(attach_up_to=0.001))
    assert not list(mail.iter_attachments())
    for kind in ("plain", "html"):
        assert "workbook.xlsx has 0.0 MB and is not attached" in mail.get_body((kind,)).get_content()
    assert not list(read(published(tmp_path), options(attach=False)).iter_attachments())


def test_without_facts_there_are_no_charts(tmp_path, options):
    run = published(tmp_path)
    (run.folder / "facts.parquet").write_text("PAR1", encoding="utf-8")
    assert [part for part in read(run, options()).walk() if part.get_content_maintype() == "image"] == []


def test_each_recipient_is_told_by_itself(tmp_path, publisher, options):
    with mailbox() as box:
        said = options(port=box.port, to=["a@example.com", "b@example.com"], bcc=["c@example.com"])
        assert publisher.recipients(said) == ["a@example.com", "b@example.com", "c@example.com"]
        for recipient in publisher.recipients(said):
            publisher.send(published(tmp_path, recipient=recipient), said)
    assert [recipient for recipient, _ in box.mails] == ["a@example.com", "b@example.com", "c@example.com"]
    assert len({mail for _, mail in box.mails}) == 1
    # As it was written: a line of a dot alone, and those that begin with one, are the transport's matter.
    assert box.mails[0][1] == letter(published(tmp_path), said)


def test_lines_that_begin_with_a_dot(options):
    with mailbox() as box:
        smtp.hand_over(b"Subject: x\r\n\r\n.\r\n..a\r\n.b\r\nend", "a@example.com", options(port=box.port))
    assert box.mails == [("a@example.com", b"Subject: x\r\n\r\n.\r\n..a\r\n.b\r\nend\r\n")]


@pytest.mark.parametrize(
    ("how", "error", "words", "heals"),
    [
        ({"refused": {"boss@example.com": "550 no such user"}}, DataError, "refuses the recipient boss@", False),
        ({"refused": {"boss@example.com": "450 try later"}}, NotSentError, "450 try later", True),
        ({"refuses": "452 full"}, NotSentError, "does not accept the mail .452 full", True),
        ({"refuses": "554 spam"}, DataError, "does not accept the mail .554 spam", False),
        ({"drops": True}, PerhapsSentError, "took the mail and gave no answer", False),
        ({"users": {"me": "right"}}, NotSentError, "does not know this user and password .535", False),
    ],
    ids=["no recipient", "greylisted", "full", "spam", "drops", "login"],
)
def test_what_a_server_may_answer(options, how, error, words, heals):
    with mailbox(**how) as box:
        given = {"user": "me", "password": "wrong-secret"} if "users" in how else {}
        with pytest.raises(error, match=words) as caught:
            smtp.hand_over(b"Subject: x\r\n\r\nx", "boss@example.com", options(port=box.port, **given))
    assert caught.value.heals is heals
    assert "wrong-secret" not in str(caught.value)


def test_with_the_right_password_it_goes_out(options):
    with mailbox(users={"me": "right"}) as box:
        smtp.hand_over(b"Subject: x\r\n\r\nx", "a@example.com", options(port=box.port, user="me", password="right"))
    assert len(box.mails) == 1


def test_a_slow_server_is_waited_for(options, monkeypatch):
    with mailbox(slow=0.3) as box:
        smtp.hand_over(b"Subject: x\r\n\r\nx", "a@example.com", options(port=box.port, timeout=2))
        assert len(box.mails) == 1
    # Too slow before the mail: nothing was sent. Too slow after it: nobody knows.
    monkeypatch.setattr(smtp, "ACCEPTING", 1)
    with mailbox(slow=0.6) as box, pytest.raises(NotSentError, match="timed out"):
        smtp.hand_over(b"Subject: x\r\n\r\nx", "a@example.com", options(port=box.port, timeout=0.2))
    assert box.mails == []


def test_a_server_that_is_not_there(options):
    with pytest.raises(NotSentError, match=r"127\.0\.0\.1:\d+ does not answer") as caught:
        smtp.hand_over(b"x", "a@example.com", options(port=free_port()))
    assert caught.value.heals


def test_a_server_that_hangs_up_at_once(options):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def hang_up():
            listening.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(NotSentError, match="does not answer"):
            smtp.hand_over(b"x", "a@example.com", options(port=listening.getsockname()[1]))
        thread.join()


def test_no_password_goes_over_an_open_line(options):
    with mailbox() as box, pytest.raises(NotSentError, match="offers no STARTTLS"):
        smtp.hand_over(b"x", "a@example.com", options(port=box.port, security="starttls", user="me", password="right"))
    with mailbox() as box, pytest.raises(NotSentError, match=r"no safe connection|does not answer"):
        smtp.hand_over(b"x", "a@example.com", options(port=box.port, security="ssl"))
    assert ssl.create_default_context().verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "given",
    [{"to": []}, {"to": ["boss"]}, {"to": ["Boss <boss@example.com>"]}, {"to": ["老板@example.com"]}, {"host": ""}],
    ids=["nobody", "no address", "a name", "no ASCII", "no host"],
)
def test_options_that_do_not_fit(options, given):
    with pytest.raises(ValueError, match=next(iter(given))):
        options(**given)


@pytest.mark.parametrize("key", ["from", "to", "cc", "bcc", "subject"])
def test_what_readers_see_is_no_secret(publisher, monkeypatch, key):
    monkeypatch.setenv("PRIVATE", "private@example.com")
    said = {**OPTIONS, key: ["secret://env/PRIVATE"] if key in ("to", "cc", "bcc") else "secret://env/PRIVATE"}
    with pytest.raises(ParamsError, match="readers would see a secret there"):
        validate_options(publisher.options(), said, "shop.yaml:5")
    said = {**OPTIONS, "user": "secret://env/PRIVATE", "password": "secret://env/PRIVATE"}
    assert validate_options(publisher.options(), said, "shop.yaml:5").user == "private@example.com"
