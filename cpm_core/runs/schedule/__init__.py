"""Runs by the clock: what is due, and files for the scheduler that is there already."""
