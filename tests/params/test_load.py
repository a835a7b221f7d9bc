from __future__ import annotations

import base64
import datetime as dt
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from cpm_core.model.errors import ParamsError, UsageError
from cpm_core.model.settings import Settings
from cpm_core.model.text import Text
from cpm_core.params.declared import declarations
from cpm_core.params.load import load
from cpm_core.params.overrides import Override, from_command_line, from_keywords
from cpm_core.params.schema import Params

MINIMAL = "as_of: 2011-11-30\nsources: [{use: demo}]\n"
FULL = """\
workbook: online_retail
title: {en: Customer performance, zh: 客户绩效}
as_of: 2011-11-30
since: 2009-12-01
period: month
history: 24
locale: zh
timezone: Europe/London
currency: GBP
engine: {backend: duckdb, threads: 2, memory_limit: 4GB}
sources:
  - {use: online_retail}
  - use: files
    tickets: {path: tickets.csv, columns: {ticket_id: NO, priority: {value: 007}}}
kpis: [revenue, orders, retention_rate]
slices: [region, orders.channel]
targets:
  retention_rate: {at_least: 0.90}
  churn_rate: {at_most: 5%}
  nps: {between: [30, 60]}
events:
  - {date: 2011-04-29, text: {en: Royal wedding, zh: 皇室婚礼}}
tiers: {rule: percentile, cut: {VIP: 0.05, key: 0.20}}
report: {notebook: scorecard, formats: [html]}
plugins: {disable: [loyalty], use: [ours]}
settings: {activity_days: 60, confidence: 90%}
show_personal_data: yes
"""


def told(caught):
    """What is told: (where, what) of each problem."""
    return [(problem.where, problem.what) for problem in caught.value.problems]


def refused(write, text, *overrides):
    """The only problem of a params file."""
    write(text)
    with pytest.raises(ParamsError) as caught:
        load("x", overrides)
    assert caught.value.exit_code == 2
    (problem,) = caught.value.problems
    return problem


def test_every_key_is_typed(write):
    write(FULL)
    params = load("params/x.yaml")
    assert params.workbook == "online_retail"
    assert params.title == Text(en="Customer performance", zh="客户绩效")
    assert params.as_of == dt.date(2011, 11, 30)
    assert params.since == dt.date(2009, 12, 1)
    assert (params.period, params.history, params.year_starts) == ("month", 24, 1)
    assert (params.locale, params.timezone, params.currency) == ("zh", "Europe/London", "GBP")
    assert (params.engine.backend, params.engine.threads, params.engine.memory_limit) == ("duckdb", 2, "4GB")
    assert [source.use for source in params.sources] == ["online_retail", "files"]
    assert params.sources[0].options == {}
    # A source's own model types its options: here they stay as they are written.
    columns = {"ticket_id": "NO", "priority": {"value": "007"}}
    assert params.sources[1].options == {"tickets": {"path": "tickets.csv", "columns": columns}}
    assert params.kpis == ("revenue", "orders", "retention_rate")
    assert params.slices == ("region", "orders.channel")
    assert (params.targets["retention_rate"].low, params.targets["retention_rate"].high) == (0.9, None)
    assert (params.targets["churn_rate"].low, params.targets["churn_rate"].high) == (None, 0.05)
    assert (params.targets["nps"].low, params.targets["nps"].high) == (30.0, 60.0)
    assert params.events[0].date == dt.date(2011, 4, 29)
    assert params.events[0].text.zh == "皇室婚礼"
    assert params.tiers.rule == "percentile"
    assert params.tiers.options == {"cut": {"VIP": "0.05", "key": "0.20"}}
    assert (params.report.notebook, params.report.formats) == ("scorecard", ("html",))
    assert (params.plugins.disable, params.plugins.use) == (("loyalty",), ("ours",))
    assert params.show_personal_data is True


