"""Lines the size of a word."""

from cpm_core.report.sparkline import Point, runs, sparkline

NAN = float("nan")


def points(*pairs, complete=True):
    return [Point(index, value, NAN, NAN, complete, few=False) for index, value in pairs]


def test_a_gap_stays_a_gap():
    assert [[one.index for one in run] for run in runs(points((0, 1), (1, 2), (3, 1), (4, 5)))] == [[0, 1], [3, 4]]


def test_the_as_of_period_is_a_full_dot_and_an_incomplete_one_hollow():
    svg = sparkline(points((0, 1), (1, 2)), 2, "x")
    assert svg.count("<circle") == 1
    assert 'fill="#fff"' not in svg
    assert 'fill="#fff"' in sparkline(points((0, 1), (1, 2), complete=False), 2, "x")


def test_no_dot_where_the_as_of_period_has_no_figure():
    assert "<circle" not in sparkline(points((0, 1), (1, 2)), 3, "x")


def test_lowest_at_the_bottom_highest_at_the_top():
    svg = sparkline(points((0, 10), (1, 20)), 2, "x")
    assert 'd="M4.0 30.0L128.0 4.0"' in svg


def test_a_target_far_away_does_not_flatten_the_line():
    assert "stroke-dasharray" in sparkline(points((0, 10), (1, 20)), 2, "x", target=25)
    assert "stroke-dasharray" not in sparkline(points((0, 10), (1, 20)), 2, "x", target=1000)


def test_a_flat_line_is_in_the_middle():
    assert 'd="M4.0 17.0L128.0 17.0"' in sparkline(points((0, 5), (1, 5)), 2, "x")


def test_nothing_to_draw():
    assert not sparkline([], 24, "x")
