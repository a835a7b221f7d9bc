import shlex
from pathlib import Path

import pytest
import yaml

from cpm_core.checks.scaffold.hints import next_steps


def run_line(kind, tmp_path, text, monkeypatch):
    """The words after `cpm run` that a project with this params file is told."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params").mkdir()
    (tmp_path / "params" / "shop.yaml").write_text(text, encoding="utf-8")
    check, test, run = next_steps(kind, "mine", tmp_path / "plugins")
    assert check == "cpm plugins check plugins/mine.py"
    assert test == "python -m pytest plugins/tests/test_mine.py"
    words = shlex.split(run)
    assert words[:3] == ["cpm", "run", "params/shop.yaml"]
    assert words[3::2] == ["-y"] * len(words[4::2])
    return {key: value for one in words[4::2] for key, value in yaml.safe_load(one).items()}


@pytest.mark.parametrize(
    ("kind", "text", "keys"),
    [
        ("kpi", "as_of: 2024-01-31", {}),
        ("kpi", "kpis: [revenue]", {"kpis": ["revenue", "mine"]}),
        ("table", "kpis: [revenue]", {"kpis": ["revenue", "mine_days"]}),
        ("section", "as_of: 2024-01-31", {}),
        ("check", "as_of: 2024-01-31", {}),
        ("profile", "as_of: 2024-01-31", {}),
        ("tier", "tiers: {rule: rfm}", {"tiers": {"rule": "mine"}}),
        ("lifecycle", "", {"lifecycle": {"rule": "mine"}}),
        ("action", "as_of: 2024-01-31", {"plan": {"use": ["mine"], "budget": 100}}),
        ("action", "plan: {use: [call], budget: 5}", {"plan.use": ["call", "mine"]}),
        ("action", "plan: {budget: 5}", {"plan.use": ["mine"]}),
        ("publisher", "", {"publish": [{"use": "mine", "folder": "../outbox"}]}),
        (
            "source",
            "sources:\n  - use: files\n    tables: {orders: {path: ../my data.csv, columns: {amount: 'a: b'}}}",
            {
                "sources": [
                    {"use": "files", "tables": {"orders": {"path": "../my data.csv", "columns": {"amount": "a: b"}}}},
                    {"use": "mine", "path": "../plugins/tests/mine.csv"},
                ]
            },
        ),
    ],
)
def test_the_run_uses_what_was_written_beside_what_the_params_say(kind, text, keys, tmp_path, monkeypatch):
    assert run_line(kind, tmp_path, text, monkeypatch) == keys


def test_without_params_files_the_place_of_one_is_held(tmp_path):
    assert next_steps("kpi", "mine", tmp_path / "plugins")[2] == "cpm run PARAMS"


def test_params_that_cannot_be_read_are_left_to_the_run(tmp_path, monkeypatch):
    assert run_line("action", tmp_path, "a: [", monkeypatch) == {"plan": {"use": ["mine"], "budget": 100}}


def test_paths_are_as_the_working_folder_sees_them(tmp_path, monkeypatch):
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    assert next_steps("kpi", "mine", tmp_path / "plugins")[0] == f"cpm plugins check {Path('..', 'plugins', 'mine.py')}"
