"""A folder of which one module is broken."""

from .parts import LIMIT

TWICE = 2 * LIMIT
