"""Write environment.yml from requirements.lock: Python, pip and make from conda-forge, all else under `pip:`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
ENVIRONMENT = ROOT / "environment.yml"

HEAD = """\
# Written by `make lock` from requirements.lock; do not edit.
#   conda env create -f environment.yml && conda activate cpm
#   pip install --no-deps --no-build-isolation -e .
name: cpm
channels:
  - conda-forge
dependencies:
  - python>=3.11,<3.14
  - pip
  - make
  - pip:
"""


def pins(lock: str) -> list[str]:
    """The lock's requirements as `name==version` with their markers, hashes left out, in the lock's order."""
    joined = lock.replace("\\\n", " ")
    lines = (line.split(" --hash=")[0].strip() for line in joined.splitlines())
    return [" ".join(line.split()) for line in lines if line and not line.startswith("#")]


def environment(lock: str) -> str:
    """The text of environment.yml for a lock file's text."""
    return HEAD + "".join(f'      - "{pin}"\n' for pin in pins(lock))


def main() -> None:
    """Write environment.yml."""
    ENVIRONMENT.write_text(environment(LOCK.read_text()))


if __name__ == "__main__":
    main()
