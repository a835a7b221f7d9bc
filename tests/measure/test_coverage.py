"""Intervals hold the truth as often as they say, and docs/intervals.md tells what was found."""

import pytest

from benchmarks import coverage


@pytest.fixture(scope="module")
def page(repository):
    return (repository / "docs" / "intervals.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", coverage.CASES, ids=lambda case: case.what)
def test_the_truth_is_held(case, page):
    share = case.coverage()
    assert case.hard or 0.93 <= share <= 0.97
    assert f"| {case.what} | {100 * share:.1f} % |" in page


def test_two_answers_of_a_customer_correlate_by_one_half():
    # The design of the clustered samples, by the variance of customers' sums: of three answers with variance v and
    # correlation r it is 3 v + 6 r v, so that r = (V / v - 3) / 6.
    made = next(case for case in coverage.CASES if case.what.startswith("Ratio") and "customers" in case.what)
    parts = made.draw(coverage.np.random.default_rng(1))
    share = parts["num"].sum() / parts["n"].sum()
    of_customers = parts["cnn"].sum() / parts["clusters"].sum() - (3 * share) ** 2
    assert (of_customers / (share * (1 - share)) - 3) / 6 == pytest.approx(0.5, abs=0.01)


def test_the_hard_amounts_are_as_hard_as_the_page_says():
    # exp(1.1 z) at the 99th percentile of the normal distribution, z = 2.3263: exp(2.559) = 12.9 times the median.
    amounts = coverage.np.random.default_rng(2).lognormal(0, 1.1, 100_000)
    assert coverage.np.quantile(amounts, 0.99) == pytest.approx(12.9, rel=0.05)
