"""`cpm new` on the files of this folder: what it proposes gives the same figures as the mapping by hand, unedited."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

import cpm_core as cpm
from cpm_core import cli

HERE = Path(__file__).parent
FIGURES = ["kpi", "period", "value", "numerator", "denominator", "n", "low", "high", "complete", "state"]


@pytest.fixture
def proposed(tmp_path, monkeypatch, capsys):
    """The params file that is proposed, and what was said with it."""
    shutil.copytree(HERE / "data", tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    files = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "data").iterdir())
    assert cli.main(["new", "proposed", *files]) == 0
    return tmp_path / "params" / "proposed.yaml", capsys.readouterr().out


def test_the_proposal_runs_unedited_and_gives_the_figures_of_the_mapping_by_hand(proposed):
    file, _ = proposed
    by_hand, by_itself = cpm.open(HERE / "params" / "own.yaml"), cpm.open(file)
    assert by_itself.settings.as_of == by_hand.settings.as_of
    assert by_itself.settings.timezone == "Europe/Berlin"
    assert by_itself.rejects().empty
    tables = [book.facts().query("slice == ''")[FIGURES].reset_index(drop=True) for book in (by_hand, by_itself)]
    pd.testing.assert_frame_equal(*tables)


def test_it_passes_the_check_and_says_where_it_is_unsure(proposed, capsys):
    file, said = proposed
    assert cli.main(["check", "proposed"]) == 0
    # 7 of sales but the margin (no costs), 12 of customers, 5 of satisfaction, 11 of service but 3 (no promises, no
    # reopenings), none of what has no table: 6 + 12 + 5 + 8.
    assert "31" in capsys.readouterr().out
    lines = file.read_text(encoding="utf-8").splitlines()
    unsure = [number for number, line in enumerate(lines, 1) if "  # ? " in line]
    assert len(unsure) <= 5
    for number in unsure:
        assert f"params/proposed.yaml:{number}  " in said


def test_the_report_is_in_the_language_of_the_files(proposed):
    file, said = proposed
    assert cpm.open(file).locale == "zh"
    assert "已生成" in said
