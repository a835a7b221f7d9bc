"""Params files: YAML read as text, typed by a schema, every problem told with its file and line."""
