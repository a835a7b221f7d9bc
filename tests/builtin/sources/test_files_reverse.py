"""Surveys that were asked the other way round: `reverse` in the mapping of the source `files`."""

import pytest

import cpm_core as cpm
from cpm_core.model.errors import CpmError
from tests.books import fact

# On 1 to 7 with 1 as very easy, 1 is 7 and 5 is 3; on 1 to 5, 2 is 4 and so 1 + 6 * 3/4 = 5.5 of 7; 9 is no answer.
SURVEYS = """
id,customer,day,kind,effort,low,high
1,a,2024-03-01,ces,1,1,7
2,b,2024-03-02,ces,5,1,7
3,c,2024-03-03,ces,2,1,5
4,d,2024-03-04,ces,9,1,7
5,e,2024-03-05,ces,,1,7
6,a,2024-03-06,csat,5,1,5
7,b,2024-03-07,nps,9,0,10
"""
PARAMS = """
workbook: asked
as_of: 2024-03-31
history: 1
settings: {{min_n: 1}}
sources:
  - use: files
    tables:
      surveys:
        path: surveys.csv
        columns: {{response_id: id, customer_id: customer, responded_at: day{score}, scale_min: low, scale_max: high}}
        {reverse}
"""


def opened(folder, reverse, score=", score: effort"):
    (folder / "surveys.csv").write_text(SURVEYS.strip(), encoding="utf-8")
    params = folder / "asked.yaml"
    params.write_text(PARAMS.format(reverse=reverse, score=score), encoding="utf-8")
    return cpm.open(params)


def sums(book, kpi):
    found = fact(book.facts(), kpi, "2024-03")
    return found["numerator"], found["denominator"]


def test_some_kinds_are_turned(tmp_path):
    book = opened(tmp_path, "reverse: [ces]")
    assert sums(book, "ces") == (pytest.approx(7 + 3 + 5.5), 3)
    assert (sums(book, "csat"), sums(book, "nps")) == ((1, 1), (100, 1))
    rejects = book.rejects()
    # An answer outside its scale is told as it was delivered.
    assert rejects[["reason", "key", "value"]].to_numpy().tolist() == [["scale", "4", "9.0"]]
    book.close()


def test_all_kinds_are_turned(tmp_path):
    book = opened(tmp_path, "reverse: true")
    # CSAT 5 is 1, NPS 9 is 1.
    assert (sums(book, "csat"), sums(book, "nps")) == ((0, 1), (-100, 1))
    assert sums(book, "ces")[1] == 3
    book.close()


def test_nothing_is_turned_unless_said(tmp_path):
    book = opened(tmp_path, "")
    # 1, 5 and 2 on 1 to 5, that is 1 + 6 / 4.
    assert sums(book, "ces") == (pytest.approx(1 + 5 + 2.5), 3)
    book.close()


def test_what_cannot_be_turned_is_told(tmp_path):
    with pytest.raises(CpmError, match="the column 'score' is needed"):
        opened(tmp_path, "reverse: true", score="").prepare()


@pytest.mark.parametrize(("reverse", "words"), [("reverse: [effort]", "effort"), ("reverse: maybe", "maybe")])
def test_a_wrong_option_is_told_with_its_line(tmp_path, reverse, words):
    with pytest.raises(CpmError) as caught:
        opened(tmp_path, reverse)
    assert words in str(caught.value)
    assert "asked.yaml:12" in str(caught.value)


def test_other_tables_have_nothing_to_turn(tmp_path):
    params = tmp_path / "asked.yaml"
    text = PARAMS.format(reverse="reverse: true", score="").replace("surveys:", "tickets:")
    params.write_text(text, encoding="utf-8")
    with pytest.raises(CpmError, match="reverse turns the scores of surveys; tickets has none"):
        cpm.open(params)
