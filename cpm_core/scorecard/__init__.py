"""Targets, comparisons and signals: what a figure means."""
