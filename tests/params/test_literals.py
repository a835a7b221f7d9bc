"""Secrets that are written out in params are refused, and nothing else is."""

from __future__ import annotations

import base64

import pytest
import yaml

from cpm_core.model.errors import ParamsError
from cpm_core.params.literals import without_literals
from cpm_core.params.load import load
from cpm_core.params.overrides import from_command_line, from_keywords

HEAD = "as_of: 2024-03-31\n"

SECRETS = {
    "password": "source: {password: hunter2}",
    "token": "source: {token: hunter2}",
    "a longer key": "source: {erp_api_key: hunter2}",
    "camel case": "source: {clientSecret: hunter2}",
    "a dotted key": "options: {fs.s3a.access.key: hunter2}",
    "a number": "source: {password: 12345678}",
    "in a list": "source: {token: [hunter2]}",
    "of headers": "source: {headers: {Authorization: hunter2}}",
    "beside a reference": "source: {token: 'Bearer hunter2hunter2 {secret://env/A}'}",
    "an address": "source: {url: 'https://ada:hunter2@erp.example.com/api'}",
    "a query": "source: {url: 'https://erp.example.com/api?page=1&api_key=hunter2'}",
    "a chat of WeCom": "publish: [{url: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hunter2'}]",
    "a chat of DingTalk": "publish: [{url: 'https://oapi.dingtalk.com/robot/send?access_token=hunter2'}]",
    "a chat of Feishu": "publish: [{url: 'https://open.feishu.cn/open-apis/bot/v2/hook/hunter2'}]",
    "a chat of Slack": "publish: [{url: 'https://hooks.slack.com/services/T000/B000/hunter2'}]",
    "a connection string": "source: {server: 'Server=db;Uid=ada;Pwd=hunter2'}",
    "in a query's text": "source: {sql: \"FROM postgres_scan('host=db password=hunter2', 'public', 'orders')\"}",
    "Amazon": "source: {id: AKIAIOSFODNN7EXAMPLE}",
    "GitHub": "source: {x: ghp_hunter2hunter2hunter2hunter2}",
    "a signed token": "source: {x: eyJhbGciOiJIUzI1.eyJodW50ZXIyIjox.c2lnbmF0dXJl}",
    "a private key": 'source: {x: "-----BEGIN RSA PRIVATE KEY-----\\nhunter2"}',
    "DingTalk's sign": "publish: [{sign: SEC0123456789abcdef0123456789abcdef}]",
}

HARMLESS = """
source:
  token: secret://env/ERP_TOKEN
  password: '{secret://keyring/erp/ada}'
  authorization: 'Bearer {secret://env/ERP_TOKEN}'
  url: 'postgresql://ada:{secret://env/PW}@db.example:5432/shop?sslmode=require'
  plain: 'https://erp.example.com:8443/api/orders?page=1&keys=all#top'
  time: 'https://erp.example.com/at/10:30@noon'
  dsn: 'host=db.example dbname=shop user=ada password={secret://env/PW} connect_timeout=5'
  columns: {token: token, api_key: key, password: pw}
  secret: false
  private_key: ../keys/erp.pem
  credentials: ~/google.json
  max_tokens: 500
  tokens: [a, b]
  passwords_file: ../x
  sql: "SELECT *, passed AS password_ok FROM orders WHERE key = 'a' AND token IS NULL"
  webhook: https://hooks.slack.com/services/{secret://env/CHAT}
tiers: {cut: {VIP: 0.05, key: 0.20}, capacity: {key: 100}}
title: {en: 'Key accounts: secret of success', zh: 密码}
"""


def looked_through(text):
    problems = []
    tree = without_literals(yaml.load(text, yaml.BaseLoader), lambda *loc: "shop.yaml:1", problems)
    return tree, problems


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_is_refused_and_not_repeated(name):
    tree, problems = looked_through(SECRETS[name])
    assert len(problems) == 1
    words = f"{problems[0]} {tree}"
    for value in ("hunter2", "12345678", "AKIA", "eyJ", "SEC0"):
        assert value not in words
    assert "secret://env/" in problems[0].fix
    assert "secret://keyring/" in problems[0].fix


def test_what_is_no_secret_stays(repository):
    tree, problems = looked_through(HARMLESS)
    assert problems == []
    assert tree == yaml.load(HARMLESS, yaml.BaseLoader)


def test_no_params_file_of_the_repository_is_refused(repository):
    files = [*repository.glob("params/*.yaml")]
    assert files
    for file in files:
        assert looked_through(file.read_text(encoding="utf-8"))[1] == [], file


def test_all_problems_of_a_file_are_told_with_their_lines(tmp_path):
    file = tmp_path / "shop.yaml"
    text = "sources:\n  - use: rest\n    token: hunter2\n    url: https://a:hunter2@b\nhistroy: 3\n"
    file.write_text(HEAD + text, encoding="utf-8")
    with pytest.raises(ParamsError) as caught:
        load(file)
    where = [problem.where.rpartition(":")[2] for problem in caught.value.problems]
    assert where == ["4", "5", "6"]
    assert "sources.0.token" in caught.value.problems[0].what
    assert "hunter2" not in str(caught.value)


def letters(tmp_path):
    more = tmp_path / "more.yaml"
    more.write_text("engine: {backend: postgres, url: postgresql://ada:hunter2@db}\n", encoding="utf-8")
    coded = base64.b64encode(b"sources: [{use: demo, token: hunter2}]").decode()
    return {
        "-p": from_command_line(parameters=[("sources.0.token", "hunter2")]),
        "-r": from_command_line(raw=[("sources.0.token", "hunter2")]),
        "-y": from_command_line(yaml=["sources: [{use: demo, token: hunter2}]"]),
        "-b": from_command_line(base64_yaml=[coded]),
        "-f": from_command_line(files=[more]),
        "open": from_keywords({"sources": [{"use": "demo", "token": "hunter2"}]}),
        "-p with =": from_command_line(parameters=[("sources.0.token=hunter2", "x")]),
        "of the notebook": from_command_line(parameters=[("api_token", "hunter2")]),
    }


@pytest.mark.parametrize("letter", ["-p", "-r", "-y", "-b", "-f", "open", "-p with =", "of the notebook"])
def test_what_is_said_outside_the_file_is_refused_too(tmp_path, letter):
    file = tmp_path / "shop.yaml"
    file.write_text(HEAD + "sources: [{use: demo}]\n", encoding="utf-8")
    with pytest.raises(ParamsError, match="a secret is written out") as caught:
        load(file, letters(tmp_path)[letter])
    assert "hunter2" not in str(caught.value)
