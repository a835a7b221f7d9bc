"""Warm kernels: forked from a process that has imported what reports need."""
