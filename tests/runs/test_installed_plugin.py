"""A plugin that is a package of its own: installed, and used only where params name it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cpm_core.hooks.registry import Registry
from cpm_core.runs.batch import run_reports


@pytest.fixture
def installed(repository, tmp_path, monkeypatch):
    """plugins/cpm-notify as pip installs it, in a folder of its own."""
    folder = tmp_path / "site"
    line = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    line += ["--disable-pip-version-check", "--no-compile", "--target", str(folder)]
    subprocess.run([*line, str(repository / "plugins" / "cpm-notify")], check=True, capture_output=True)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "cpm_notify"]:
        del sys.modules[name]


@pytest.fixture
def webhook(monkeypatch):
    """An address, and what was posted to it."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", received
    server.shutdown()
    server.server_close()


def test_it_runs_where_params_use_it_and_nowhere_else(project, installed, webhook, capsys):
    address, received = webhook
    publish = f"publish: [{{use: changed_kpis, url: '{address}'}}]\n"
    assert "changed_kpis" not in Registry.load(project.home / "plugins").publishers
    project.params("tiny", more=publish)
    assert run_reports(["tiny"], [], project.out) == 2
    assert "there is no publisher 'changed_kpis'" in capsys.readouterr().err
    assert "cpm_notify" not in sys.modules
    project.params("tiny", more=publish + "plugins: {use: [notify]}\n")
    assert run_reports(["tiny"], [], project.out) == 0
    (message,) = received
    assert (message["workbook"], message["run"]) == ("tiny", project.latest())
    # February: 20.50 in one sale; March: 30.25 - 5.25 + 40.00, two sales.
    assert message["changed"] == [
        {"kpi": "revenue", "value": 65.0, "before": 20.5},
        {"kpi": "orders", "value": 2.0, "before": 1.0},
    ]
