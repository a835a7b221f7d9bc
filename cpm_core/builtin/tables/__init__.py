"""Built-in tables, plugins like any other."""
