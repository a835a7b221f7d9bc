"""Built-in publishers, plugins like any other."""
