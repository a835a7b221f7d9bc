"""Edited plugins in a live workbook: the new values, what is told, and nothing stale."""

import json
import os
from contextlib import contextmanager
from importlib.metadata import EntryPoint

import pytest
from jupyter_client.manager import run_kernel

import cpm_core as cpm
from cpm_core.hooks import discovery
from cpm_core.model.errors import PluginError
from tests.runs.projects import Project

KPI = '''"""Sales over a limit."""
from cpm_core.api import Total, hookimpl, kpi

from . import _limits
from .team.parts import FACTOR


@kpi(table="orders", at="ordered_at", unit="count", better="higher", title={"en": "Large", "zh": "大单"})
def large(orders):
    """Orders over the limit."""
    return Total(FACTOR * (orders.amount > _limits.LIMIT).ifelse(1, 0))


@hookimpl
def cpm_kpis():
    return [large]
'''
MARCH = "2024-03"


class Folder:
    """A project with plugins, written file by file."""

    def __init__(self, home):
        project = Project(home)
        self.path = project.params("shop")
        text = (home / "params" / "shop.yaml").read_text(encoding="utf-8")
        (home / "params" / "shop.yaml").write_text(text.replace("[revenue, orders]", "[large]"), encoding="utf-8")
        self.plugins = home / "plugins"
        self.write("kpis.py", KPI)
        self.write("_limits.py", "LIMIT = 30\n")
        self.write("team/__init__.py", '"""Parts."""\n')
        self.write("team/parts.py", "FACTOR = 1\n")

    def write(self, name, text):
        path = self.plugins / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        # All edits within one second of the clock of the files, as an editor and a test may be that quick.
        os.utime(path, (1_700_000_000, 1_700_000_000))


def value(book, kpi="large", period=MARCH):
    facts = book.facts()
    (found,) = facts[(facts["kpi"] == kpi) & (facts["period"] == period) & (facts["slice"] == "")]["value"]
    return found


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@contextmanager
def opened(folder, **keys):
    book = cpm.open(folder.path, **keys)
    try:
        yield book
    finally:
        book.close()


def test_an_edited_kpi_helper_and_submodule(folder):
    with opened(folder) as book:
        # In March there are sales of 30.25 and 40.00, and a return.
        assert value(book) == 2
        prepared, orders = book.prepare(), book.tables["orders"]
        assert str(book.reload_plugins()) == "The plugins are as they were."
        folder.write("_limits.py", "LIMIT = 35\n")
        told = book.reload_plugins()
        assert [(one.kind, one.id, one.how) for one in told.contributions] == [("KPI", "large", "changed")]
        assert not told.anew
        assert book.prepare() is prepared, "the data are not read again"
        assert value(book) == 1
        folder.write("team/parts.py", "FACTOR = 7\n")
        told = book.reload_plugins()
        assert [(one.name, one.how) for one in told.plugins] == [("team", "changed")]
        assert value(book) == 7
        assert "KPI large of kpis redefined" in str(told)
        assert orders.count().execute() == 5, "a table that was handed out goes on working"


def test_what_is_added_removed_broken_and_mended(folder):
    with opened(folder, locale="zh", strict=False) as book:
        assert value(book) == 2
        second = KPI.replace("large", "larger").replace('"Large"', '"Larger"')
        folder.write("more.py", second)
        told = book.reload_plugins()
        assert [(one.name, one.how) for one in told.plugins] == [("more", "added")]
        assert "新增 KPI larger（more）" in told._repr_html_()
        assert "larger" in book.registry.kpis
        folder.write("more.py", second.replace("return [", "return ("))
        told = book.reload_plugins()
        assert [(one.name, one.how) for one in told.plugins] == [("more", "quarantined")]
        assert [(one.id, one.how) for one in told.contributions] == [("larger", "removed")]
        assert f"{folder.plugins}" not in str(told)
        assert "plugins/more.py:16" in str(told), "files are told from the workbook's home"
        (folder.plugins / "more.py").unlink()
        assert "more" not in [one.name for one in book.reload_plugins().plugins]


def test_a_strict_workbook_keeps_what_it_has(folder):
    with opened(folder, strict=True) as book:
        folder.write("kpis.py", KPI.replace("return [", "return ("))
        with pytest.raises(PluginError, match="SyntaxError"):
            book.reload_plugins()
        assert value(book) == 2


def test_a_column_that_a_kpi_declares_is_read_anew(folder):
    with opened(folder) as book:
        assert value(book) == 2
        folder.write("kpis.py", KPI.replace('better="higher",', 'better="higher", columns={"parcels": "int64"},'))
        told = book.reload_plugins()
        assert told.anew
        assert "The data are read anew." in str(told)


