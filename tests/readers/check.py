"""Reads a release as analysts do, with programs that others wrote, and compares what they read.

    python check.py http://127.0.0.1:8433/data/prevention/2026.1 [--r]

Fetches every file of the release, checks it against its manifest, and reads CSV and Parquet with
pandas, Polars and DuckDB, JSON with Python and pandas, the data package with frictionless and the
workbook with openpyxl. With --r, R reads CSV with readr and, if nanoparquet is installed, Parquet.
Prints a line for each; exits with 1 and the differences if any are found.
"""

import hashlib
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

import duckdb
import frictionless
import openpyxl
import pandas
import polars

NUMBERS = {"value", "numerator", "denominator", "denominator_covered", "lower", "upper",
           "contested_low", "contested_high", "definition_version"}
COUNTS = {"n_locations", "n_expected", "n_areas", "n_areas_expected", "n_contested"}


def fetch(base, name, folder):
    with urllib.request.urlopen(f"{base}/{name}") as answer:
        body = answer.read()
    (folder / name).write_bytes(body)
    return body


def plain(column, value):
    """One spelling for a cell, whoever read it: missing is None, numbers are floats."""
    if value is None or value is pandas.NaT:
        return None
    if isinstance(value, float) and math.isnan(value):
        return None
    if column in NUMBERS or column in COUNTS:
        return float(value)
    if column == "base_changed":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    if column in {"period_start", "period_end"}:
        return str(value)[:10]
    return str(value)


def table(columns, rows):
    return [tuple(plain(c, v) for c, v in zip(columns, row)) for row in rows]


def of_pandas(frame):
    return table(frame.columns, frame.astype(object).where(frame.notna(), None).values.tolist())


def of_polars(frame):
    return table(frame.columns, frame.rows())


def of_duckdb(relation):
    return table(relation.columns, relation.fetchall())


def same(name, expected, read):
    if expected != read:
        wrong = [(a, b) for a, b in zip(expected, read) if a != b][:3]
        sys.exit(f"{name}: {len(expected)} rows, read {len(read)}: {wrong}")
    print(f"{name}: {len(read)} rows")


# Codes are texts: without this a reader would take the period 2018 for a number.
TEXTS = {"period": str, "location_code": str, "release": str, "breakdown_value": str,
         "indicator_name_mi": str, "area_type": str, "area_code": str, "area_name": str,
         "location_name": str, "status_reason": str, "updated_at": str}


def read_csv(path):
    return pandas.read_csv(path, dtype=TEXTS, keep_default_na=False, na_values=[""])


def check_table(folder, name):
    csv, parquet = str(folder / f"{name}.csv"), str(folder / f"{name}.parquet")
    first = of_pandas(read_csv(csv))
    same(f"pandas, {name}.parquet", first, of_pandas(pandas.read_parquet(parquet)))
    kinds = {column: polars.String for column in TEXTS}
    same(f"Polars, {name}.csv", first, of_polars(polars.read_csv(csv, schema_overrides=kinds)))
    same(f"Polars, {name}.parquet", first, of_polars(polars.read_parquet(parquet)))
    # DuckDB takes a column of the letter F for one of false: its users read Parquet.
    types = {column: "VARCHAR" for column in [*TEXTS, "conf_status"]}
    same(f"DuckDB, {name}.csv", first, of_duckdb(duckdb.read_csv(csv, dtype=types)))
    same(f"DuckDB, {name}.parquet", first, of_duckdb(duckdb.read_parquet(parquet)))
    page = json.loads((folder / f"{name}.json").read_text("utf-8"))
    assert page["next"] is None, "a file has every row"
    columns = list(pandas.read_csv(csv, nrows=0).columns)
    assert all(list(row) == columns for row in page["data"]), "other columns than the CSV"
    same(f"json, {name}.json", first, table(columns, [row.values() for row in page["data"]]))
    frame = pandas.DataFrame(page["data"], columns=columns)
    same(f"pandas, {name}.json", first, of_pandas(frame))
    return pandas.read_parquet(parquet)


def check_r(folder, name):
    expected = of_pandas(pandas.read_parquet(folder / f"{name}.parquet"))
    has_parquet = subprocess.run(["Rscript", "-e", "library(nanoparquet)"], capture_output=True)
    for program, kind in (("readr", "csv"), ("nanoparquet", "parquet")):
        if kind == "parquet" and has_parquet.returncode != 0:
            # tests/all --long says so at its end, and fails.
            print("nanoparquet is not installed: R read no Parquet")
            continue
        cells = folder / f"{name}.{kind}.tsv"
        script = pathlib.Path(__file__).with_name("check.R")
        subprocess.run(["Rscript", script, folder / f"{name}.{kind}", cells], check=True)
        columns, *rows = [line.split("\t") for line in cells.read_text("utf-8").splitlines()]
        rows = [[None if cell == "<missing>" else cell for cell in row] for row in rows]
        same(f"{program}, {name}.{kind}", expected, table(columns, rows))