def test_what_is_left_out_has_its_default(write):
    write(MINIMAL)
    params = load("x")
    assert params.workbook == "x"
    assert (params.since, params.kpis, params.slices, params.targets, params.events) == (None, None, (), {}, ())
    assert (params.period, params.history, params.locale, params.timezone, params.currency) == (
        "month",
        24,
        "en",
        "UTC",
        "",
    )
    assert (params.tiers.rule, params.tiers.options) == ("percentile", {})
    assert (params.report.notebook, params.report.formats) == ("scorecard", ("html", "xlsx"))
    assert params.show_personal_data is False
    assert params.settings_for() == Settings(as_of=dt.date(2011, 11, 30))


def test_a_key_with_nothing_after_it_counts_as_left_out(write):
    write(MINIMAL + "since:\nhistory: ~\nkpis: null\nreport:\nengine: {threads: }\n")
    params = load("x")
    assert (params.since, params.history, params.kpis, params.report.notebook) == (None, 24, None, "scorecard")


def test_settings_carry_what_kpis_may_read(write):
    write(FULL + "year_starts: 4\n")
    assert load("x").settings_for() == Settings(
        as_of=dt.date(2011, 11, 30),
        since=dt.date(2009, 12, 1),
        year_starts=4,
        timezone="Europe/London",
        currency="GBP",
        activity_days=60,
        confidence=0.9,
    )


def test_params_know_their_file_and_the_line_of_every_value(write, home, monkeypatch):
    path = write(FULL)
    params = load("x")
    assert params.path == path.resolve()
    assert params.folder == (home / "params").resolve()
    assert params.home == home.resolve()
    assert params.where("kpis", 2) == "params/x.yaml:15"
    assert params.where("sources", 1) == "params/x.yaml:13"
    assert params.where("sources", 1, "tickets", "columns", "priority", "value") == "params/x.yaml:14"
    assert params.where("targets", "nps") == "params/x.yaml:20"
    assert params.where("year_starts") == "params/x.yaml"
    (home / "notebooks").mkdir()
    monkeypatch.chdir(home / "notebooks")
    assert load("params/x.yaml").where("as_of") == "../params/x.yaml:3"


def test_params_cannot_be_changed_and_pickle_whole(write):
    write(FULL)
    params = load("x", from_command_line(as_of="2011-10-31"))
    with pytest.raises(ValidationError):
        params.history = 3
    again = pickle.loads(pickle.dumps(params))
    assert again == params
    assert again.where("as_of") == "--as-of"


def test_all_problems_of_a_file_are_told_at_once_by_line_then_those_of_the_overrides(write):
    write(
        "workbok: shop\n"  # 1
        "as_of: tomorrow\n"  # 2
        "history: many\n"  # 3
        "period: monthly\n"  # 4
        "sources:\n"  # 5
        "  - {path: x.csv}\n"  # 6
        "  - files\n"  # 7
        "slices: region\n"  # 8
        "targets:\n"  # 9
        "  csat: {at_leest: 1}\n"  # 10
        "  nps: {at_least: 1, at_most: 2}\n"  # 11
        "history: 3\n"  # 12
        "timezone: Europe/Lundon\n"  # 13
        "events: [{date: 2011-02-30, text: {en: Sale}}]\n"  # 14
    )
    overrides = from_command_line(parameters=[("histroy", "3"), ("sources.7.path", "y")])
    with pytest.raises(ParamsError) as caught:
        load("x", overrides)
    assert told(caught) == [
        ("params/x.yaml:1", "unknown key 'workbok'"),
        ("params/x.yaml:2", "as_of: 'tomorrow' is no date"),
        ("params/x.yaml:3", "history: 'many' is no whole number"),
        ("params/x.yaml:4", "period: 'monthly' is none of day, week, month, quarter, year"),
        ("params/x.yaml:6", "the key 'sources.0.use' is missing"),
        ("params/x.yaml:7", "sources.1: 'files' is no mapping of keys to values"),
        ("params/x.yaml:8", "slices: 'region' is no list"),
        ("params/x.yaml:10", "unknown key 'targets.csat.at_leest'"),
        ("params/x.yaml:11", "targets.nps: a target is exactly one of at_least, at_most and between"),
        ("params/x.yaml:12", "the key 'history' is there twice, first on line 3"),
        ("params/x.yaml:13", "timezone: 'Europe/Lundon' is no timezone"),
        ("params/x.yaml:14", "events.0.date: '2011-02-30' is no day of the calendar"),
        ("params/x.yaml:14", "events.0.text: the words in 'zh' are missing"),
        ("-p histroy", "'histroy' is no key of a params file"),
        ("-p sources.7.path", "sources.7.path: sources is a list with items 0 to 1, and 7 is none"),
    ]
    near = {problem.where: problem.nearest for problem in caught.value.problems}
    assert near["params/x.yaml:1"][0] == "workbook"
    assert near["params/x.yaml:4"][0] == "month"
    assert near["params/x.yaml:10"][0] == "at_least"
    assert near["params/x.yaml:13"][0] == "Europe/London"
    assert near["-p histroy"][0] == "history"


