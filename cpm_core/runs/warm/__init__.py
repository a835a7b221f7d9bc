"""Warm kernels: forked from a process that has imported what reports need.

`server` starts that process, `forking` is what runs in it, `child` is a kernel forked from it; they speak by `wire`.
On the runner's side `process` asks for a kernel and holds it, and `provisioner` is what jupyter_client sees of that.
"""

ADDRESS = "CPM_FORK_SERVER"
"""Environment variable that names the socket of a running fork server."""
OFF = "off"
"""In its place: there shall be none."""
LOG = "log"
"""Beside the socket: what the server says, such as why it could not import."""
