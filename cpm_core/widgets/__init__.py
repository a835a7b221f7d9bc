"""Controls for JupyterLab, and what stands in their place where nobody can turn them."""
