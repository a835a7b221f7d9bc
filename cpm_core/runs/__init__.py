"""Run reports: a notebook through papermill, published whole or not at all."""
