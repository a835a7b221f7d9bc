"""What a reader sees: charts, tables, the page and workbook.xlsx. Is handed the figures, asks for none."""

from cpm_core.model.startup import import_jsonschema

import_jsonschema()
