"""References to secrets, and the values that they lead to."""

import sys

import pytest

import cpm_core as cpm
from cpm_core import api
from cpm_core.model.errors import UsageError
from cpm_core.model.secrets import HIDDEN, known, scrubbed
from cpm_core.model.secrets.references import know_those_in, resolved

VALUE = "hunter2@horse/staple"


@pytest.fixture
def keyring():
    """The system's own store, in memory."""
    module = pytest.importorskip("keyring")
    from keyring.backend import KeyringBackend

    class InMemory(KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.kept = {("erp", "ada"): VALUE, ("https://erp/", "ada"): "of-an-address"}

        def get_password(self, service, username):
            return self.kept.get((service, username))

        def set_password(self, service, username, password):
            self.kept[service, username] = password

        def delete_password(self, service, username):
            del self.kept[service, username]

    before = module.get_keyring()
    module.set_keyring(InMemory())
    yield module
    module.set_keyring(before)


@pytest.fixture(autouse=True)
def variables(monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", VALUE)
    monkeypatch.delenv("ERP_TOKNE", raising=False)


def test_a_whole_value_and_within_a_text():
    assert resolved("secret://env/ERP_TOKEN") == VALUE
    assert resolved("Bearer {secret://env/ERP_TOKEN}") == f"Bearer {VALUE}"
    # In an address an @ and a / are its own signs.
    assert resolved("postgresql://ada:{secret://env/ERP_TOKEN}@db/shop") == (
        "postgresql://ada:hunter2%40horse%2Fstaple@db/shop"
    )
    assert resolved("host=db password='{secret://env/ERP_TOKEN}'") == f"host=db password='{VALUE}'"
    assert scrubbed(f"refused: {VALUE}, hunter2%40horse%2Fstaple") == f"refused: {HIDDEN}, {HIDDEN}"


def test_a_text_without_a_reference_is_as_it_is():
    for text in ("", "no secret", "{as_of} and {secret}", "https://erp.example.com"):
        assert resolved(text) is text
    assert not known()


def test_for_code_there_is_a_function_in_notebooks_and_plugins():
    assert cpm.secret("secret://env/ERP_TOKEN") == VALUE
    assert api.secret is cpm.secret
    with pytest.raises(UsageError, match="this is no reference to a secret") as caught:
        cpm.secret("hunter2-itself")
    assert "hunter2-itself" not in str(caught.value)


def test_the_keyring(keyring):
    assert resolved("secret://keyring/erp/ada") == VALUE
    assert resolved("secret://keyring/https%3A%2F%2Ferp%2F/ada") == "of-an-address"
    with pytest.raises(UsageError, match="the keyring has no secret://keyring/erp/bob") as caught:
        resolved("secret://keyring/erp/bob")
    assert "`keyring set 'erp' 'bob'`" in caught.value.problems[0].fix


def test_a_keyring_that_is_locked(keyring, monkeypatch):
    from keyring.errors import KeyringLocked

    def locked(service, name):
        raise KeyringLocked(f"locked, and it was {VALUE}")

    monkeypatch.setattr(keyring, "get_password", locked)
    with pytest.raises(UsageError, match=r"does not give secret://keyring/erp/ada \(KeyringLocked\)") as caught:
        resolved("secret://keyring/erp/ada")
    assert VALUE not in str(caught.value)


def test_without_the_package_it_is_told_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(UsageError, match="needs the package keyring") as caught:
        resolved("secret://keyring/erp/ada")
    assert "pip install 'cpm-core[keyring]'" in caught.value.problems[0].fix


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("secret://env/ERP_TOKNE", "the environment variable ERP_TOKNE of secret://env/ERP_TOKNE is not set"),
        ("secret://env/", "names no environment variable"),
        ("secret://env/ERP TOKEN", "names no environment variable"),
        ("secret://vault/erp", "there is no store of secrets 'vault'"),
        ("secret://keyrng/erp/ada", "there is no store of secrets 'keyrng'"),
        ("secret://keyring/erp", "names no service and no name"),
        ("secret://keyring/erp//ada", "names no service and no name"),
        ("postgresql://ada:secret://env/ERP_TOKEN@db", "stands in braces"),
    ],
)
def test_what_leads_to_no_secret(reference, words):
    with pytest.raises(UsageError, match=words) as caught:
        resolved(reference)
    assert VALUE not in str(caught.value)
    assert caught.value.exit_code == 2


def test_the_nearest_variable_and_store_are_named():
    with pytest.raises(UsageError) as caught:
        resolved("secret://env/ERP_TOKNE")
    assert "ERP_TOKEN" in caught.value.problems[0].nearest
    with pytest.raises(UsageError) as caught:
        resolved("secret://keyrng/erp/ada")
    assert caught.value.problems[0].nearest == ("secret://keyring/…",)


def test_one_that_is_short_cannot_be_hidden(monkeypatch):
    monkeypatch.setenv("ERP_TOKEN", "12345")
    with pytest.raises(UsageError, match="secret://env/ERP_TOKEN has fewer than 6 characters") as caught:
        resolved("secret://env/ERP_TOKEN")
    assert "12345" not in str(caught.value)


def test_those_that_a_notebook_names_are_known(monkeypatch):
    monkeypatch.setenv("SECOND", "second-secret")
    know_those_in('"source": ["cpm.secret(\\"secret://env/SECOND\\")", "x = \'secret://env/NO_SUCH_ONE\'"]')
    assert scrubbed("the second-secret") == f"the {HIDDEN}"
