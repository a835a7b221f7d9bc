"""The lock file, environment.yml and pyproject.toml say the same."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import environment

ROOT = Path(__file__).resolve().parent.parent
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ASKED = sorted(
    {*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"], *PROJECT["build-system"]["requires"]}
)


def locked() -> list[Requirement]:
    # Read here without the tool that writes environment.yml, so that the two check each other.
    return [Requirement(line.rstrip(" \\")) for line in LOCK.splitlines() if line and line[0].isalnum()]


def pip_section() -> list[str]:
    (section,) = [entry["pip"] for entry in CONDA["dependencies"] if isinstance(entry, dict)]
    return section


def test_conda_gives_python_pip_and_make_and_nothing_else():
    named = [re.split(r"[<>= ]", entry)[0] for entry in CONDA["dependencies"] if isinstance(entry, str)]
    assert CONDA["channels"] == ["conda-forge"]
    assert named == ["python", "pip", "make"]


def test_pip_section_equals_the_lock():
    assert [str(Requirement(line)) for line in pip_section()] == [str(requirement) for requirement in locked()]


def test_environment_yml_is_what_the_tool_writes():
    assert (ROOT / "environment.yml").read_text(encoding="utf-8") == environment.environment(LOCK), "run `make lock`"


def test_conda_python_is_one_that_the_package_allows():
    (python,) = [entry for entry in CONDA["dependencies"] if str(entry).startswith("python")]
    assert python.removeprefix("python").startswith(PROJECT["project"]["requires-python"])


@pytest.mark.parametrize("asked", [Requirement(line) for line in ASKED], ids=ASKED)
def test_lock_satisfies_pyproject(asked):
    pins = [pin for pin in locked() if canonicalize_name(pin.name) == canonicalize_name(asked.name)]
    assert pins, f"{asked.name} is not in requirements.lock: run `make lock`"
    for pin in pins:
        (version,) = [specifier.version for specifier in pin.specifier]
        assert asked.specifier.contains(version), f"{pin} does not satisfy {asked}: run `make lock`"


def test_every_pin_is_exact_and_hashed():
    blocks = re.split(r"\n(?=[a-z0-9])", LOCK.replace("\\\n", " "))[1:]
    assert len(blocks) == len(locked())
    assert all("--hash=sha256:" in block for block in blocks)
    assert all([specifier.operator for specifier in pin.specifier] == ["=="] for pin in locked())


@pytest.mark.parametrize("name", ["requirements.lock", "environment.yml", "pyproject.toml"])
def test_no_registry_address_is_written_down(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
