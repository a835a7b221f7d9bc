"""A project that does all it can to let a secret out, and a search through every byte that it leaves."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq

from tests.runs.posted import KEYS, OWN, Posted
from tests.runs.projects import Project

VARIABLE = "PLANTED"
REFERENCE = f"secret://env/{VARIABLE}"
VALUE = "h\"u'n<t&e>r2 /@%é\\Zq7Planted9Value"
CORE = "Zq7Planted9Value"
"""The part of it that no escape changes."""

PLUGIN = '''
import logging
import os
from pathlib import Path

import ibis
import pandas as pd
from pydantic import BaseModel

from cpm_core.api import Delivery, Problem, Publisher, Section, Source, Text, Total, hookimpl, kpi

TITLE = Text(en="Leaky", zh="泄漏")


class Options(BaseModel):
    token: str
    url: str
    breaks: bool = False


def fetch(context):
    token, url = context.options.token, context.options.url
    logging.getLogger("leaky").error("asking %s with %s", url, token)
    print("fetching with", token)
    if context.options.breaks:
        raise ConnectionError(f"could not connect to {url} as {token!r}: {context.options}")
    rows = [(str(n), f"c{n % 3}", f"2024-0{n % 3 + 1}-10", f"{n}.00", "sale", f"by {token}") for n in range(1, 10)]
    rows += [("10", "c1", "2024-03-10", token, "sale", ""), (f"x {token}", "c1", "never", "1", "sale", token)]
    names = ["order_id", "customer_id", "ordered_at", "amount", "kind", "channel"]
    return {"orders": Delivery(ibis.memtable(pd.DataFrame(rows, columns=names)))}


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title=TITLE)
def leaking(orders):
    """A KPI that fails, and says too much."""
    raise RuntimeError("no orders with " + os.environ["PLANTED"])


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title=Text(en="By " + os.environ.get("PLANTED", ""), zh="泄漏"))
def titled(orders):
    """A KPI whose title says too much."""
    return orders.order_id.nunique()


def section(book):
    raise KeyError(os.environ["PLANTED"])


def send(run, options):
    logging.getLogger("leaky").warning("sending to %r", options.token)
    raise OSError(f"the chat refuses {options.url} and {options.token}")


@hookimpl
def cpm_sources():
    return [Source(id="leaky", title=TITLE, fetch=fetch, options=lambda: Options)]


@hookimpl
def cpm_kpis():
    return [leaking, titled]


@hookimpl
def cpm_report_sections():
    return [Section(id="leaky", title=TITLE, render=section)]


@hookimpl
def cpm_publishers():
    return [Publisher(id="leaky", title=TITLE, send=send, options=lambda: Options)]


@hookimpl
def cpm_run_published(run):
    raise ValueError(os.environ["PLANTED"])


@hookimpl
def cpm_run_failed(run, error):
    raise ValueError(os.environ["PLANTED"] + str(error))
'''

PARAMS = f"""\
workbook: {{name}}
title: {{{{en: Leaky shop, zh: 泄漏商店}}}}
as_of: 2024-03-31
history: 2
timezone: UTC
currency: EUR
strict: false
sources:
  - {{{{use: leaky, token: {REFERENCE}, url: "postgresql://ada:{{{{{REFERENCE}}}}}@db.example/shop", breaks: {{breaks}}}}}}
kpis: [revenue, orders, leaking{{kpis}}]
slices: [orders.channel]
publish:
  - {{{{use: leaky, token: {REFERENCE}, url: "https://chat.example/hook?{{{{{REFERENCE}}}}}"}}}}
{{publish}}retry: {{{{attempts: 2, wait: 0}}}}
report: {{{{notebook: {{name}}, formats: [html, xlsx]}}}}
"""

PARAMETERS = 'params: str = "params/x.yaml"\noverrides: dict | None = None\ntoken: str | None = None'
OPEN = "import base64, json, logging, os, subprocess, sys\nimport cpm_core as cpm\n\nbook = cpm.open(params)"
SHOWN = """\
value = cpm.secret(token) if token else os.environ["PLANTED"]
print("printed", value)
print(repr(value), json.dumps({"a": value}), base64.b64encode(b"ada:" + value.encode()), value.encode().hex())
sys.stderr.write("written " + value)
logging.getLogger("cell").error("logged %s", value)
{"a": [value], "b": book.params.sources[0]}"""
BENEATH = """\
os.write(1, ("past Python " + value).encode())
subprocess.run([sys.executable, "-c", "import os; print('a child', os.environ['PLANTED'])"])"""
PIECES = """\
print("in pieces", value[:9], end="")
sys.stdout.flush()
print(value[9:])"""
CHART = """\
import altair as alt
import pandas as pd

frame = pd.DataFrame({"x": [1, 2], "y": ["a", value]})
alt.Chart(frame, title="Chart of " + value).mark_bar().encode(x="x:Q", y=alt.Y("y:N", title=value))"""
DRAWING = """\
from html import escape
from IPython.display import HTML, SVG, display

display(SVG(f"<svg xmlns='http://www.w3.org/2000/svg'><text>{escape(value)}</text></svg>"))
display(HTML(f"<p title='{escape(value)}'>{escape(value)}</p><script>var x = {json.dumps(value)}</script>"))
book.sections()"""
SCORECARD = "book.report.scorecard()"
RAISES = """\
def ask(password):
    raise PermissionError(f"{password} was refused for {book.params.workbook}")

ask(value)"""
WAITS = """\
from pathlib import Path
import time

