"""The key `engine`: which keys go together, and that no password stands in a file."""

import pytest

from cpm_core.model.errors import ParamsError, UsageError
from cpm_core.params.load import load
from cpm_core.params.overrides import Override

SAID = "as_of: 2024-03-31\nsources: [{use: demo}]\nengine: "


def read(folder, engine, overrides=()):
    file = folder / "shop.yaml"
    file.write_text(SAID + engine + "\n", encoding="utf-8")
    return load(file, overrides).engine


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada@db.example:5432/shop",
        "postgresql:///shop?host=/run/postgresql",
        "host=db.example dbname=shop",
        "secret://env/CPM_DATABASE",
        "postgresql://ada:{secret://env/CPM_PASSWORD}@db.example/shop",
        "host=db.example password={secret://env/CPM_PASSWORD}",
        "host=db.example password='{secret://keyring/shop/ada}'",
    ],
)
def test_addresses_without_a_password(tmp_path, url):
    asked = read(tmp_path, f'{{backend: postgres, url: "{url}", statement_timeout: 90}}')
    assert (asked.backend, asked.url, asked.statement_timeout) == ("postgres", url, 90)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:hunter2@db.example/shop",
        "postgresql://db.example/shop?user=ada&password=hunter2",
        "host=db.example password=hunter2",
        "host=db.example password = hunter2",
        "postgresql://ada:hunter2@[db.example/shop",
        "postgresql://ada:{secret://env/A}hunter2@db.example/shop",
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(tmp_path, url):
    with pytest.raises(ParamsError) as caught:
        read(tmp_path, f"{{backend: postgres, url: '{url}'}}")
    words = str(caught.value)
    assert "shop.yaml:3: engine.url: a secret is written out there" in words
    assert "hunter2" not in words
    assert "`postgresql://user:{secret://env/ITS_NAME}@host/database`" in words
    assert len(caught.value.problems) == 1


def test_a_password_said_outside_the_file_is_refused_too(tmp_path):
    said = Override("engine.url", "postgresql://ada:hunter2@db.example/shop", "-p engine.url")
    with pytest.raises(ParamsError, match=r"-p engine\.url: engine\.url: a secret is written out there") as caught:
        read(tmp_path, "{backend: postgres}", [said])
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("{url: 'postgresql:///shop'}", "url is no key of the backend duckdb"),
        ("{backend: postgres, database: shop.duckdb}", "database is no key of the backend postgres"),
        ("{backend: spark, statement_timeout: 5}", "statement_timeout is no key of the backend spark"),
        ("{backend: postgres, options: {a: b}}", "options is no key of the backend postgres"),
        ("{backend: postgres, statement_timeout: 0}", "statement_timeout"),
    ],
)
def test_keys_of_another_backend(tmp_path, engine, words):
    with pytest.raises(ParamsError, match=words):
        read(tmp_path, engine)


def test_a_secret_among_sparks_settings_is_refused_and_not_repeated(tmp_path):
    with pytest.raises(ParamsError, match=r"engine\.options\.spark\.hadoop\.fs\.s3a\.secret\.key: a secret") as caught:
        read(tmp_path, "{backend: spark, options: {spark.hadoop.fs.s3a.secret.key: hunter2}}")
    assert "hunter2" not in str(caught.value)
    said = {"spark.hadoop.fs.s3a.secret.key": "secret://env/S3_KEY", "spark.executor.memory": "4g"}
    assert read(tmp_path, f"{{backend: spark, options: {said}}}").options == said


def test_a_secret_that_is_not_there_is_told_by_its_name(tmp_path, monkeypatch):
    from cpm_core.engine.open import open_engine

    monkeypatch.delenv("S3_KEY", raising=False)
    asked = read(tmp_path, "{backend: spark, options: {spark.hadoop.fs.s3a.secret.key: 'secret://env/S3_KEY'}}")
    with pytest.raises(UsageError, match="the environment variable S3_KEY of secret://env/S3_KEY is not set"):
        open_engine(asked, tmp_path, tmp_path)
