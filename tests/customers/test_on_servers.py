"""The plan and the page of one customer are the same on servers; conditions, masks and times run there."""

import pandas as pd
import pytest

from tests.books import book
from tests.customers.test_one import TABLES

PLAN = {
    "control_share": "0.2",
    "actions": [
        {
            "id": "visit",
            "title": {"en": "Visit", "zh": "拜访"},
            "cost": "1",
            "saves": "0.5",
            "when": {"trailing_revenue": {"at_least": "10"}, "region": {"is": ["West"]}},
        }
    ],
}


def told(**engine):
    made = book(TABLES, as_of="2024-06-30", plan=PLAN, **engine)
    try:
        one = made.customer("a")
        return made.plan().frame, one.timeline, one.standing
    finally:
        made.close()


def equal(here, there):
    for one, other in zip(here, there, strict=True):
        pd.testing.assert_frame_equal(one, other)


@pytest.mark.soak
def test_on_postgres(postgres_url):
    equal(told(), told(engine={"backend": "postgres", "url": postgres_url}))


@pytest.mark.soak
def test_on_spark(spark):
    equal(told(), told(engine=spark))
