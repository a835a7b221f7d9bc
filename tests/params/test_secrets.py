"""Where references to secrets may stand in params, and what is told of those that lead nowhere."""

import re

import pytest
from pydantic import BaseModel, Field

from cpm_core.model.errors import ParamsError
from cpm_core.model.secrets import HIDDEN, scrubbed
from cpm_core.model.secrets.references import resolved
from cpm_core.params.canonical import canonical_json
from cpm_core.params.load import load
from cpm_core.params.options import validate_options
from cpm_core.params.secrets import missing

VALUE = "hunter2-correct-horse"
TEXT = """\
as_of: 2024-03-31
title: {en: Shop, zh: 商店}
sources:
  - use: rest
    token: secret://env/ERP_TOKEN
    tables: {orders: {headers: ["Bearer {secret://env/ERP_TOKEN}"]}}
publish:
  - {use: chat, url: secret://env/CHAT}
"""


def read(folder, text=TEXT):
    file = folder / "shop.yaml"
    file.write_text(text, encoding="utf-8")
    return load(file)


class Options(BaseModel):
    token: str = Field(min_length=10)
    tables: dict[str, dict[str, list[str]]] = {}
    title: list[str] = Field([], json_schema_extra={"shown": True})


def test_options_have_the_values_and_params_the_references(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    params = read(tmp_path)
    options = validate_options(Options, params.sources[0].options, "shop.yaml", ("sources", 0))
    assert options.token == VALUE
    assert options.tables == {"orders": {"headers": [f"Bearer {VALUE}"]}}
    assert VALUE not in canonical_json(params) + repr(params)
    assert "secret://env/ERP_TOKEN" in canonical_json(params)


def test_all_that_lead_nowhere_are_told_with_their_lines(tmp_path, monkeypatch):
    monkeypatch.delenv("ERP_TOKEN", raising=False)
    monkeypatch.delenv("CHAT", raising=False)
    problems = missing(read(tmp_path))
    assert [(one.where.rpartition(":")[2], one.what.partition(":")[0]) for one in problems] == [
        ("5", "sources.0.token"),
        ("6", "sources.0.tables.orders.headers.0"),
        ("8", "publish.0.url"),
    ]


def test_the_values_are_known_from_then_on(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    monkeypatch.setenv("CHAT", "https://chat.example/hook/of-the-team")
    params = read(tmp_path)
    assert missing(params) == []
    assert scrubbed(f"{VALUE} https://chat.example/hook/of-the-team") == f"{HIDDEN} {HIDDEN}"


def test_one_where_readers_would_see_it_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    monkeypatch.setenv("CHAT", VALUE)
    (problem,) = missing(read(tmp_path, TEXT.replace("en: Shop", "en: 'Shop {secret://env/CHAT}'")))
    assert problem.what == "title.en: readers would see a secret there"
    assert problem.where.endswith(":2")


def test_an_option_that_readers_see_is_no_secret(monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    said = {"token": "secret://env/ERP_TOKEN", "title": ["a", "b {secret://env/ERP_TOKEN}"]}
    with pytest.raises(ParamsError) as caught:
        validate_options(Options, said, lambda *loc: f"shop.yaml {loc}", ("sources", 0))
    (problem,) = caught.value.problems
    assert problem.what == "sources.0.title.1: readers would see a secret there"
    assert problem.where == "shop.yaml ('title', 1)"


def test_a_value_that_does_not_fit_is_not_repeated(monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", "hunter2")
    with pytest.raises(ParamsError) as caught:
        validate_options(Options, {"token": "secret://env/ERP_TOKEN"}, "shop.yaml:5", ("sources", 0))
    assert "hunter2" not in str(caught.value)
    assert "sources.0.token" in str(caught.value)


def test_the_example_of_the_document_loads(repository, tmp_path, monkeypatch):
    text = (repository / "docs" / "secrets.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    monkeypatch.setenv("SHOP_PASSWORD", "horse@staple")
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    params = read(tmp_path, f"as_of: 2024-03-31\n{example}")
    assert resolved(params.engine.url) == "postgresql://ada:horse%40staple@db.example:5432/shop"
    assert params.sources[0].options["token"] == "secret://env/ERP_TOKEN"
    assert params.publish[0].options["url"] == "secret://keyring/chat/sales"