def check_sums(network, locations):
    """The naive sum of a column is the right one: each file has one level."""
    for frame in (network, locations):
        assert frame is None or frame["level"].nunique() == 1, "two levels in one file"
    if locations is None:
        return
    by = ["indicator_code", "period", "breakdown", "breakdown_value"]
    network, locations = (frame.fillna(dict.fromkeys(by, "")) for frame in (network, locations))
    sums = locations.groupby(by, dropna=False)["numerator"].sum(min_count=1)
    totals = network.set_index(by)["numerator"]
    whole = network.set_index(by)["status_reason"].isna()
    checked = 0
    for key, total in totals[whole].items():
        if not math.isnan(total):
            count = len(locations[(locations[by[0]] == key[0]) & (locations[by[1]] == key[1])])
            assert abs(sums[key] - total) <= 2 * (count + 1), (key, sums[key], total)
            checked += 1
    print(f"sums over locations: {checked} as the network's own rows")


def check_workbook(folder, name, network):
    book = openpyxl.load_workbook(folder / f"{name}.xlsx", read_only=True)
    rows = list(book["Network"].iter_rows(values_only=True))
    columns, rows = rows[0], rows[1:]
    read = table(columns, rows)
    expected = of_pandas(network)
    same(f"openpyxl, {name}.xlsx", expected, read)
    # pandas and other programs read the first sheet, if none is named.
    assert book.sheetnames[:2] == ["Network", "About"], book.sheetnames
    assert "Dictionary" in book.sheetnames, book.sheetnames


def guide(program, base, name, code):
    """The line of the guide that queries a release by a program, for this hub and dataset."""
    text = (pathlib.Path(__file__).parents[2] / "hub" / "ANALYSTS.md").read_text("utf-8")
    section = text.split("## Query a release")[1]
    line = re.search(rf"^\| {re.escape(program)} \| `(.*)` \|$", section, re.M)[1]
    line = line.replace("http://localhost:8433", base.split("/data/")[0])
    return line.replace("prevention", name).replace("SMOKING", code)


def check_queries(base, folder, name, network, with_r):
    """The lines of the guide give the rows of the file, and those of one indicator alone."""
    code = sorted(network["indicator_code"])[-1]
    expected = of_pandas(network[network["indicator_code"] == code])
    columns = list(network.columns)
    place = {}
    exec(guide("Python", base, name, code), place)
    same("the guide's Python line", expected, of_pandas(place["d"]))
    # The same with a token, which this release does not need.
    line = guide("Python, a query as CSV", base, name, code)
    exec(re.sub(r", storage_options=.*", ")", line), place)
    same("the guide's line of a query as CSV", expected, of_pandas(place["d"]))
    sql = guide("SQL (DuckDB)", base, name, code)
    url = re.search("'(http.*)'", sql)[1]
    # DuckDB fetches over HTTP with an extension that it downloads, so here it reads what was sent.
    local = folder / "query.parquet"
    with urllib.request.urlopen(url) as answer:
        local.write_bytes(answer.read())
    sql = sql.split(";")[1].replace(url, str(local))
    same("the guide's SQL line", expected, of_duckdb(duckdb.sql(sql)))
    for program in ("Excel", "SAS", "R", "Power BI"):
        url = re.search("http://[^\"'` ]*", guide(program, base, name, code))[0]
        with urllib.request.urlopen(url) as answer:
            body = answer.read()
        local = folder / f"query.{url.rsplit('=', 1)[1]}"
        local.write_bytes(body)
        read = pandas.read_parquet if local.suffix == ".parquet" else read_csv
        same(f"the address of the guide's {program} line", expected, of_pandas(read(local)))
    if with_r:
        cells = folder / "query.cells"
        line = guide("R", base, name, code)
        print_d = f"; write.table(d, '{cells}', sep = '\\t', na = '', row.names = FALSE)"
        subprocess.run(["Rscript", "-e", line + print_d], check=True)
        rows = pandas.read_csv(cells, sep="\t", dtype=str)
        assert len(rows) == len(expected) and list(rows.columns) == columns, rows
        print(f"the guide's R line: {len(rows)} rows")


def main(base, with_r):
    folder = pathlib.Path(tempfile.mkdtemp())
    manifest = json.loads(fetch(base, "manifest.json", folder))
    for file in manifest["files"]:
        body = fetch(base, file["name"], folder)
        assert hashlib.sha256(body).hexdigest() == file["sha256"], file["name"]
        assert len(body) == file["bytes"], file["name"]
    print(f"manifest: {len(manifest['files'])} files as their checksums say")
    name = manifest["dataset"]
    network = check_table(folder, name)
    has_locations = (folder / f"{name}-locations.csv").exists()
    locations = check_table(folder, f"{name}-locations") if has_locations else None
    if with_r:
        check_r(folder, name)
        if has_locations:
            check_r(folder, f"{name}-locations")
    check_sums(network, locations)
    check_workbook(folder, name, network)
    check_queries(base, folder, name, network, with_r)
    report = frictionless.validate(str(folder / "datapackage.json"))
    if not report.valid:
        sys.exit(f"frictionless: {report.flatten(['title', 'message'])[:5]}")
    tables = [task for task in report.tasks if task.type == "table"]
    print(f"frictionless: {len(tables)} tables of {len(report.tasks)} files")
    withheld = network[network["obs_status"] == "Q"]
    for column in ("value", "numerator", "denominator"):
        assert withheld[column].isna().all(), f"a withheld figure has a {column}"
    print(f"withheld: {len(withheld)} rows, empty in each column of figures")
    frames = [network] if locations is None else [network, locations]
    names = {str(n) for frame in frames for n in frame["location_name"].dropna()}
    print("names:", ", ".join(sorted(names)))


main(sys.argv[1].rstrip("/"), "--r" in sys.argv[2:])
