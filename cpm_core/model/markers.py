"""pluggy's markers of this project."""

from __future__ import annotations

import pluggy

PROJECT = "cpm"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
