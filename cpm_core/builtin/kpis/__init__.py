"""Built-in kpis, plugins like any other."""
