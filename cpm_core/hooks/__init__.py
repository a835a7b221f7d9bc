"""Hook specifications and the manager that loads plugins: one manager a workbook."""
