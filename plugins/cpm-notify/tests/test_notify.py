"""Against a server of its own on this machine."""

from __future__ import annotations

import json
import threading
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest

from cpm_core.api import DataError, Run
from cpm_core.testing import plugin_of

publisher = plugin_of(Path(__file__).parents[1] / "src" / "cpm_notify").module.cpm_publishers()[0]
FACTS = """
kpi period value complete state slice
revenue 2024-02 100 1 ok -
revenue 2024-03 110 1 ok -
orders 2024-02 50 1 ok -
orders 2024-03 51 1 ok -
csat 2024-02 0.5 1 ok -
csat 2024-03 0.9 0 ok -
nps 2024-03 30 1 ok -
returns 2024-02 0 1 ok -
returns 2024-03 4 1 ok -
revenue 2024-01 10 1 ok -
revenue 2024-03 999 1 ok region
"""


@pytest.fixture
def run(tmp_path):
    lines = [line.split() for line in FACTS.strip().splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0])
    frame["value"], frame["complete"] = frame["value"].astype(float), frame["complete"] == "1"
    frame["slice"] = frame["slice"].replace("-", "")
    frame["period_start"] = pd.to_datetime(frame["period"] + "-01").dt.date
    frame.to_parquet(tmp_path / "facts.parquet", index=False)
    about = {"period": "2024-03", "title": {"en": "Shop", "zh": "商店"}, "locale": "en"}
    (tmp_path / "run.json").write_text(json.dumps(about), encoding="utf-8")
    return Run("shop", date(2024, 3, 31), Path("params/shop.yaml"), "2024-03-31-00000000", tmp_path)


@pytest.fixture
def webhook(monkeypatch):
    """A server that keeps what it is sent; its path is the status that it answers with."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(int(self.path.strip("/")))
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", received
    server.shutdown()
    server.server_close()


def send(run, **options):
    publisher.send(run, publisher.options().model_validate(options))


def test_the_changed_kpis_are_told(run, webhook):
    address, received = webhook
    send(run, url=f"{address}/200")
    # Revenue by a tenth and returns from none; orders by less than a twentieth; of the others one figure is not
    # complete, or there is none before.
    assert received == [
        {
            "text": "Shop, 2024-03: 2 of 3 KPIs changed",
            "workbook": "shop",
            "as_of": "2024-03-31",
            "run": "2024-03-31-00000000",
            "degraded": [],
            "changed": [
                {"kpi": "revenue", "value": 110.0, "before": 100.0},
                {"kpi": "returns", "value": 4.0, "before": 0.0},
            ],
        }
    ]


def test_in_the_reports_language_of_some_kpis_and_what_failed(run, webhook):
    address, received = webhook
    about = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    (run.folder / "run.json").write_text(json.dumps({**about, "locale": "zh"}), encoding="utf-8")
    degraded = Run(run.workbook, run.as_of, run.params, run.id, run.folder, ("KPI x failed",))
    send(degraded, url=f"{address}/200", kpis=["orders"], at_least=0)
    assert received[0]["text"] == "商店，2024-03：1 项指标中有 1 项变化；报告中有 1 处失败"
    send(run, url=f"{address}/200", kpis=["csat"])
    assert received[1]["text"] == "商店，2024-03：周期数据尚不完整"


def test_the_address_may_be_a_secret_and_stands_in_no_message(run, webhook):
    address, received = webhook
    with pytest.raises(DataError, match="the webhook answers with 500") as caught:
        send(run, url=f"{address}/500")
    assert address not in str(caught.value)
    assert len(received) == 1
    with pytest.raises(DataError, match="does not answer"):
        send(run, url="http://127.0.0.1:1/")


@pytest.mark.parametrize(
    "options", [{}, {"url": "ftp://a"}, {"url": "secret://env/B"}], ids=["none", "ftp", "not resolved"]
)
def test_options_that_do_not_fit(run, options):
    with pytest.raises(ValueError, match="url"):
        send(run, **options)