@pytest.mark.parametrize(
    ("line", "what", "fix"),
    [
        ("as_of: tomorrow", "as_of: 'tomorrow' is no date", "2011-11-30"),
        ("as_of: 1322611200", "as_of: '1322611200' is no date", "2011-11-30"),
        ("as_of: 30/11/2011", "as_of: '30/11/2011' is no date", "2011-11-30"),
        ("as_of: 2011-11-31", "as_of: '2011-11-31' is no day of the calendar", "2011-11-30"),
        ("as_of: [2011-11-30]", "as_of: ['2011-11-30'] is no date", "2011-11-30"),
        ("since: 2011-12-01", "since: 2011-12-01 is after as_of, 2011-11-30: no day is left", "earlier"),
        ("history: 0", "history: '0' is below 1, the least it may be", "history: 24"),
        ("history: 2.5", "history: '2.5' is no whole number", "history: 24"),
        ("history: [3]", "history: a list stands where one value is expected", "history: 24"),
        ("history: {a: b}", "history: keys with values stand where one value is expected", "history: 24"),
        ("year_starts: 13", "year_starts: '13' is above 12, the most it may be", "year_starts"),
        ("locale: de", "locale: 'de' is none of en, zh", "one of them"),
        ("timezone: nowhere at all", "timezone: 'nowhere at all' is no timezone", "Europe/London"),
        ("currency: gbp", "currency: 'gbp' is no currency code", "GBP"),
        ("workbook: a/b", "workbook: 'a/b' cannot be a folder's name everywhere", "A-Z"),
        ("workbook: ..", "workbook: '..' cannot be a folder's name everywhere", "A-Z"),
        ("workbook: 客户", "workbook: '客户' cannot be a folder's name everywhere", "title"),
        ("title: Customers", "title: 'Customers' is in one language only", "zh: 客户绩效"),
        ("title: {en: Customers, zh: }", "title: the words in 'zh' are missing", "zh: 客户绩效"),
        ("title: {en: a, zh: b, de: c}", "title: 'de' is no language of the report", "zh: 客户绩效"),
        ("engine: {backend: oracle}", "engine.backend: 'oracle' is none of duckdb, postgres, spark", "one of them"),
        ("engine: {memory_limit: lots}", "engine.memory_limit: 'lots' is no amount of memory", "4GB"),
        ("engine: duckdb", "engine: 'duckdb' is no mapping of keys to values", "backend, url, database, threads"),
        ("kpis: []", "kpis: nothing is written there", "leave the key out"),
        ("kpis: revenue", "kpis: 'revenue' is no list", "[revenue]"),
        ("kpis: [revenue, revenue]", "kpis: 'revenue' is there twice", "Take one"),
        ("slices: [~]", "slices.0: nothing is written there", ""),
        ("targets: {csat: 0.9}", "targets.csat: '0.9' is no mapping of keys to values", "at_least, at_most, between"),
        ("targets: {csat: {at_least: high}}", "targets.csat.at_least: 'high' is no number", "0.9"),
        ("targets: {csat: {at_least: .nan}}", "targets.csat.at_least: '.nan' is no number", "0.9"),
        ("targets: {csat: {at_least: inf}}", "targets.csat.at_least: 'inf' is no number", "0.9"),
        (
            "targets: {csat: {between: [2, 1]}}",
            "targets.csat.between: it takes two numbers, the lower one first",
            "[0.8",
        ),
        ("targets: {csat: {between: [1]}}", "targets.csat.between: it takes two numbers, the lower one first", "[0.8"),
        ("targets: {csat: {}}", "targets.csat: a target is exactly one of at_least, at_most and between", "at_least"),
        ("targets: {csat: {perids: {2024: {at_least: 1}}}}", "unknown key 'targets.csat.perids'", "right name"),
        (
            "targets: {csat: {periods: {2024-01: {}}}}",
            "targets.csat.periods.2024-01: a target is exactly one of at_least, at_most and between",
            "at_least",
        ),
        (
            "targets: {csat: {by: {region: {West: 0.7}}}}",
            "targets.csat.by.region.West: '0.7' is no mapping of keys to values",
            "at_least, at_most, between, periods",
        ),
        ("targets: {csat: {by: {region: {West: {by: {}}}}}}", "unknown key 'targets.csat.by.region.West.by'", "Valid"),
        ("events: [{text: {en: a, zh: b}}]", "the key 'events.0.date' is missing", "date: 2011-04-29"),
        ("tiers: percentile", "tiers: 'percentile' is no mapping of keys to values", "rule"),
        ("report: {formats: [docx]}", "report.formats.0: 'docx' is none of html, pdf, xlsx, csv", "one of them"),
        ("report: {formats: []}", "report.formats: nothing is written there", "leave the key out"),
        ("plugins: {disable: loyalty}", "plugins.disable: 'loyalty' is no list", "[loyalty]"),
        ("settings: {confidence: 95}", "settings.confidence: '95' is above 0.9999, the most it may be", "0.95"),
        ("settings: {activity_days: -1}", "settings.activity_days: '-1' is below 1, the least it may be", "90"),
        ("show_personal_data: maybe", "show_personal_data: 'maybe' is neither true nor false", "false"),
    ],
)
def test_each_bad_input_is_told_in_plain_words_with_its_line_and_fix(write, line, what, fix):
    rest = MINIMAL.replace("as_of: 2011-11-30\n", "") if line.startswith("as_of") else MINIMAL
    problem = refused(write, f"# a comment\n{rest}{line}\n" if rest is not MINIMAL else f"{rest}# a comment\n{line}\n")
    assert problem.what == what
    assert problem.where == f"params/x.yaml:{len(rest.splitlines()) + 2}"
    assert fix in problem.fix


