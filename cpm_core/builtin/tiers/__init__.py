"""Built-in tiers, plugins like any other."""
