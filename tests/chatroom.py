"""A chat's server on this machine: keeps what it is sent, and answers as a test says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch


@dataclass
class Chatroom:
    """What it answers, and what it got."""

    said: str = '{"errcode": 0, "errmsg": "ok"}'
    status: int = 200
    slow: float = 0.0
    hangs_up: bool = False
    """Whether it closes without an answer once it was told."""
    got: list[tuple[str, Any]] = field(default_factory=list)
    """Path with query, and message."""
    came: list[tuple[str, bytes]] = field(default_factory=list)
    """Path with query, and all the rest of what came: headers and message."""
    url: str = ""


@contextmanager
def chatroom(**how: Any) -> Iterator[Chatroom]:
    """A server for a while, at its `url`."""
    room = Chatroom(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told = self.rfile.read(int(self.headers["Content-Length"]))
            room.came.append((self.path, self.headers.as_bytes() + told))
            room.got.append((self.path, json.loads(told)))
            time.sleep(room.slow)
            if room.hangs_up:
                self.close_connection = True
                return
            with suppress(OSError):  # who asked may be gone
                self.send_response(room.status)
                self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(room.said.encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    room.url = f"http://127.0.0.1:{server.server_port}/send?key=e1f3a5c7d9"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        with patch.dict("os.environ", no_proxy="127.0.0.1"):
            yield room
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