def test_a_long_value_is_cut_in_the_message(write):
    problem = refused(write, f"{MINIMAL}history: {'many ' * 100}\n")
    assert problem.what == f"history: '{('many ' * 100)[:44]}…' is no whole number"


def test_a_missing_as_of_and_missing_sources_are_told_with_the_fix(write):
    write("history: 3\n")
    with pytest.raises(ParamsError) as caught:
        load("x")
    assert told(caught) == [
        ("params/x.yaml", "the key 'as_of' is missing"),
        ("params/x.yaml", "the key 'sources' is missing"),
    ]
    assert "as_of: 2011-11-30" in caught.value.problems[0].fix


def test_a_file_whose_name_cannot_be_the_workbook_s_says_so(write):
    path = write(MINIMAL, "客户.yaml")
    with pytest.raises(ParamsError, match="workbook: '客户' cannot be a folder's name"):
        load(path)
    assert load(path, from_keywords({"workbook": "kehu"})).workbook == "kehu"


def test_a_missing_file_and_yaml_that_does_not_parse_are_usage_errors(write, home):
    write("as_of: [2011-11-30\nlocale: en\n", "broken.yaml")
    with pytest.raises(UsageError) as caught:
        load("params/brokn.yaml")
    assert caught.value.problems[0].nearest == ("params/broken.yaml",)
    with pytest.raises(ParamsError) as caught:
        load("params/broken.yaml")
    assert caught.value.problems[0].where == "params/broken.yaml:1"


