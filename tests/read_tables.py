"""Opens a run directory's tables the way an analyst would: pyarrow, DuckDB, and a plain CSV reader.

    python3 tests/read_tables.py DIR

Exits 1 with a sentence where a table does not open or the tables contradict each other; 3 where pyarrow or duckdb is
missing.
"""

import csv
import pathlib
import sys

try:
    import duckdb
    import pyarrow.parquet
except ModuleNotFoundError as error:
    print(f"{error.name} is missing: pip install pyarrow duckdb")
    sys.exit(3)

directory = pathlib.Path(sys.argv[1])
events = directory / "events.parquet"

with open(directory / "kpi.csv", encoding="utf-8-sig", newline="") as file:
    kpis = {row["kpi"]: row["value"] for row in csv.DictReader(file)}
good = int(float(kpis["line.good"]))

table = pyarrow.parquet.read_table(events)
assert str(table.schema.field("t_ns").type) == "int64", table.schema
assert "dictionary" in str(table.schema.field("kind").type), table.schema
rows = table.select(["t_ns", "kind", "outcome"]).to_pylist()
warmup_ns = int(sys.argv[2]) if len(sys.argv) > 2 else 0
by_arrow = sum(row["kind"] == "part_left" and row["outcome"] == "good" and row["t_ns"] > warmup_ns for row in rows)

query = f"select count(*) from '{events}' where kind = 'part_left' and outcome = 'good' and t_ns > {warmup_ns}"
by_duckdb = duckdb.sql(query).fetchall()[0][0]

assert by_arrow == by_duckdb == good, f"good parts: pyarrow {by_arrow}, DuckDB {by_duckdb}, kpi.csv {good}"
print(f"{len(rows)} events, {good} good parts in all three")
