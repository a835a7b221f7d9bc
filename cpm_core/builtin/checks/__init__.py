"""Built-in checks on data."""
