"""Whatever is the matter with the fork server, there is a kernel; and how it was started is known."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.provisioning import KernelProvisionerFactory

from cpm_core.runs.warm import ADDRESS, process
from cpm_core.runs.warm.process import WarmError, forked
from cpm_core.runs.warm.provisioner import WarmProvisioner
from cpm_core.runs.warm.wire import Order
from tests.runs.kernels import kernel, looped

COMMAND = [sys.executable, "-m", "ipykernel_launcher", "-f", "kernel.json"]


@pytest.fixture
def order(tmp_path):
    return Order(sys.executable, ["-f", "kernel.json"], str(tmp_path), dict(os.environ))


def refused(address, order) -> str:
    # A device.
    with looped() as wait, pytest.raises(WarmError) as caught, open(os.devnull, "r+b") as nothing:  # noqa: PTH123
        wait(forked(address, order, [nothing.fileno()] * 3))
    return str(caught.value)


def test_a_server_that_is_not_there_is_no_wait(order, tmp_path):
    assert refused(str(tmp_path / "none"), order) == "the fork server does not run"
    assert refused("x" * 200, order) == "the fork server does not run"


def test_a_server_that_does_not_answer_is_waited_for_but_not_for_ever(order, monkeypatch):
    monkeypatch.setattr(process, "PATIENCE", 0.2)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")
        listener.listen(1)
        address = "\0" + listener.getsockname()[1:].decode()
        assert refused(address, order) == "the fork server did not answer within 0 seconds"


def test_a_server_that_ends_meanwhile_is_no_wait(order):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("")
        listener.listen(1)

        async def ending():
            asyncio.get_running_loop().call_later(0.1, listener.close)
            with open(os.devnull, "r+b") as nothing:  # noqa: PTH123, ASYNC230  # a device
                await forked("\0" + listener.getsockname()[1:].decode(), order, [nothing.fileno()] * 3)

        with looped() as wait, pytest.raises(WarmError, match="the fork server does not run"):
            wait(ending())


def test_a_server_says_what_it_cannot_do(server, order):
    address = os.environ[ADDRESS]
    other = Order("/usr/bin/python", order.arguments, order.folder, order.environment)
    assert refused(address, other) == f"the fork server is another Python, {sys.executable}"
    other = Order(order.python, order.arguments, order.folder, order.environment | {"PYTHONHASHSEED": "1"})
    assert refused(address, other) == "the environment differs in PYTHONHASHSEED"
    other = Order(order.python, order.arguments, order.folder + "/none", order.environment)
    assert refused(address, other) == "the fork server's kernel ended at once, with 1"


def test_what_is_no_order_harms_no_server(server, tmp_path):
    for words in (b"", b"{", b"[]\n", b'{"python": 1}\n'):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(os.environ[ADDRESS])
            connection.sendall(words)
    with kernel(tmp_path) as asked:
        assert asked.manager.started_as == "warm"


def test_other_programs_and_options_are_not_asked_for(monkeypatch):
    monkeypatch.setenv(ADDRESS, "somewhere")
    made = WarmProvisioner(kernel_id="one", kernel_spec=KernelSpec(argv=COMMAND))
    address, order = made._order(COMMAND, {"cwd": "/", "env": {"A": "b"}, "kernel_id": "one"})
    assert (address, order.arguments, order.folder) == ("somewhere", ["-f", "kernel.json"], "/")
    assert order.environment == {"A": "b", "JPY_PARENT_PID": str(os.getpid())}
    for command, given in (
        (["R", "--slave"], {}),
        ([sys.executable, "-X", "dev", *COMMAND[1:]], {}),
        (COMMAND, {"preexec_fn": print}),
    ):
        with pytest.raises(WarmError, match="another program"):
            made._order(command, given)


def test_it_is_found_by_its_name(server, tmp_path, monkeypatch):
    spec = KernelSpec(argv=[*COMMAND[:-1], "{connection_file}"])
    spec.metadata = {"kernel_provisioner": {"provisioner_name": "cpm-warm-provisioner"}}
    made = KernelProvisionerFactory().create_provisioner_instance("one", spec, None)
    assert isinstance(made, WarmProvisioner)


@pytest.mark.parametrize(("said", "why"), [("", "there is no fork server"), ("off", "CPM_FORK_SERVER is off")])
def test_without_a_server_nothing_is_said(tmp_path, monkeypatch, said, why):
    monkeypatch.setenv(ADDRESS, said)
    told: list[str] = []
    with kernel(tmp_path, say=told.append, ready=False) as asked:
        assert asked.manager.started_as == f"plain: {why}"
        assert isinstance(asked.manager.provisioner.process, subprocess.Popen)
    assert told == []


def test_an_answer_that_comes_before_the_order_is_told_to_be_sent_is_heard(server, order):
    # A server that refuses at once has closed the connection by then.
    other = Order("/usr/bin/python", order.arguments, order.folder, order.environment)
    assert {refused(os.environ[ADDRESS], other) for _ in range(100)} == {
        f"the fork server is another Python, {sys.executable}"
    }
