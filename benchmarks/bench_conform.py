"""Conforming five million orders: times as text, as a CSV delivers them, against typed ones, as Parquet does."""

from __future__ import annotations

import tempfile
import time
from datetime import date
from pathlib import Path

from cpm_core.engine.duck import DuckEngine
from cpm_core.hooks.registry import Registry
from cpm_core.model.settings import Settings
from cpm_core.tables import conform

ROWS = 5_000_000
TYPED = f"""
CREATE TABLE typed AS SELECT
    'O' || i AS order_id, 'C' || (i % 100000) AS customer_id, TIMESTAMP '2022-01-01' + INTERVAL (i * 19) SECOND AS ordered_at,
    (10 + i % 1000)::DECIMAL(18, 4) AS amount, 'sale' AS kind
FROM range({ROWS}) rows(i)"""
AS_TEXT = "CREATE TABLE {name} AS SELECT * REPLACE (strftime(ordered_at, '{form}') AS ordered_at) FROM typed"
FORMS = {"typed": "", "text": "%Y-%m-%d %H:%M:%S", "text with a zone": "%Y-%m-%dT%H:%M:%SZ"}


def main() -> None:
    """Print the seconds of each, the best of three."""
    spec = Registry.load(None).tables["orders"].item
    settings = Settings(as_of=date(2030, 12, 31), timezone="Europe/Berlin")
    with tempfile.TemporaryDirectory() as folder:
        engine = DuckEngine(Path(folder))
        engine.connection.raw_sql(TYPED)
        for label, form in FORMS.items():
            name = label.replace(" ", "_")
            if form:
                engine.connection.raw_sql(AS_TEXT.format(name=name, form=form))
            judged = conform.judged(engine.connection.table(name), spec, {}, settings, engine.dialect)
            seconds = []
            for _ in range(3):
                start = time.perf_counter()
                engine.save(judged, Path(folder) / "judged.parquet")
                seconds.append(time.perf_counter() - start)
            print(f"{ROWS:,} orders, times {label}: {min(seconds):.1f} s")
        engine.close()


if __name__ == "__main__":
    main()
