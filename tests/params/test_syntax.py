from __future__ import annotations

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from cpm_core.model.errors import ParamsError, UsageError
from cpm_core.params.syntax import parse, read


def one(caught):
    (problem,) = caught.value.problems
    return problem


def test_every_scalar_stays_text():
    text = "a: NO\nb: 007\nc: 2011-11-30\nd: 1.50\ne: true\nf: 0x10\ng: 12:30\nh: [on, 1e3]\ni: .inf\n"
    assert parse(text, "x").data == {
        "a": "NO",
        "b": "007",
        "c": "2011-11-30",
        "d": "1.50",
        "e": "true",
        "f": "0x10",
        "g": "12:30",
        "h": ["on", "1e3"],
        "i": ".inf",
    }


def test_plain_null_tilde_and_empty_are_nothing_and_quoted_ones_are_text():
    text = "a: null\nb: ~\nc:\nd: 'null'\ne: \"~\"\nf: ''\ng: Null\nh: [~, x]\n"
    assert parse(text, "x").data == {
        "a": None,
        "b": None,
        "c": None,
        "d": "null",
        "e": "~",
        "f": "",
        "g": "Null",
        "h": [None, "x"],
    }


def test_keys_and_values_have_lines():
    document = parse("a: 1\n\n# a comment\nb:\n  - x\n  - {c: 1,\n     d: 2}\n", "params/x.yaml")
    assert document.where("a") == "params/x.yaml:1"
    assert document.where("b") == "params/x.yaml:4"
    assert document.where("b", 0) == "params/x.yaml:5"
    assert document.where("b", 1, "d") == "params/x.yaml:7"
    # What is not written has the place of what is round it.
    assert document.where("b", 1, "missing") == "params/x.yaml:6"
    assert document.where("missing") == "params/x.yaml"


def test_a_key_written_twice_is_told_with_both_lines_and_the_first_one_counts():
    document = parse("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\n", "x.yaml")
    assert [(p.where, p.what) for p in document.problems] == [
        ("x.yaml:2", "the key 'c' is there twice, first on line 2"),
        ("x.yaml:3", "the key 'a' is there twice, first on line 1"),
    ]
    assert document.data == {"a": "1", "b": {"c": "1", "d": "2"}}


def test_an_empty_file_and_one_of_comments_hold_nothing():
    for text in ("", "# nothing yet\n", "~", "---\n"):
        assert parse(text, "x").data == {}


def test_aliases_repeat_and_tags_are_refused():
    document = parse("a: &one {b: 1}\nc: *one\nd: !secret x\n", "x")
    assert document.data["c"] == {"b": "1"}
    assert [p.where for p in document.problems] == ["x:3"]


def test_an_alias_inside_what_it_repeats_is_told_and_ends():
    (problem,) = parse("a: &a\n  b: *a\n", "x").problems
    assert "alias" in problem.what


def test_aliases_that_multiply_are_stopped():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(ParamsError, match="more than 50,000 values"):
        parse("\n".join(lines), "x")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("a: 1\nb: [1, 2\nc: 3\n", 2, "a bracket that is opened here is not closed"),
        ("a: 1\nb:\t2\n", 2, "a tab stands where YAML wants spaces"),
        ("a: 1\nb: c: d\n", 2, "a ':' stands where none may be"),
        ("a: 1\nb: 'x\nc: 2\n", 2, "a quote that is opened here is never closed"),
        ("a:\n  - b\n c: d\n", 3, "the indentation does not fit"),
        ("a: 1\nb: @x\n", 2, "a sign that YAML keeps for itself"),
        ("a: 1\nb: *x\n", 2, "an alias"),
        ("a: 1\nb: \x01\n", 2, "a control character"),
        ("a: 1\n---\nb: 2\n", 2, "a second document begins"),
        ('a: 1\nb: "C:\\data"\n', 2, "a backslash in double quotes"),
        ("a: 1\nb：2\nc: 3\n", 3, "the colon is a full-width"),
        ("%x\n", 1, "does not parse"),
        ("[" * 6000, None, "nested too deeply"),
    ],
)
def test_yaml_that_does_not_parse_is_told_in_plain_words_with_its_line(text, line, words):
    with pytest.raises(ParamsError) as caught:
        parse(text, "params/x.yaml")
    problem = one(caught)
    assert words in problem.what
    assert "does not parse" in problem.what
    assert problem.where == ("params/x.yaml" if line is None else f"params/x.yaml:{line}")


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words\n", "42\n"])
def test_a_file_without_keys_is_refused(text):
    with pytest.raises(ParamsError, match="holds no keys"):
        parse(text, "x")


def test_a_file_that_is_not_utf_8_names_the_byte_and_its_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "x.yaml"
    path.write_bytes("as_of: 2011-11-30\ntitle: 客户\n".encode("gb18030"))
    with pytest.raises(ParamsError) as caught:
        read(path)
    problem = one(caught)
    # The first byte of 客 in GB 18030 is 0xbf.
    assert problem.what == "the file is not UTF-8: byte 0xbf is not a part of any character"
    assert problem.where == "x.yaml:2"
    assert "UTF-8" in problem.fix


def test_a_byte_order_mark_does_not_count(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(path).data == {"a": "1"}


def test_a_file_that_cannot_be_read_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path)


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff\u2028\u2029\x85")
)
trees = st.recursive(words, lambda inner: st.lists(inner) | st.dictionaries(words, inner), max_leaves=12)


@given(st.dictionaries(words, trees))
def test_any_text_that_is_written_as_yaml_is_read_back_as_it_was(tree):
    text = yaml.safe_dump(tree, allow_unicode=True, default_style='"')
    assert parse(text, "x").data == tree


@given(st.text(max_size=60))
def test_any_text_at_all_is_read_or_refused_by_a_params_error(text):
    # Nothing but a ParamsError may come out of it.
    with suppress(ParamsError):
        assert isinstance(parse(text, "x").data, dict)


@given(
    st.from_regex(r"[A-Za-z0-9_.+-]{1,12}", fullmatch=True).filter(lambda s: s not in ("null", "---", "-", "...", "?"))
)
def test_a_plain_word_is_read_as_it_is_written(word):
    assert parse(f"a: {word}\n", "x").data == {"a": word}
