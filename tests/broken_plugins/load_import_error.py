"""It raises while it is imported."""

import json

LIMITS = json.loads("{")  # <- here
