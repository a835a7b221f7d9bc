"""Which kernel a notebook runs in: this very Python where it is meant, else the one that its kernel spec names."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_client.manager import AsyncKernelManager

from cpm_core.model.names import nearest
from cpm_core.runs.engine.failures import RefusedError
from cpm_core.runs.engine.settings import Settings
from cpm_core.runs.kernel import LEAVE, NAME, kernel_class

_THIS = ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}")
"""jupyter_client starts this very Python for a spec that names none by its path."""


@contextmanager
def manager_class(name: str, settings: Settings, descriptor: int) -> Iterator[type[AsyncKernelManager]]:
    """A kernel manager class, as nbclient asks for one.

    Args:
        name: Of a kernel spec.
        settings: Of the run.
        descriptor: What the kernel's process writes to.

    Raises:
        RefusedError: There is no such kernel.
    """
    if settings.own_kernel or _is_this_python(name):
        with kernel_class(settings.environment, descriptor, memory=settings.limits.memory, say=settings.say) as found:
            yield found
        return

    class SpecKernel(AsyncKernelManager):
        """The kernel of a spec."""

        def __init__(self, **given: Any) -> None:
            given.setdefault("client_class", "cpm_core.runs.ready.ReadyClient")
            given.setdefault("shutdown_wait_time", LEAVE)
            super().__init__(**given)

        async def start_kernel(self, **given: Any) -> None:  # type: ignore[override]  # typed as of its sync parent
            given.setdefault("env", {**os.environ, **settings.environment})
            await super().start_kernel(**given, stdout=descriptor, stderr=descriptor)

    yield SpecKernel


def _is_this_python(name: str) -> bool:
    specs = KernelSpecManager()
    try:
        spec = specs.get_kernel_spec(name)
    except NoSuchKernel:
        there = sorted(specs.find_kernel_specs())
        near = ", ".join(nearest(name, there) or there)
        raise RefusedError(f"there is no kernel {name!r}; there are: {near}") from None
    plain = not spec.env and not spec.metadata.get("kernel_provisioner")
    return name == NAME and plain and spec.argv[0] in (*_THIS, sys.executable)
