from __future__ import annotations

import contextlib
import json

import nbformat
import pytest

from cpm_core.cli import main
from cpm_core.model.errors import UsageError
from cpm_core.runs import batch
from cpm_core.runs import execute as executing
from cpm_core.runs.verify import verified, verify_runs
from tests.runs.projects import ORDERS, Project

OLD, NEW = "2024-02-29-00000000", "2024-03-31-11111111"


@pytest.fixture
def out(tmp_path, published, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "reports" / "shop"
    for name in (OLD, NEW):
        published(report, name)
    (report / "latest").symlink_to(f"runs/{NEW}")
    (report / "latest.json").write_text(f'{{"run": "{NEW}"}}', encoding="utf-8")
    return tmp_path / "reports"


def test_whole_runs_are_told_and_only_the_last_one_is_looked_at(out, capsys):
    assert verify_runs(out, []) == 0
    assert capsys.readouterr().out == f"ok        reports/shop/runs/{NEW} (1 files)\n"
    assert main(["runs", "verify", "--all"]) == 0
    assert capsys.readouterr().out.count("ok   ") == 2
    assert verify_runs(out, [f"shop/{OLD}"]) == 0
    assert capsys.readouterr().out == f"ok        reports/shop/runs/{OLD} (1 files)\n"


def test_each_file_that_is_not_as_it_was_is_named(out, capsys):
    run = out / "shop" / "runs" / NEW
    (run / "report.html").write_text("changed by hand", encoding="utf-8")
    (run / "sub").mkdir()
    (run / "sub" / "notes.txt").touch()
    record = json.loads((run / "run.json").read_text())
    record["files"]["facts.parquet"] = {"bytes": 1, "sha256": "0"}
    (run / "run.json").write_text(json.dumps(record))
    assert main(["runs", "verify", "shop"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"wrong     reports/shop/runs/{NEW} (2 files)",
        "  missing    facts.parquet",
        "  changed    report.html",
        "  additional sub/notes.txt",
    ]
    assert main(["runs", "verify", "shop", "--json"]) == 1
    (told,) = json.loads(capsys.readouterr().out)["runs"]
    assert (told["changed"], told["fine"]) == (["report.html"], False)


def test_a_record_that_is_none_or_another_run_s_is_wrong(out):
    run = out / "shop" / "runs" / NEW
    moved = run.rename(run.with_name(f"{NEW}-2"))
    assert verified(moved).wrong == [f"run.json is that of run {NEW}"]
    (moved / "run.json").write_text("[]", encoding="utf-8")
    assert verified(moved).wrong == ["run.json is missing or cannot be read"]


def test_what_leads_nowhere_is_wrong(out, capsys):
    (out / "shop" / "latest.json").write_text(f'{{"run": "{OLD}"}}', encoding="utf-8")
    assert verify_runs(out, []) == 1
    assert "latest.json does not name the run of latest" in capsys.readouterr().out
    (out / "shop" / "latest").unlink()
    (out / "shop" / "latest.json").unlink()
    assert verify_runs(out, []) == 1
    assert "reports/shop: no run is the last one" in capsys.readouterr().out


def test_what_is_not_there_is_named(out):
    with pytest.raises(UsageError, match=r"there is no report 'shpo' \(nearest: shop\)"):
        verify_runs(out, ["shpo"])


def saved(notebook, output, parameters, **named):
    node = nbformat.read(notebook, as_version=4)
    nbformat.write(node, output)
    return node


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project with one published report."""
    project = Project(tmp_path_factory.mktemp("verify") / "shop")
    before = pytest.MonkeyPatch()
    before.chdir(project.home)
    # Its figures are looked at, not its page: the notebook is saved without being run.
    before.setattr(executing, "execute", saved)
    before.setattr(batch, "fork_server", contextlib.nullcontext)
    assert main(["run", "tiny", "--out", str(project.out), "-p", "history", "3"]) == 0
    yield project
    before.undo()


@pytest.fixture
def shop(made):
    yield made
    made.orders(ORDERS)
    made.params("tiny")


def again(shop, capsys):
    capsys.readouterr()
    code = main(["runs", "verify", "tiny", "--rerun", "--out", str(shop.out)])
    out, err = capsys.readouterr()
    assert err == ""
    return code, out.splitlines()[1:]


def test_the_same_figures_come_out_again(shop, capsys):
    code, lines = again(shop, capsys)
    # By hand: revenue and orders of three months.
    assert (code, lines) == (0, ["  same figures: 6 computed again"])
    assert main(["runs", "verify", "--out", str(shop.out)]) == 0


def test_a_late_return_is_told_with_its_month_both_values_and_where_it_comes_from(shop, capsys):
    shop.orders(ORDERS + "6,b,2024-02-20,-0.75,return\n")
    code, lines = again(shop, capsys)
    assert code == 1
    # 20.50 - 0.75 = 19.75; a return is no order.
    assert lines == [
        "  other figures: 1 of 6",
        "    revenue 2024-02: 20.5 -> 19.75 (other data)",
        "  changed since: data, params/../data/orders.csv",
    ]


def test_figures_that_are_no_more_and_params_that_changed_are_told(shop, capsys):
    path = shop.home / "params" / "tiny.yaml"
    path.write_text(path.read_text().replace("kpis: [revenue, orders]", "kpis: [revenue]"), encoding="utf-8")
    code, lines = again(shop, capsys)
    assert code == 1
    assert lines == [
        "  other figures: 3 of 6",
        "    orders 2024-01: 1 -> no figure (other params)",
        "    orders 2024-02: 1 -> no figure (other params)",
        "    orders 2024-03: 2 -> no figure (other params)",
        "  changed since: params, kpis",
    ]


def test_another_definition_is_told(shop, capsys):
    run = shop.out / "tiny" / "runs" / shop.latest()
    import pandas as pd

    facts = pd.read_parquet(run / "facts.parquet")
    whole = (run / "facts.parquet").read_bytes()
    of_orders = facts["kpi"] == "orders"
    changed = facts.assign(
        definition=facts["definition"].where(~of_orders, "old"), value=facts["value"] + of_orders.astype(float)
    )
    changed.to_parquet(run / "facts.parquet", index=False)
    try:
        code, lines = again(shop, capsys)
    finally:
        (run / "facts.parquet").write_bytes(whole)
    assert code == 1
    assert "    orders 2024-01: 2 -> 1 (another definition)" in lines
    assert lines[-1] == "  changed since: definition of orders"


def test_what_cannot_be_computed_again_is_told(shop, capsys):
    (shop.home / "params" / "tiny.yaml").unlink()
    code, lines = again(shop, capsys)
    assert code == 1
    assert lines[0] == "  the figures cannot be computed again:"
    assert "there is no params file params/tiny.yaml" in lines[1]
