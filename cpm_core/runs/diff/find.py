"""Which run is meant: a folder, an id, `REPORT@latest`, `REPORT@previous`, `REPORT@ID`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cpm_core.model.errors import RunError, UsageError
from cpm_core.model.names import nearest
from cpm_core.runs.catalogue import Entry, entries
from cpm_core.runs.record import read_record

if TYPE_CHECKING:
    import pandas as pd

LATEST, PREVIOUS = "latest", "previous"


@dataclass(frozen=True)
class Found:
    """A published run on disk."""

    folder: Path
    record: dict[str, Any]

    @property
    def id(self) -> str:
        """As the folder of runs names it."""
        return str(self.record.get("run", self.folder.name))

    @property
    def report(self) -> str:
        """The workbook, and the member of a grid."""
        return "/".join(filter(None, (str(self.record.get("workbook", "")), str(self.record.get("member", "")))))

    @cached_property
    def facts(self) -> pd.DataFrame:
        """One row a figure."""
        return self.table("facts")

    def table(self, name: str) -> pd.DataFrame:
        """A table of the run: `facts`, `customers` or `rejects`.

        Raises:
            RunError: It is not there, or cannot be read.
        """
        import pandas as pd

        path = self.folder / f"{name}.parquet"
        try:
            return pd.read_parquet(path)
        except (OSError, ValueError) as error:
            fix = "See what is wrong with the run: `cpm runs verify`."
            raise RunError(f"{name}.parquet cannot be read: {error}", where=str(path), fix=fix) from None


def open_run(folder: str | Path) -> Found:
    """The run in a folder, or behind `latest`.

    Raises:
        UsageError: There is none.
    """
    # `latest` may move at any time: it is followed once.
    path = Path(folder).resolve()
    record = read_record(path)
    if record is None:
        raise UsageError(f"there is no run in {folder}", fix="Name the folder that holds run.json, or `REPORT@latest`.")
    return Found(path, record)


def find_run(words: str, out: Path) -> Found:
    """The run that is meant by words.

    Raises:
        UsageError: There is none, or there are several; the nearest are named.
    """
    if (Path(words) / "run.json").is_file():
        return open_run(words)
    report, sign, which = words.rpartition("@")
    if sign:
        return open_run(_of_report(report, which, out).folder)
    return open_run(_by_id(words, out).folder)


def find_pair(words: Sequence[str], out: Path) -> tuple[Found, Found]:
    """The runs before and after: two that are named, or of a report that of the period before, and the latest.

    Raises:
        UsageError: They are not there.
    """
    if len(words) == 2:
        return find_run(words[0], out), find_run(words[1], out)
    if len(words) > 2:
        fix = "Write `cpm runs diff BEFORE AFTER`, or name one report."
        raise UsageError(f"two runs are compared, not {len(words)}", fix=fix)
    report = words[0] if words else _only_report(out)
    return find_run(f"{report}@{PREVIOUS}", out), find_run(f"{report}@{LATEST}", out)


def _of_report(report: str, which: str, out: Path) -> Entry:
    runs = [one for one in _entries(out) if one.report == report]
    if not runs:
        names = sorted({one.report for one in _entries(out)})
        close = nearest(report, names) or tuple(names[:3])
        raise UsageError(f"there is no report {report!r}", where=f"--out {out}", nearest=close, fix=_LIST)
    latest = next((one for one in runs if one.latest), runs[0])
    if which == LATEST:
        return latest
    if which == PREVIOUS:
        before = _previous(runs, latest)
        if before is None:
            what = f"report {report!r} has no run of an earlier period, nor of an earlier day, than {latest.id}"
            raise UsageError(what, where=f"--out {out}", fix="Name two runs, if there are: `cpm runs list` shows them.")
        return before
    return _one([one for one in runs if one.id.startswith(which)], f"{report}@{which}", runs, out)


def _previous(runs: Sequence[Entry], latest: Entry) -> Entry | None:
    """The run of the period before the latest, by the as-of days; where there is none, the one before it of its period.

    Of one day it is the last that was made before the latest, as readers have seen it: a backfill may have made that
    day again since. Where none was, it is the last.
    """
    earlier = [one for one in runs if one.as_of < latest.as_of]
    of_another = [one for one in earlier if (one.period or one.as_of) != (latest.period or latest.as_of)]
    same_day = [one for one in runs if one.as_of == latest.as_of and one.finished < latest.finished]
    return max(
        of_another or earlier or same_day,
        key=lambda one: (one.as_of, one.finished < latest.finished, one.finished),
        default=None,
    )


def _by_id(words: str, out: Path) -> Entry:
    found = _entries(out)
    of_report = [one for one in found if one.report == words]
    if of_report:
        return _of_report(words, LATEST, out)
    return _one([one for one in found if one.id.startswith(words)], words, found, out)


def _one(found: Sequence[Entry], words: str, known: Sequence[Entry], out: Path) -> Entry:
    exact = [one for one in found if one.id == words.rpartition("@")[2]]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if found:
        names = tuple(f"{one.report}@{one.id}" for one in found[:5])
        raise UsageError(f"{words!r} may be any of several runs", where=f"--out {out}", nearest=names, fix="Name one.")
    names = tuple(dict.fromkeys([*(one.report for one in known), *(one.id for one in known)]))
    raise UsageError(f"there is no run {words!r}", where=f"--out {out}", nearest=nearest(words, names), fix=_LIST)


def _only_report(out: Path) -> str:
    names = sorted({one.report for one in _entries(out)})
    if len(names) == 1:
        return names[0]
    what = f"there are {len(names)} reports" if names else "there is no report"
    raise UsageError(what, where=f"--out {out}", nearest=names[:5], fix="Name one, or two runs.")


def _entries(out: Path) -> list[Entry]:
    if not out.is_dir():
        raise UsageError(f"there is no folder {out}", where="--out", fix="Make a report first: `cpm run PARAMS`.")
    return entries(out)


_LIST = "`cpm runs list` shows them."
