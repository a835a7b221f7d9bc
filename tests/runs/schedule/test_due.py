from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.cron import schedule_of
from cpm_core.runs.schedule.due import Policy, age_of, due, one

MONTHLY = schedule_of("0 6 1 * *", "UTC")
NOW = datetime(2026, 4, 10, tzinfo=UTC)


def months(ticks):
    return [tick.at.month for tick in ticks]


@pytest.mark.parametrize(
    ("policy", "run", "skipped"),
    [
        (Policy("all"), [2, 3, 4], []),
        (Policy("latest"), [4], [2, 3]),
        (Policy("skip"), [], [2, 3, 4]),
        (Policy("all", timedelta(days=45)), [3, 4], [2]),
        (Policy("latest", timedelta(days=5)), [], [2, 3, 4]),
        (Policy("skip", timedelta(days=10)), [4], [2, 3]),
    ],
    ids=str,
)
def test_what_was_missed_since_the_last_tick_is_made_up_by_policy(policy, run, skipped):
    # January's was done; February's, March's and April's were not.
    found = due(MONTHLY, datetime(2026, 1, 1, 6, tzinfo=UTC), NOW, policy)
    assert (months(found.run), months(found.skipped)) == (run, skipped)


@pytest.mark.parametrize("missed", ["skip", "latest", "all"])
def test_in_time_each_policy_runs_the_tick_and_then_no_more(missed):
    tick = datetime(2026, 2, 1, 6, tzinfo=UTC)
    before = datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert due(MONTHLY, before, tick - timedelta(seconds=1), Policy(missed)).run == ()
    assert months(due(MONTHLY, before, tick, Policy(missed)).run) == [2]
    assert months(due(MONTHLY, before, tick + timedelta(minutes=59), Policy(missed)).run) == [2]
    assert due(MONTHLY, tick, tick + timedelta(minutes=15), Policy(missed)).run == ()


@pytest.mark.parametrize(("missed", "run"), [("skip", []), ("latest", [4]), ("all", [4])])
def test_a_schedule_begins_with_its_latest_tick(missed, run):
    assert months(due(MONTHLY, None, NOW, Policy(missed)).run) == run


def test_a_scheduler_that_names_a_tick_gets_it_though_it_is_done_and_its_own_time_is_a_little_later():
    found = one(MONTHLY, datetime(2026, 3, 1, 6, 30, tzinfo=UTC), NOW, Policy("latest"))
    assert months(found.run) == [3]
    assert months(one(MONTHLY, datetime(2026, 3, 1, 6, tzinfo=UTC), NOW, Policy("skip")).skipped) == [3]


def test_lengths_of_time():
    assert [age_of(words) for words in ("90m", "36h", "7d")] == [
        timedelta(minutes=90),
        timedelta(hours=36),
        timedelta(days=7),
    ]
    for words in ("", "7", "1w", "0d", "-1h"):
        with pytest.raises(UsageError, match="is no length of time"):
            age_of(words)
