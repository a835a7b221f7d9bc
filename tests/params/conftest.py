from __future__ import annotations

import pytest

MINIMAL = "as_of: 2011-11-30\nsources: [{use: demo}]\n"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder with `params/` in it, which is the working folder."""
    (tmp_path / "params").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(home):
    """Writes `params/x.yaml` (or another name)."""

    def to(text, name="x.yaml"):
        path = home / "params" / name
        path.write_text(text, encoding="utf-8")
        return path

    return to
