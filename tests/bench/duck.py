"""The facts of W8 in DuckDB: prints its totals and times as JSON. Arguments: locations, folder."""

import json
import sys
import time
from pathlib import Path

import duckdb

LOCATIONS, FOLDER = int(sys.argv[1]), Path(sys.argv[2])
FACTS = f"""
    SELECT l, i, q, d, (l * 31 + i * 17 + q * 13) % (d + 1) AS n FROM (
        SELECT l, i, q, 50 + (l * 7919 + i * 104729 + q * 1299709) % 1951 AS d
        FROM range({LOCATIONS}) AS l (l), range(60) AS i (i), range(48) AS q (q))
"""
QUERY = "SELECT i, q, sum(n) AS n, sum(d) AS d FROM {} GROUP BY ALL"


def median_ms(db, source):
    """The time of the query: the median of five."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        db.execute(QUERY.format(source)).fetchall()
        times.append((time.perf_counter() - begin) * 1e3)
    return sorted(times)[2]


db = duckdb.connect(config={"threads": 2})
begin = time.perf_counter()
db.execute(f"CREATE TABLE facts AS {FACTS}")
made_s = time.perf_counter() - begin
parquet = FOLDER / "facts.parquet"
db.execute(f"COPY facts TO '{parquet}' (FORMAT parquet)")
totals = db.execute(f"SELECT sum(n), sum(d) FROM ({QUERY.format('facts')})").fetchone()
print(
    json.dumps(
        {
            "version": duckdb.__version__,
            "made_s": made_s,
            "memory_ms": median_ms(db, "facts"),
            "parquet_ms": median_ms(db, f"'{parquet}'"),
            "parquet_bytes": parquet.stat().st_size,
            "numerator": str(int(totals[0])),
            "denominator": str(int(totals[1])),
        }
    )
)
