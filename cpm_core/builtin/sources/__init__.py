"""Built-in sources, plugins like any other."""