Path("there").touch()
time.sleep(120)"""
WHOLE = (OPEN, SHOWN, CHART, DRAWING, SCORECARD)


class Leaky(Project):
    """A folder with the plugin and one report; everything that its processes leave is below it.

    Args:
        home: The folder, which is made.
        value: The secret.
        posted: Where reports are sent; left out: nowhere.
    """

    def __init__(self, home: Path, value: str = VALUE, posted: Posted | None = None) -> None:
        super().__init__(home)
        self.value, self.posted = value, posted
        self.secrets = {VARIABLE: value, **(KEYS if posted else {})}
        (home / "plugins").mkdir()
        (home / "plugins" / "leaky.py").write_text(PLUGIN, encoding="utf-8")
        self.temporary = home / "tmp"
        self.temporary.mkdir()

    def report(self, name: str, *cells: str, breaks: bool = False, kpis: str = "") -> str:
        self.notebook(name, *cells, parameters=PARAMETERS)
        path = self.home / "params" / f"{name}.yaml"
        publish = self.posted.publish() if self.posted else ""
        said = PARAMS.format(name=name, breaks=str(breaks).lower(), kpis=kpis, publish=publish)
        path.write_text(said, encoding="utf-8")
        return str(path)

    def started(self, *command: str) -> subprocess.Popen[str]:
        """A command whose temporary files, caches and words are kept below the project."""
        folders = ("TMPDIR", "HOME", "IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "XDG_CACHE_HOME")
        keys = self.posted.environment if self.posted else {}
        said = dict.fromkeys(folders, str(self.temporary)) | {VARIABLE: self.value} | keys
        self.words = len(list(self.home.glob("words-*")))
        words = (self.home / f"words-{self.words}.txt").open("w", encoding="utf-8")
        with words:
            return subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=self.home,
                env={**os.environ, **said},
                stdout=words,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def run(self, *paths: str) -> subprocess.Popen[str]:
        code = "import sys\nfrom cpm_core.cli import main\n\nif __name__ == '__main__':\n    sys.exit(main())\n"
        (self.home / "cpm_of_here.py").write_text(code, encoding="utf-8")
        return self.started("cpm_of_here", "run", *paths, "-p", "token", REFERENCE, "--debug")

    def killed_while_it_waits(self, *paths: str) -> None:
        """Run reports one by one; the last of them waits, and is killed."""
        process = self.run(*paths, "--jobs", "1")
        until = time.monotonic() + 120
        while not (self.home / "there").exists():
            assert process.poll() is None, self.told()
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        (self.home / "there").unlink()

    def told(self) -> str:
        """What the commands have printed."""
        files = sorted(self.home.glob("words-*"))
        return "\n".join(file.read_text(encoding="utf-8", errors="replace") for file in files)

    def leaks(self) -> list[str]:
        """Every file below the project that holds a secret, with the form that it was found in."""
        found = []
        needles = self.needles()
        for name in self.left():
            # What a kernel is just removing is no more.
            with suppress(OSError):
                found += [f"{name}: {form}" for form in _found((self.home / name).read_bytes(), needles)]
        return found

    def leaks_sent(self) -> list[str]:
        """Every mail and message that holds a secret; of a chat's own key only the path may tell."""
        assert self.posted is not None
        needles = self.needles()
        found = [f"{name}: {form}" for name, data in self.posted.came() for form in _found(data, needles)]
        for name, path in self.posted.paths():
            others = {form: needle for form, needle in needles.items() if not form.startswith(OWN[name])}
            found += [f"path of {name}: {form}" for form in _found(path.encode(), others)]
        return found

    def needles(self) -> dict[str, bytes]:
        """The secrets as bytes, by name and form."""
        return {f"{name}, {form}": data for name, value in self.secrets.items() for form, data in forms(value).items()}

    def left(self) -> list[str]:
        """Every file below the project."""
        # Not rglob, which fails of a folder that is just being removed.
        found = (Path(folder) / name for folder, _, names in os.walk(self.home) for name in names)
        files = (path for path in found if path.is_file() and not path.is_symlink())
        return sorted(path.relative_to(self.home).as_posix() for path in files)


def forms(value: str) -> dict[str, bytes]:
    """The value as bytes, by the name of the form."""
    data = value.encode()
    found = {
        "plain": data,
        "json": json.dumps(value)[1:-1].encode(),
        "json in utf-8": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        "html": html.escape(value).encode(),
        "address": quote(value, safe="").encode(),
        "query": quote_plus(value).encode(),
        "repr": repr(value)[1:-1].encode(),
        "hex": data.hex().encode(),
    }
    run = max(re.findall("[A-Za-z0-9]+", value), key=len, default="")
    if len(run) >= 12:
        found["core"] = run.encode()
    for name, text in {"value": value, "html": html.escape(value), "json": json.dumps(value)[1:-1]}.items():
        for before in range(3):
            # Only whole groups that hold nothing but the value.
            inner = text.encode()[(3 - before) % 3 :]
            inner = inner[: len(inner) // 3 * 3]
            found[f"base64 of {name}, {before} before"] = base64.b64encode(inner)
    return found


def _found(data: bytes, needles: dict[str, bytes]) -> Iterator[str]:
    parts = [data, *_unpacked(data)]
    parts.append(re.sub(rb"\x1b\[[\d;]*m|\s*\n\s*(?:\xe2\x94\x82)?\s?", b"", data))
    for name, needle in needles.items():
        if any(needle in part for part in parts):
            yield name


def _unpacked(data: bytes) -> Iterator[bytes]:
    if data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield archive.read(name)
    elif data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:4] == b"%PDF":
        for part in data.split(b"stream")[1::2]:
            with suppress(zlib.error):
                yield zlib.decompressobj().decompress(part.strip(b"\r\n"))
    elif data[:4] == b"PAR1":
        with suppress(Exception):
            table = pq.read_table(io.BytesIO(data))
            yield repr([table.to_pylist(), table.schema.metadata]).encode()
            yield "\n".join(str(row) for row in table.to_pylist()).encode()
