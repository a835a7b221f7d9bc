"""Bring reports to their readers, and failures to those who look after them; each at most once."""
