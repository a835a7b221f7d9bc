"""Built-in lifecycle rules, plugins like any other."""