def test_later_ones_win_file_then_letters_then_as_of_then_keywords(write):
    write(MINIMAL)
    letters = from_command_line(
        base64_yaml=["YXNfb2Y6IDIwMTEtMDEtMDE="],  # as_of: 2011-01-01
        files=[write("as_of: 2011-02-01\n", "more.yaml")],
        yaml=["as_of: 2011-03-01"],
        parameters=[("as_of", "2011-04-01")],
        raw=[("as_of", "2011-05-01")],
        as_of="2011-06-01",
    )
    every = [*letters, *from_keywords({"as_of": dt.date(2011, 7, 1)})]
    found = []
    for said in range(len(every) + 1):
        params = load("x", every[:said])
        found.append((params.as_of.isoformat(), params.where("as_of")))
    assert found == [
        ("2011-11-30", "params/x.yaml:1"),
        ("2011-01-01", "-b:1"),
        ("2011-02-01", "-f params/more.yaml:1"),
        ("2011-03-01", "-y:1"),
        ("2011-04-01", "-p as_of"),
        ("2011-05-01", "-r as_of"),
        ("2011-06-01", "--as-of"),
        ("2011-07-01", "cpm.open(as_of=…)"),
    ]


def test_an_override_mends_what_is_wrong_in_the_file(write):
    write("as_of: tomorrow\nsources: [{use: demo}]\n")
    assert load("x", from_command_line(as_of="2011-10-31")).as_of == dt.date(2011, 10, 31)


def test_dotted_keys_lead_inwards_and_count_list_items_from_0(write):
    write(FULL)
    words = [
        ("tiers.rule", "abc"),
        ("sources.1.tickets.path", "other.csv"),
        ("targets.csat.at_least", "80%"),
        ("engine.threads", "1"),
        ("kpis.0", "nps"),
    ]
    params = load("x", from_command_line(parameters=words))
    assert params.tiers.rule == "abc"
    assert params.tiers.options == {"cut": {"VIP": "0.05", "key": "0.20"}}
    assert params.sources[1].options["tickets"]["path"] == "other.csv"
    assert params.targets["csat"].low == 0.8
    assert set(params.targets) == {"csat", "retention_rate", "churn_rate", "nps"}
    assert params.engine.threads == 1
    assert params.kpis == ("nps", "orders", "retention_rate")
    assert params.where("sources", 1, "tickets", "path") == "-p sources.1.tickets.path"
    assert params.where("sources", 1, "tickets", "columns") == "params/x.yaml:14"


def test_as_in_papermill_a_whole_key_replaces_and_none_takes_it_back(write):
    write(FULL)
    overrides = from_command_line(yaml=["targets: {nps: {at_least: 1}}"], parameters=[("since", "None")])
    params = load("x", overrides)
    assert list(params.targets) == ["nps"]
    assert params.since is None


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("as_of", "x", "as_of: 'x' is no date"),
        ("period.x", "1", "period.x: period holds the one value 'month', and nothing within it"),
        ("sources.x", "1", "sources.x: sources is a list with items 0 to 1, and 'x' is none"),
        ("tiers..rule", "1", "tiers..rule: a name is missing between two dots"),
        ("engine.thread", "1", "unknown key 'engine.thread'"),
        ("", "1", "'' is no key of a params file"),
        ("history.3", "1", "history.3: history holds the one value '24', and nothing within it"),
    ],
)
def test_a_problem_of_an_override_says_where_it_came_from(write, key, value, what):
    problem = refused(write, FULL, *from_command_line(parameters=[(key, value)]))
    assert problem.what == what
    assert problem.where == f"-p {key}"


