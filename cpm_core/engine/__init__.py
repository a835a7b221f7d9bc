"""Connections that run Ibis expressions, and what each dialect needs."""
