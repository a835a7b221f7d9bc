import pytest

from cpm_core.checks.proposing.shapes import Reading, shapes_of
from cpm_core.checks.proposing.sheets import look
from cpm_core.engine.duck import DuckEngine


@pytest.fixture
def shape(tmp_path):
    """The shape of a column that holds these values."""
    engines = []

    def of(*values):
        file = tmp_path / "some.csv"
        file.write_text("v\n" + "".join(f'"{value}"\n' for value in values), encoding="utf-8")
        engines.append(DuckEngine(tmp_path))
        (sheet,) = look(engines[-1], [str(file)])
        return dict(shapes_of(sheet))["v"]

    yield of
    for engine in engines:
        engine.close()


@pytest.mark.parametrize(
    ("values", "formats"),
    [
        (("2024-01-05", "2024-12-31"), ()),
        (("2024-01-05 10:00:01", "2024-12-31 23:59:59"), ()),
        (("2024-01-05T10:00:00Z",), ()),
        (("2024/1/5 8:05", "2024/12/31 23:59"), ()),
        (("05.01.2024", "31.12.2024"), ("%d.%m.%Y",)),
        (("05.01.24", "31.12.24"), ("%d.%m.%y",)),
        (("12/01/2010 8:26", "12/31/2010 18:26"), ("%m/%d/%Y %H:%M",)),
        (("1/5/2024 1:05 PM", "1/25/2024 11:05 AM"), ("%m/%d/%Y %I:%M %p",)),
        (("2024年3月4日", "2024年12月31日"), ("%Y年%m月%d日",)),
        (("20240304", "20241231"), ("%Y%m%d",)),
        (("31.12.2024", "30.12.2024", "05.01.2024 09:30"), ("%d.%m.%Y", "%d.%m.%Y %H:%M")),
    ],
)
def test_times(shape, values, formats):
    assert shape(*values).time == Reading(formats=formats)


@pytest.mark.parametrize("values", [("yes", "no"), ("12", "3.5"), ("R-1001", "R-1002"), ("王小明",)])
def test_what_is_no_time(shape, values):
    assert shape(*values).time is None


@pytest.mark.parametrize(
    ("values", "steps"),
    [
        (("1", "-2.50", "1e3"), 0),
        (("1.234,56", "12,5", "-3"), 2),
        (("1,234.56", "12.5"), 1),
        (("€ 12,50", "€ 1.000,00"), 3),
        (("$1,200.00", "-$3.50"), 2),
        (("12 EUR", "1 250 EUR"), 2),
    ],
)
def test_numbers(shape, values, steps):
    number = shape(*values).number
    assert number is not None
    assert len(number.steps) == steps


def test_thousands_that_may_be_decimals_are_doubted(shape):
    number = shape("1,234", "2,500").number
    assert number is not None
    assert number.other
    assert not shape("1,234", "2,50").number.other


def test_a_few_words_among_many_numbers_are_counted(shape):
    number = shape(*(["12.5"] * 39), "on request").number
    assert number == Reading(unread=1)
    assert shape("12.5", "on request").number is None
