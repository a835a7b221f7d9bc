"""A module beside it is imported as if it were installed."""

import load_misspelt_hook  # <- here

NAME = load_misspelt_hook.__name__
