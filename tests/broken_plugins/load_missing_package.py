"""A package that is not installed."""

import acme_connector  # <- here

client = acme_connector.connect()
