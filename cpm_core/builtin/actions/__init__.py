"""Built-in actions, plugins like any other."""