def test_a_problem_inside_a_key_that_an_override_made_is_blamed_on_it(write):
    problem = refused(write, MINIMAL, Override("history.deep", "1", "-p history.deep"))
    assert problem.where == "-p history.deep"


def test_a_problem_of_a_parameters_file_has_its_line(write):
    more = write("locale: en\ntargets:\n  csat: {at_least: high}\n", "more.yaml")
    problem = refused(write, MINIMAL, *from_command_line(files=[more]))
    assert problem.where == "-f params/more.yaml:3"


def test_keywords_take_python_values(write):
    write(MINIMAL)
    values = {
        "as_of": dt.datetime(2011, 10, 31),  # as pandas' Timestamp, which has no zone either
        "since": None,
        "history": 12,
        "kpis": ("revenue", "orders"),
        "targets": {"csat": {"between": [0.5, 0.9]}},
        "title": Text(en="A", zh="甲"),
        "show_personal_data": True,
        "settings": {"min_n": 7},
    }
    params = load("x", from_keywords(values))
    assert params.as_of == dt.date(2011, 10, 31)
    assert params.history == 12
    assert params.kpis == ("revenue", "orders")
    assert params.targets["csat"].between == (0.5, 0.9)
    assert params.title.zh == "甲"
    assert params.show_personal_data is True
    assert params.settings.min_n == 7


def test_a_p_may_name_a_parameter_of_the_notebook(write):
    write(MINIMAL)
    asked = []

    def names(notebook, path):
        asked.append((notebook, path.name))
        return declarations("top: int = 10\nas_of: str | None = None")

    words = [("top", "20"), ("as_of", "2011-10-31"), ("report.notebook", "explore")]
    params = load("x", from_command_line(parameters=words), of_notebook=names)
    assert asked == [("explore", "x.yaml")]
    # A key of the file stays one.
    assert params.as_of == dt.date(2011, 10, 31)
    assert params.notebook_parameters == {"top": 20}


def test_a_name_that_neither_knows_is_told_with_the_nearest_of_both(write):
    write(MINIMAL)
    with pytest.raises(ParamsError) as caught:
        load("x", from_command_line(parameters=[("topp", "1")]), of_notebook=lambda *_: declarations("top = 1"))
    (problem,) = caught.value.problems
    assert problem.what == "'topp' is no key of a params file or parameter of the notebook"
    assert problem.nearest[0] == "top"


def test_a_notebook_that_does_not_exist_is_told_with_the_other_problems(write):
    write(MINIMAL + "history: x\n")

    def names(*_):
        raise UsageError("there is no notebook 'scorcard'")

    with pytest.raises(ParamsError) as caught:
        load("x", from_command_line(parameters=[("top", "1")]), of_notebook=names)
    assert {problem.what for problem in caught.value.problems} == {
        "there is no notebook 'scorcard'",
        "history: 'x' is no whole number",
        "'top' is no key of a params file",
    }


def test_what_a_notebook_s_parameter_cannot_be_is_told_with_the_problems_of_the_file(write):
    write(MINIMAL + "history: x\n")
    cell = "top: int = 10\ncolour: Literal['red', 'blue'] = 'red'"
    words = [("top", "007.5"), ("colour", "blu"), ("topp", "1")]
    with pytest.raises(ParamsError) as caught:
        load("x", from_command_line(parameters=words), of_notebook=lambda *_: declarations(cell, "n.ipynb"))
    told = {problem.where: (problem.what, problem.nearest) for problem in caught.value.problems}
    assert told["-p top"] == ("top: '007.5' is no whole number", ())
    assert told["-p colour"] == ("colour: 'blu' is none of red, blue", ("blue",))
    assert told["-p topp"][1][0] == "top"
    assert len(told) == 4


