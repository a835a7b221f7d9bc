"""A kernel provisioner that forks kernels from the server of warm ones."""

from __future__ import annotations

from jupyter_client.provisioning.local_provisioner import LocalProvisioner


class WarmProvisioner(LocalProvisioner):
    """Starts a kernel from the fork server; a plain one where there is none."""
