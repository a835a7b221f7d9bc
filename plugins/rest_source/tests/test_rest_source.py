"""Against a server of its own on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlsplit

import pytest

from cpm_core.api import CpmError, DataError
from cpm_core.testing import SourceContract, plugin_of, tiny_book

PLUGIN = plugin_of(Path(__file__).parents[1])
TOKEN = "s3cret"
ORDERS = [
    {"id": number, "customer": {"id": f"c{number % 3}"}, "day": f"2024-01-{number:02}", "total": amount, "etag": "x"}
    for number, amount in enumerate((10.10, 20.20, 30.30, 40.40, 50.50), start=1)
]
COLUMNS = {
    "order_id": "id",
    "customer_id": "customer.id",
    "ordered_at": "day",
    "amount": "total",
    "kind": {"value": "sale"},
}


class Server(ThreadingHTTPServer):
    """Answers by a function of path and query: a status, headers and what becomes JSON."""

    def __init__(self, answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer, self.seen = answer, []

    def handle_error(self, request, client_address):
        """A client that went away is what some tests are about."""

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/orders"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query))
        self.server.seen.append((parts.path, query, self.headers.get("Authorization")))
        status, headers, body = self.server.answer(parts.path, query)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


@pytest.fixture
def served(monkeypatch):
    """Start a server with an answer; all are stopped in the end."""
    monkeypatch.setenv("SHOP_TOKEN", TOKEN)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    started = []

    def start(answer):
        server = Server(answer)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


def by_number(size):
    """Pages of ``size`` rows by number, however many are asked for."""

    def answer(path, query):
        first = (int(query["page"]) - 1) * size
        return 200, {}, {"data": {"items": ORDERS[first : first + size]}}

    return answer


class TestRest(SourceContract):
    plugin = PLUGIN
    source = "rest"
    as_of = "2024-01-31"
    earlier = "2024-01-03"

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _served(cls):
        server = Server(by_number(2))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        table = {"url": server.url, "rows": "data.items", "columns": COLUMNS}
        cls.options = {"tables": {"orders": table}}
        yield
        server.shutdown()
        server.server_close()


def options(server, **given):
    table = {"url": server.url, "rows": "data.items", "columns": COLUMNS, **given.pop("table", {})}
    said = {"tables": {"orders": table}, "token": TOKEN, "wait": 0, **given}
    return PLUGIN.module.cpm_sources()[0].options().model_validate(said)


def rows(server, tmp_path, **given):
    """What is stored for the core to read."""
    import pyarrow.parquet as pq

    read = []
    context = SimpleNamespace(
        options=options(server, **given),
        as_of="2024-01-31",
        since=None,
        work=tmp_path / "work",
        read_parquet=read.append,
    )
    PLUGIN.module.cpm_sources()[0].fetch(context)
    return pq.read_table(read[0]).to_pylist()


def test_figures_are_of_all_pages_and_money_is_exact(served):
    server = served(by_number(2))
    said = options(server, token="secret://env/SHOP_TOKEN").model_dump(exclude_none=True)
    book = tiny_book(
        PLUGIN, tables={}, as_of="2024-01-31", sources=[{"use": "rest", **said}], kpis=["revenue", "orders"]
    )
    try:
        facts = book.facts()
        total = facts[(facts["slice"] == "") & (facts["period"] == "2024-01")].set_index("kpi")["value"]
        assert total.to_dict() == {"revenue": 151.5, "orders": 5}
        (fingerprint,) = book.fingerprints
        assert fingerprint == "rest-orders.parquet"
    finally:
        book.close()
    assert [query["page"] for _, query, _ in server.seen] == ["1", "2", "3", "4"]
    assert {token for *_, token in server.seen} == {f"Bearer {TOKEN}"}


def test_a_cursor_is_followed_to_its_end(served, tmp_path):
    def answer(path, query):
        first = int(query.get("after", "0"))
        following = {"next": first + 3} if first + 3 < len(ORDERS) else {}
        return 200, {}, {"data": {"items": ORDERS[first : first + 3]}, "paging": following}

    server = served(answer)
    found = rows(server, tmp_path, table={"paging": {"param": "after", "next": "paging.next", "size": 3}})
    assert [row["order_id"] for row in found] == ["1", "2", "3", "4", "5"]
    assert found[0] == {
        "order_id": "1",
        "customer_id": "c1",
        "ordered_at": "2024-01-01",
        "amount": "10.1",
        "kind": "sale",
    }
    assert [query for _, query, _ in server.seen] == [{"limit": "3"}, {"limit": "3", "after": "3"}]


def test_an_overloaded_api_is_asked_again_but_not_for_ever(served, tmp_path):
    statuses = [503, 429, 200, 500, 200, 200]

    def answer(path, query):
        status = statuses.pop(0)
        return (status, {"Retry-After": "0"}, b"") if status != 200 else by_number(3)(path, query)

    assert len(rows(served(answer), tmp_path)) == 5
    down = served(lambda path, query: (502, {}, b""))
    with pytest.raises(DataError, match="the API answers with 502"):
        rows(down, tmp_path, retries=2)
    assert len(down.seen) == 3


def test_what_is_refused_is_not_asked_again_and_the_token_stands_in_no_message(served, tmp_path):
    server = served(lambda path, query: (401, {}, b""))
    with pytest.raises(DataError) as caught:
        rows(server, tmp_path)
    assert len(server.seen) == 1
    assert TOKEN not in str(caught.value)
    assert "`token`" in str(caught.value)


def test_the_token_does_not_follow_a_redirect(served, tmp_path):
    other = served(lambda path, query: (200, {}, {"data": {"items": []}}))
    rows(served(lambda path, query: (302, {"Location": other.url}, b"")), tmp_path)
    assert [token for *_, token in other.seen] == [None]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda path, query: (200, {}, {"data": {"items": ORDERS[:2]}}), "the same page twice"),
        (lambda path, query: (200, {}, {"data": ORDERS}), "no list of rows under 'data.items'"),
        (lambda path, query: (200, {}, b"<html>"), "no JSON"),
    ],
    ids=["a page for ever", "rows elsewhere", "no JSON"],
)
def test_an_api_that_is_not_as_the_options_say(served, tmp_path, answer, words):
    with pytest.raises(DataError, match=words):
        rows(served(answer), tmp_path)


def test_a_server_that_does_not_answer_in_time(served, tmp_path):
    done = threading.Event()

    def answer(path, query):
        done.wait(5)
        return 200, {}, {}

    with pytest.raises(DataError, match=r"does not answer \(TimeoutError\)"):
        rows(served(answer), tmp_path, timeout=0.05, retries=1)
    done.set()


def test_days_of_the_workbook_go_into_the_query(served, tmp_path):
    server = served(by_number(9))
    rows(server, tmp_path, table={"query": {"to": "{as_of}", "from": "{since}"}})
    assert server.seen[0][1] == {"to": "2024-01-31", "limit": "500", "page": "1"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": "ftp://shop/orders"}, "begins with https://"),
        ({"url": "https://shop/orders?key=1"}, "has no query"),
        ({"url": "http://shop.example.com/orders"}, "https:// addresses alone"),
    ],
    ids=["ftp", "a query", "a token in the clear"],
)
def test_addresses_that_are_refused(given, words):
    with pytest.raises(ValueError, match=words):
        options(SimpleNamespace(url=""), table=given)


def test_a_token_that_is_not_set_is_told_by_the_variables_name(served, monkeypatch):
    monkeypatch.delenv("SHOP_TOKEN")
    said = options(served(by_number(2)), token="secret://env/SHOP_TOKEN").model_dump(exclude_none=True)
    with pytest.raises(CpmError, match="SHOP_TOKEN of secret://env/SHOP_TOKEN is not set"):
        tiny_book(PLUGIN, tables={}, sources=[{"use": "rest", **said}])
