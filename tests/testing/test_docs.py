"""The examples of docs/testing_plugins.md run as an author would run them."""

import re
import subprocess
import sys
from importlib.metadata import entry_points

from cpm_core import testing


def test_the_examples_run(repository, tmp_path):
    text = (repository / "docs" / "testing_plugins.md").read_text(encoding="utf-8")
    plugin, test, own = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "tests").mkdir()
    (tmp_path / "phone.py").write_text(plugin, encoding="utf-8")
    (tmp_path / "broken.py").write_text("raise RuntimeError('a neighbour is not even imported')\n", encoding="utf-8")
    (tmp_path / "tests" / "test_phone.py").write_text(test, encoding="utf-8")
    (tmp_path / "tests" / "test_own.py").write_text(own, encoding="utf-8")
    # Until the package is installed anew pytest does not know its plugin by itself.
    known = any(one.value == "cpm_core.testing.plugin" for one in entry_points(group="pytest11"))
    loaded = [] if known else ["-p", "cpm_core.testing.plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *loaded, "tests"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "21 passed" in done.stdout


def test_every_contract_is_told(repository):
    text = (repository / "docs" / "testing_plugins.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `(\w+Contract)` \|", text, re.MULTILINE))
    assert told == {name for name in testing.__all__ if name.endswith("Contract")}
