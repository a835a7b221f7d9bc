"""Contracts: what every contribution of a kind must hold, as tests to subclass."""
