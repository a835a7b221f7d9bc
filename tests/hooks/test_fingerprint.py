"""Two contributions are the same if they say the same and their code does, wherever it lies."""

from functools import partial
from types import ModuleType

import pytest

from cpm_core.api import Kpi, Text
from cpm_core.hooks.fingerprint import fingerprint

TEXT = """
LIMIT = 30
UNUSED = 1

def helper(amount, factor=2):
    return amount * factor

def made(word):
    def inner(orders):
        return word
    return inner

closed = made("first")

def compute(orders):
    large = {amount for amount in orders if amount > LIMIT}
    return [helper(amount) for amount in large]
"""


def of(text, name="compute"):
    module = ModuleType("plugin_of_a_test")
    exec(compile(text, "plugin.py", "exec"), vars(module))
    function = getattr(module, name)
    return fingerprint(Kpi("mine", Text(en="Mine", zh="我的"), "count", "higher", function))


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("", "", True),
        ("LIMIT = 30\n", "# What counts as large.\n\n\nLIMIT = 30\n", True),
        ("UNUSED = 1", "UNUSED = 2", True),
        ("LIMIT = 30", "LIMIT = 35", False),
        ("amount * factor", "amount + factor", False),
        ("factor=2", "factor=3", False),
        ("amount > LIMIT", "amount < LIMIT", False),
        ("[helper(amount) for", "[2 * helper(amount) for", False),
    ],
    ids=["equal", "moved", "not-used", "constant", "helper", "default", "inner-scope", "body"],
)
def test_what_makes_another_definition(old, new, same):
    assert (of(TEXT) == of(TEXT.replace(old, new) if old else TEXT)) is same


def test_what_a_function_closes_over():
    assert of(TEXT, "closed") == of(TEXT, "closed")
    assert of(TEXT, "closed") != of(TEXT.replace('"first"', '"second"'), "closed")


def test_a_partial_and_a_table_of_values():
    assert fingerprint(partial(max, 1)) != fingerprint(partial(max, 2))
    assert fingerprint({"a": {1, 2}}) == fingerprint({"a": {2, 1}})
    assert fingerprint({"a": (1, 2)}) != fingerprint({"a": (2, 1)})


def test_what_holds_itself_comes_to_an_end():
    endless = []
    endless.append(endless)
    assert fingerprint(endless) == fingerprint(endless)
