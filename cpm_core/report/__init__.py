"""What a reader sees: charts, tables, the page and workbook.xlsx. Is handed the figures, asks for none."""
