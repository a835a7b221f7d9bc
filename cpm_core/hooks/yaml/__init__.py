"""Plugins without code: the keys of a YAML file, and what becomes of each."""
