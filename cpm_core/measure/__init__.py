"""Compiles KPIs to fused queries, and turns their results into facts."""
