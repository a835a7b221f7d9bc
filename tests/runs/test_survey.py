from __future__ import annotations

import contextlib

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs import batch
from cpm_core.runs.batch import run_reports
from cpm_core.runs.expand import Wanted, expand
from cpm_core.runs.survey import needs_data, survey
from tests.runs.fifty import Fifty


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """The shop of fifty customers, who buy from January to March 2024; it is the working folder."""
    made = Fifty(tmp_path / "shop")
    monkeypatch.chdir(made.home)
    return made


def surveyed(shop, *paths, **wanted):
    """The reports that are left with their days, and the problems of the others."""
    said = Wanted(**wanted)
    shared = shop.home / "tables"
    left, unfit = survey(expand(paths or ["fifty"], (), said), shop.out, said, shared, lambda *_: None)
    return [(one.request.member, str(one.params.as_of)) for one in left], unfit


def refused(shop, **wanted):
    with pytest.raises(UsageError) as caught:
        surveyed(shop, **wanted)
    return caught.value.problems


def test_a_misspelt_member_or_column_is_wrong_usage_and_leaves_no_folder(shop, monkeypatch, capsys):
    monkeypatch.setattr(batch, "fork_server", contextlib.nullcontext)
    assert run_reports(["fifty"], [], shop.out, wanted=Wanted(grid=("region=Nroth,South",))) == 2
    told = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert "only: no row of customers has the region 'Nroth'" in told
    assert "where: --grid region=Nroth nearest: North" in told
    assert list(shop.out.iterdir()) == []
    (problem,) = refused(shop, grid=("regoin=North,South",))
    assert problem.nearest == ("region",)


def test_a_member_that_had_a_report_fails_by_itself_when_it_is_gone(shop, published):
    published(shop.out / "fifty" / "region=East", "2024-02-29-aaaaaaaa")
    grid = {"grid": ("region=East,North",)}
    assert surveyed(shop, **grid) == ([("region=East", "2024-03-31"), ("region=North", "2024-03-31")], [])
    (problem,) = refused(shop, grid=("region=East,Nroth",))
    assert problem.where == "--grid region=Nroth"


def test_many_members_are_found_by_one_reading(shop):
    (shop.home / "rows.csv").write_text(
        "member,only.customers.customer_id\n" + "".join(f"m{n},c{n}\n" for n in range(1, 53)), encoding="utf-8"
    )
    problems = refused(shop, grid_from=shop.home / "rows.csv")
    # There are customers 1 to 50; the file's first line names keys.
    assert [one.where for one in problems] == ["rows.csv:52", "rows.csv:53"]
    assert len(list((shop.home / "tables").glob("*/prepared.json"))) == 1


@pytest.mark.parametrize(
    ("said", "days", "words", "fix"),
    [
        ("2024-01..2024-02", ["2024-01-31", "2024-02-29"], "", ""),
        (
            "2023-11..2024-01",
            ["2024-01-31"],
            "2023-11 and 2023-12 lie before the data, which begin on 2024-01-01",
            "The first period that has data is 2024-01.",
        ),
        (
            "2024-03..2024-04",
            ["2024-03-31"],
            "2024-04 lies after the data, which end on 2024-03-01",
            "The last period that has data is 2024-03.",
        ),
    ],
)
def test_periods_without_data_are_left_out_and_told_once(shop, said, days, words, fix):
    left, unfit = surveyed(shop, backfill=said)
    assert [day for _, day in left] == days
    assert [(one.what, one.where, one.fix) for one in unfit] == ([(words, f"--backfill {said}", fix)] if words else [])


def test_a_backfill_of_nothing_but_such_periods_is_wrong_usage(shop):
    grid = ("region=North,South",)
    (problem,) = refused(shop, backfill="2023-01..2023-12", grid=grid)
    assert problem.what == "2023-01 to 2023-12 (12 periods) lie before the data, which begin on 2024-01-01"
    (problem,) = refused(shop, backfill="2024-04", grid=grid)
    assert problem.what == "2024-04 lies after the data, which end on 2024-03-01"
    (problem,) = refused(shop, backfill="9998-12")
    assert problem.what == "9998-12 is not over yet"
    # Asked for together with --failed-only it is what is left of a range whose other reports are there.
    left, (problem,) = surveyed(shop, backfill="2024-04", failed_only=True)
    assert left == []


def test_a_period_in_a_gap_has_data_before_and_after_it(shop):
    orders = (shop.home / "data" / "orders.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    shop.orders("".join(line for line in orders if not line.startswith("2024-02")))
    assert surveyed(shop, backfill="2024-02") == ([("", "2024-02-29")], [])


def test_data_that_cannot_be_read_are_each_report_s_own_failure(shop):
    (shop.home / "data" / "orders.csv").unlink()
    days = [("region=Nroth", "2024-01-31"), ("region=Nroth", "2024-02-29")]
    assert surveyed(shop, backfill="2024-01..2024-02", grid=("region=Nroth",)) == (days, [])


def test_data_are_read_for_it_only_where_they_can_tell(shop, published):
    asked = expand(["fifty"], (), Wanted(grid=("locale=en,zh",)))
    assert not needs_data(asked, shop.out, Wanted())
    assert needs_data(asked, shop.out, Wanted(backfill="2024-01"))
    member = expand(["fifty"], (), Wanted(grid=("region=North",)))
    assert needs_data(member, shop.out, Wanted())
    published(shop.out / "fifty" / "region=North", "2024-02-29-aaaaaaaa")
    assert not needs_data(member, shop.out, Wanted())
