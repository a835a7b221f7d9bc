"""The built-ins are plugins like any other: of the core they import `cpm_core.api` alone."""

import ast
from pathlib import Path

import pytest

import cpm_core

BUILTIN = Path(cpm_core.__file__).parent / "builtin"
FILES = sorted(BUILTIN.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """The modules that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import may lead anywhere"
            found |= {node.module} if node.module != "cpm_core" else {f"cpm_core.{one.name}" for one in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(BUILTIN).as_posix() for path in FILES])
def test_a_built_in_imports_of_the_core_its_api_alone(path):
    ours = {name for name in imported(path) if name.split(".")[0] == "cpm_core"}
    assert {name for name in ours if not name.startswith("cpm_core.builtin.")} <= {"cpm_core.api"}


def test_there_are_built_ins_to_look_at():
    assert len(FILES) > 40