SOURCE = '''"""Orders of a shop."""
import ibis

from cpm_core.api import Delivery, Source, Text, hookimpl

from ._limits import rows


def fetch(context):
    """What the shop has sold."""
    return {"orders": Delivery(ibis.memtable(rows()))}


@hookimpl
def cpm_sources():
    return [Source("shop", Text(en="Shop", zh="商店"), fetch)]
'''
ROWS = """LIMIT = 30
def rows():
    row = {"customer_id": "a", "ordered_at": "2024-03-01", "kind": "sale"}
    return [{**row, "order_id": str(n), "amount": "40"} for n in range(1)]
"""


def test_a_source_whose_helper_was_edited_is_read_anew(folder):
    folder.write("shop.py", SOURCE)
    folder.write("_limits.py", ROWS)
    with opened(folder, sources=[{"use": "shop"}]) as book:
        assert value(book) == 1
        folder.write("_limits.py", ROWS.replace("range(1)", "range(3)"))
        assert book.reload_plugins().anew
        assert value(book) == 3
        folder.write("_limits.py", ROWS.replace("range(1)", "range(3)").replace("= 30", "= 50"))
        assert not book.reload_plugins().anew
        assert value(book) == 0


def test_two_workbooks_of_two_homes_do_not_mix(tmp_path):
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    two.write("_limits.py", "LIMIT = 35\n")
    with opened(one) as first, opened(two) as second:
        assert (value(first), value(second)) == (2, 1)
        two.write("_limits.py", "LIMIT = 99\n")
        second.reload_plugins()
        assert (value(first), value(second)) == (2, 0)
        with opened(one) as third:
            assert third.registry.kpis["large"].item is not second.registry.kpis["large"].item


def test_a_workbook_that_is_opened_after_an_edit_has_the_new_code(folder):
    with opened(folder) as before:
        folder.write("_limits.py", "LIMIT = 35\n")
        with opened(folder) as after:
            assert before.identity() != after.identity(), "a module that plugins share counts too"
            assert (value(before), value(after)) == (2, 1)


def test_an_installed_plugin(folder, monkeypatch, tmp_path):
    packages = tmp_path / "site"
    (packages / "acme_kpis").mkdir(parents=True)
    (packages / "acme_kpis" / "__init__.py").write_text("from .made import cpm_kpis\n")
    made = KPI.replace("from . import _limits\nfrom .team.parts import FACTOR\n", "FACTOR, LIMIT = 1, 30\n")
    made = made.replace("_limits.", "").replace("large", "acme_large")
    (packages / "acme_kpis" / "made.py").write_text(made)
    monkeypatch.syspath_prepend(str(packages))
    points = [EntryPoint("acme", "acme_kpis", "cpm")]
    monkeypatch.setattr(discovery.importlib.metadata, "entry_points", lambda group: points)
    with opened(folder, plugins={"use": ["acme"]}, kpis=["acme_large"]) as book:
        assert value(book, "acme_large") == 2
        (packages / "acme_kpis" / "made.py").write_text(made.replace("1, 30", "1, 35"))
        told = book.reload_plugins()
        assert [(one.name, one.how) for one in told.plugins] == [("acme", "changed")]
        assert value(book, "acme_large") == 1


def test_in_a_real_kernel(folder, repository):
    """The loop of an author: edit, reload, look; the shell that shows what changed is IPython's."""
    said = []

    def run(code):
        said.clear()
        reply = client.execute_interactive(code, timeout=120, output_hook=said.append)
        assert reply["content"]["status"] == "ok", reply["content"]
        shown = [one["content"]["data"] for one in said if one["msg_type"] == "execute_result"]
        return shown[-1] if shown else {}

    look = (
        "import json; facts = book.facts()\n"
        "json.dumps(facts[(facts.kpi == 'large') & (facts.period == '2024-03')]['value'].tolist())"
    )
    with run_kernel(kernel_name="python3", cwd=str(repository)) as client:
        run(f"import cpm_core as cpm\nbook = cpm.open({folder.path!r})")
        assert json.loads(eval(run(look)["text/plain"])) == [2.0]
        folder.write("_limits.py", "LIMIT = 35\n")
        shown = run("book.reload_plugins()")
        assert shown["text/plain"] == "KPI large of kpis redefined"
        assert shown["text/html"] == '<ul class="cpm-reloaded"><li>KPI large of kpis redefined</li></ul>'
        assert json.loads(eval(run(look)["text/plain"])) == [1.0]
        folder.write("kpis.py", KPI.replace("orders.amount >", "orders.amount <"))
        run("book.reload_plugins()")
        assert json.loads(eval(run(look)["text/plain"])) == [2.0], "the return and 30.25"
