"""What the plugin is made of."""

LIMIT = int("many")  # <- here
