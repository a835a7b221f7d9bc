"""Write `cpm_core/report/templates/trend.vega.json`: the trend chart, compiled for Vega."""

from __future__ import annotations

import json
from pathlib import Path

import cpm_core
from cpm_core.report.trend_template import COMPILED, compiled

if __name__ == "__main__":
    target = Path(cpm_core.__file__).parent / "report" / "templates" / COMPILED
    target.write_text(json.dumps(compiled(), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
