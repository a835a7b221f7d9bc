from __future__ import annotations

import pytest

from cpm_core.runs.slug import LONGEST, TAKEN, joined, slug


@pytest.mark.parametrize("text", ["region=north", "region=Northern Ireland", "地区=华北", "min_n=0.5", "a+b", "-3"])
def test_what_any_disk_takes_stays_as_it_is(text):
    assert slug(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "../..",
        "..",
        ".",
        "",
        "/",
        "a/../b",
        "region=../../etc",
        "a\\b",
        "C:x",
        "a\0b",
        "a\nb",
        ".hidden",
        "x.",
        " x",
        "a:b",
    ],
)
def test_no_text_leads_out_of_its_folder(text, tmp_path):
    name = slug(text)
    assert not set(name) & set('/\\:*?"<>|\0\n')
    assert ".." not in name
    assert name == name.strip(" .") != ""
    assert (tmp_path / name).resolve().parent == tmp_path.resolve()


def test_texts_that_would_look_alike_are_told_apart_whichever_comes_first():
    # The same text has the same folder in each run, so nothing is numbered.
    names = {slug(text) for text in ("a/b", "a:b", "a-b", "a//b", "a,b")}
    assert len(names) == 5
    assert slug("a/b") == slug("a/b")


def test_one_sign_written_in_two_ways_is_one_name():
    assert slug("Mu\u0308ller") == slug("M\u00fcller") == "M\u00fcller"


def test_names_that_a_report_s_folder_uses_itself_are_not_taken():
    for name in (*TAKEN, "RUNS", "Latest"):
        assert slug(name).casefold() not in TAKEN


def test_long_names_are_cut_and_still_differ():
    long, other = "北" * 200 + "1", "北" * 200 + "2"
    names = {slug(long), slug(other), joined([slug(long), slug(other)]), joined(["x" * 100, "y" * 100])}
    assert len(names) == 4
    assert all(len(name.encode()) <= LONGEST for name in names)
