"""Lists of files that do not change while somebody compiles modules beside them."""

from pathlib import Path

from cpm_core.model import listing
from cpm_core.model.listing import files_below


def test_compiled_modules_are_left_out(tmp_path):
    (tmp_path / "room" / "__pycache__").mkdir(parents=True)
    (tmp_path / "room" / "a.py").touch()
    (tmp_path / "room" / "__pycache__" / "a.pyc").touch()
    assert files_below(tmp_path) == [tmp_path / "room" / "a.py"]
    assert files_below(tmp_path, "*.txt") == []


def test_a_list_with_a_gap_is_not_believed(tmp_path, monkeypatch):
    """The first look misses a file, as may happen while the folder is written to."""
    for name in "ab":
        (tmp_path / f"{name}.py").touch()
    looks = iter([[tmp_path / "a.py"], *[sorted(tmp_path.iterdir())] * 2])
    monkeypatch.setattr(listing, "_listed", lambda folder, pattern: next(looks))
    assert [path.name for path in files_below(Path(tmp_path))] == ["a.py", "b.py"]