def test_papermill_s_order_of_merging_holds_for_a_notebook_s_parameters(write, tmp_path):
    write(MINIMAL)
    (tmp_path / "more.yaml").write_text("a: f\nb: f\nc: f\nd: f\n", encoding="utf-8")
    said = from_command_line(
        raw=[("a", "r")],
        parameters=[("a", "p"), ("b", "p")],
        yaml=["{a: y, b: y, c: y}"],
        files=[tmp_path / "more.yaml"],
        base64_yaml=[base64.b64encode(b"{a: b, b: b, c: b, d: b, e: b}").decode()],
    )
    params = load("x", said, of_notebook=lambda *_: declarations("a = b = c = d = e = ''"))
    assert params.notebook_parameters == {"a": "r", "b": "p", "c": "y", "d": "f", "e": "b"}


def test_a_base64_that_is_none_and_a_key_twice_in_y_are_told():
    with pytest.raises(UsageError, match="base64"):
        from_command_line(base64_yaml=["no base64!"])
    with pytest.raises(UsageError, match="twice"):
        from_command_line(yaml=["a: 1\na: 2"])


def test_params_can_be_made_without_a_file():
    params = Params(workbook="x", as_of="2011-11-30", sources=[{"use": "demo"}])
    assert params.where("as_of") == "params"
    assert params.path is None


@given(st.dates(), st.integers(1, 5000), st.sampled_from(["day", "week", "month", "quarter", "year"]), st.booleans())
def test_what_python_says_is_what_params_hold(tmp_path_factory, day, history, period, shown):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_text("sources: [{use: demo}]\n", encoding="utf-8")
    values = {"as_of": day, "history": history, "period": period, "show_personal_data": shown}
    params = load(path, from_keywords(values))
    assert (params.as_of, params.history, params.period, params.show_personal_data) == (day, history, period, shown)


@given(st.integers(0, 10**6), st.integers(0, 4))
def test_a_percentage_is_the_same_number_as_its_fraction(tmp_path_factory, digits, places):
    path = tmp_path_factory.getbasetemp() / "percent.yaml"
    text = f"{digits:0{places + 1}d}"
    number = f"{text[: len(text) - places]}.{text[len(text) - places :]}" if places else text
    path.write_text(
        f"{MINIMAL}targets: {{a: {{at_least: {number}%}}, b: {{at_least: '{number} %'}}}}\n", encoding="utf-8"
    )
    # Independently: the decimal point moved two places to the left.
    fraction = float(f"{digits}e-{places + 2}")
    targets = load(path).targets
    assert (targets["a"].low, targets["b"].low) == (fraction, fraction)


@pytest.mark.parametrize("letter", ["-p", "-r", "-y"])
def test_a_list_or_mapping_may_be_said_as_one_text(write, letter):
    write(MINIMAL)
    given = {
        "kpis": "[revenue, 'orders']",
        "only.region": "[North, South]",
        "targets": "{nps: {at_least: 30}}",
        "title": "{en: A, zh: 甲}",
        "locale": "zh",
    }
    read = load("x", [Override(key, text, f"{letter} {key}") for key, text in given.items()])
    assert read.kpis == ("revenue", "orders")
    assert read.only == {"region": ("North", "South")}
    assert list(read.targets) == ["nps"]
    assert (read.title.zh, read.locale) == ("甲", "zh")
    # Where a text belongs it stays one.
    write(MINIMAL.replace("as_of", "workbook: a\nas_of"))
    with pytest.raises(ParamsError) as caught:
        load("x", [Override("locale", "[zh]", "-p locale"), Override("kpis", "[revenue", "-p kpis")])
    assert told(caught) == [
        ("-p kpis", "kpis: '[revenue' does not parse"),
        ("-p locale", "locale: '[zh]' is none of en, zh"),
    ]
