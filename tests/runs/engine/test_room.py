"""The outputs of a notebook have a limit; a note says what is left out, and an error is told in any case."""

from __future__ import annotations

from cpm_core.model.limits import RunLimits
from cpm_core.runs.engine.room import Room
from cpm_core.runs.engine.settings import Settings


def stream(text):
    return {"msg_type": "stream", "content": {"name": "stdout", "text": text}}


def display(text):
    return {"msg_type": "display_data", "content": {"data": {"text/plain": text}, "metadata": {}}}


def text_of(message):
    return message["content"]["data"]["text/plain"]


def test_what_fits_is_as_it_was_and_what_does_not_is_cut_once():
    room = Room(1000)
    small, large, more = stream("a" * 500), stream("b" * 500), stream("c" * 10)
    assert room.admits(small, 1)
    assert small == stream("a" * 500)
    assert room.admits(large, 1)
    # 1,000 less 506 of the first ("stdout" counts) of 506 asked for: 488.
    assert large["content"]["text"].startswith("b" * 488 + "\n[Output left out")
    assert "limits.output" in large["content"]["text"]
    assert "输出已省略" in large["content"]["text"]
    assert not room.admits(more, 1)
    # Each cell says so once.
    other = display("d" * 10)
    assert room.admits(other, 2)
    assert text_of(other).startswith("[Output left out")
    assert not room.admits(display("e"), 2)


def test_an_error_is_told_though_there_is_no_room():
    room = Room(10)
    lines = [f"{number} " + "x" * 5000 for number in range(300)]
    error = {"msg_type": "error", "content": {"ename": "ValueError", "evalue": "no rows", "traceback": lines}}
    room.admits(stream("y" * 100), 1)
    assert room.admits(error, 1)
    content = error["content"]
    assert (content["ename"], content["evalue"]) == ("ValueError", "no rows")
    assert (len(content["traceback"]), len(content["traceback"][-1])) == (100, 2000)


def test_what_a_cell_takes_back_is_room_again():
    room = Room(1000)
    for _ in range(10):
        assert room.admits(display("a" * 900), 1)
        room.cleared(1)
    last = display("a" * 900)
    assert room.admits(last, 1)
    assert text_of(last) == "a" * 900


def test_a_display_that_is_updated_takes_its_room_once():
    room = Room(1000)
    assert room.admits(display("a" * 600), 1, "bar")
    for _ in range(10):
        update = display("b" * 900)
        room.updates(update, "bar", 1)
        assert text_of(update) == "b" * 900
    update = display("c" * 1100)
    room.updates(update, "bar", 1)
    assert text_of(update).startswith("[Output left out")


def test_signs_of_several_bytes_count_as_bytes():
    room = Room(100)
    message = stream("客" * 100)
    assert room.admits(message, 1)
    assert message["content"]["text"].count("客") == 32


def test_a_notebook_that_prints_too_much(run):
    limits = RunLimits(output=10_000)
    loud = "for _ in range(100):\n    print('x' * 1_000)\nraise ValueError('the end')"
    ran = run("print('small')", loud, settings=Settings(echo=False, limits=limits))
    assert ran.error.evalue == "the end"
    first, (printed, error) = ran.cell(1).outputs, ran.cell(2).outputs
    assert first[0].text == "small\n"
    assert len(printed.text) < 10_500
    assert "the outputs of this notebook may take 0.01 MB" in printed.text
    assert error.ename == "ValueError"
    assert ran.path.stat().st_size < 20_000
