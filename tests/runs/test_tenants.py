"""Many tenants in one batch, some of them bad; members of a grid that share their tables; earlier periods filled in."""

from __future__ import annotations

import contextlib
import io
import shutil
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import psutil
import pytest

from cpm_core import cli
from cpm_core.runs.memory import MB
from cpm_core.runs.status import read_status
from tests.runs.fifty import REVENUE, Fifty, orders

COMMAND = "import sys\nfrom cpm_core.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
UNREADABLE = "order_id,customer_id,ordered_at,amount,kind\n1,c1,never,much,sale\n"


def tenants(shop, count, missing=(), broken=()):
    """A file of tenants; the orders of number `n` are those of the shop, `n` times over."""
    rows = ["member,sources.0.tables.orders.path"]
    for number in range(1, count + 1):
        rows.append(f"t{number:03},../data/t{number:03}.csv")
        path = shop.home / "data" / f"t{number:03}.csv"
        if number not in missing:
            path.write_text(UNREADABLE if number in broken else orders(number), encoding="utf-8")
    (shop.home / "tenants.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


def run(shop, *words):
    """`cpm run` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(shop.home), redirect_stdout(out), redirect_stderr(err):
        code = cli.main(["run", "fifty", *words])
    return SimpleNamespace(code=code, out=out.getvalue(), err=err.getvalue())


def revenues(shop):
    """The revenue of March by report, from the combined facts."""
    facts = pd.read_parquet(shop.out / "facts.parquet")
    total = facts[(facts.kpi == "revenue") & (facts.slice == "") & (facts.period == "2024-03")]
    return dict(zip(total.report, total.value, strict=True))


def expected(numbers):
    return {f"fifty/t{number:03}": number * REVENUE for number in numbers}


@pytest.fixture(scope="module")
def twelve(tmp_path_factory):
    """Twelve tenants, the fifth without its file, made once."""
    shop = Fifty(tmp_path_factory.mktemp("tenants") / "shop")
    tenants(shop, 12, missing={5})
    return shop, run(shop, "--grid-from", "tenants.csv", "--jobs", "2")


def test_one_bad_tenant_of_twelve_stops_no_other(twelve):
    shop, made = twelve
    assert made.code == 3
    assert made.out.count("published reports/fifty/t") == 11
    assert "there is no file data/t005.csv" in made.err
    assert "11 published, 1 failed: fifty/t005\n" in made.err
    states = {number: read_status(shop.out / "fifty" / f"t{number:03}").state for number in range(1, 13)}
    assert states == {number: "failed" if number == 5 else "published" for number in range(1, 13)}


def test_the_facts_of_all_that_stand_are_one_table_and_one_page(twelve):
    shop, _ = twelve
    assert revenues(shop) == expected({*range(1, 13)} - {5})
    page = (shop.out / "index.html").read_text(encoding="utf-8")
    assert all(f"fifty/t{number:03}" in page for number in range(1, 13) if number != 5)


def test_no_more_is_left_behind_than_reports(twelve):
    shop, _ = twelve
    assert sorted(path.name for path in shop.out.iterdir()) == [".lock", "facts.parquet", "fifty", "index.html"]
    assert sorted(path.name for path in (shop.out / "fifty").iterdir()) == [f"t{n:03}" for n in range(1, 13)]


def test_only_what_failed_is_made_again(twelve, tmp_path):
    # In a copy: other tests look at what was made first.
    home = Path(shutil.copytree(twelve[0].home, tmp_path / "shop", symlinks=True))
    shop = SimpleNamespace(home=home, out=home / "reports")
    (shop.home / "data" / "t005.csv").write_text(orders(5), encoding="utf-8")
    again = run(shop, "--grid-from", "tenants.csv", "--failed-only")
    assert (again.code, again.out.count("published")) == (0, 1)
    assert "1 of 12 failed or were never made" in again.err
    assert revenues(shop) == expected(range(1, 13))
    nothing = run(shop, "--grid-from", "tenants.csv", "--failed-only")
    assert (nothing.code, nothing.out, nothing.err) == (0, "", "0 of 12 failed or were never made\n")


@pytest.fixture(scope="module")
def months(tmp_path_factory):
    """A shop whose February is made, and then January to February."""
    shop = Fifty(tmp_path_factory.mktemp("months") / "shop")
    one, both = ("--backfill", "2024-02"), ("--backfill", "2024-01..2024-02", "--jobs", "1")
    return shop, run(shop, *one), run(shop, *both)


def test_a_backfill_makes_what_is_missing_and_readers_go_on_to_see_the_newest(months):
    shop, first, both = months
    assert (first.code, both.code) == (0, 0)
    assert [line.split()[0] for line in both.out.splitlines()] == ["published", "unchanged"]
    assert [name[:10] for name in shop.runs("fifty")] == ["2024-01-31", "2024-02-29"]
    assert shop.latest("fifty")[:10] == "2024-02-29"
    assert "fifty 2024-01-31: measuring" in both.err


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.soak)])
def test_members_of_a_grid_share_their_tables(tmp_path, jobs):
    shop = Fifty(tmp_path / "shop")
    made = run(shop, "--grid", "region=North,South", "--jobs", jobs)
    assert made.code == 0
    # Customers with odd numbers are of the North: 1 + 3 + … + 49 = 625, and 2 + 4 + … + 50 = 650.
    assert revenues(shop) == {"fifty/region=North": 625.0, "fifty/region=South": 650.0}
    assert made.err.count(": conforming orders") == 1
    assert [path.name for path in shop.out.glob(".work-*")] == []


@pytest.mark.soak
def test_197_of_200_tenants_are_published_within_the_memory_that_was_given(tmp_path):
    shop = Fifty(tmp_path / "shop")
    bad = {7, 77, 177}
    tenants(shop, 200, missing={7, 77}, broken={177})
    (shop.home / "cpm.py").write_text(COMMAND, encoding="utf-8")
    line = [sys.executable, "cpm.py", "run", "fifty", "--grid-from", "tenants.csv", "--jobs", "4", "--memory", "2GB"]
    code, peak, err = watched(line, shop.home)
    assert code == 3
    assert "197 published, 3 failed" in err
    assert peak <= 2_000 * MB
    for number in range(1, 201):
        status = read_status(shop.out / "fifty" / f"t{number:03}")
        assert status.state == ("failed" if number in bad else "published")
        assert bool(status.problems) is (number in bad)
    assert revenues(shop) == expected({*range(1, 201)} - bad)
    for number in bad:
        (shop.home / "data" / f"t{number:03}.csv").write_text(orders(number), encoding="utf-8")
    code, _, err = watched([*line, "--failed-only"], shop.home)
    assert code == 0
    assert "3 of 200 failed or were never made" in err
    assert revenues(shop) == expected(range(1, 201))


def watched(line, folder):
    """Exit code, the most memory of the process and all below it, and standard error."""
    peak = 0
    with (folder / "err.txt").open("w") as err, (folder / "out.txt").open("w") as out:
        running = subprocess.Popen(line, cwd=folder, stdout=out, stderr=err)
        while running.poll() is None:
            peak = max(peak, _taken(running.pid))
            time.sleep(0.2)
    return running.returncode, peak, (folder / "err.txt").read_text(encoding="utf-8")


def _taken(process):
    total = 0
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(process)
        for one in (top, *top.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += one.memory_info().rss
    return total
