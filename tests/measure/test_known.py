"""What is known of KPIs, written and read back."""

from cpm_core.measure import known
from cpm_core.measure.known import Known
from cpm_core.model.text import Text

REVENUE = Known("0123456789ab", ("orders",), None, ("costs",))
CSAT = Known("ba9876543210", (), Text(en="no table surveys", zh="没有 surveys 表"), ())


def test_what_is_written_is_read_back_by_the_same_workbook_alone(tmp_path):
    known.save(tmp_path, "mine", {"revenue": REVENUE, "csat": CSAT})
    assert known.load(tmp_path, "mine") == {"revenue": REVENUE, "csat": CSAT}
    assert known.load(tmp_path, "another") == {}


def test_nothing_is_known_of_a_folder_without_a_file_or_with_a_broken_one(tmp_path):
    assert known.load(tmp_path, "mine") == {}
    (tmp_path / known.KNOWN).write_text("{", encoding="utf-8")
    assert known.load(tmp_path, "mine") == {}


def test_a_process_remembers_the_last_kpis_alone(monkeypatch):
    monkeypatch.setattr(known, "_remembered", type(known._remembered)())
    monkeypatch.setattr(known, "MOST", 1)
    known.remember(None, CSAT)
    assert known.recalled(None) is None, "what has no key is not kept"
    known.remember(("revenue", "month"), REVENUE)
    assert known.recalled(("revenue", "month")) == REVENUE
    known.remember(("csat", "month"), CSAT)
    assert (known.recalled(("revenue", "month")), known.recalled(("csat", "month"))) == (None, CSAT)
