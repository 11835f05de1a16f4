"""`make bench`: each job of the portal against the least that could do the same work here (shared bar: performance).

Every size is built and measured by a process of its own on servers of its own; the table goes to docs/benchmarks.md.
Nothing fails: the figures are for reading.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/benchmarks.md"
TABLE = (
    "| job | size | ours | floor | ratio | goal | queries | peak MB | growth |",
    "|---|---|---|---|---|---|---|---|---|",
)
DATED = re.compile(r"^\d{4}-\d\d-\d\d, \d+ cores, Python [\d.]*\d", re.MULTILINE)


def main():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("sizes", nargs="*", type=float, default=[1, 10])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="job names that contain this text")
    parser.add_argument("--keep", action="store_true", help="write docs/benchmarks.md")
    asked = parser.parse_args()
    found = {}
    for size in asked.sizes:
        command = [sys.executable, "-m", "tests.bench.run", str(size), str(asked.rounds), asked.only]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True)
        found[size] = json.loads(done.stdout.splitlines()[-1])
    rows = lines(found)
    print("\n".join([*TABLE, *rows.values()]))
    if asked.keep:
        keep(rows)


def keep(rows):
    """Put the rows into the page: what was not measured now stays, and so does what people wrote above the table."""
    words, _, table = PAGE.read_text("utf-8").partition("\n".join(TABLE) + "\n")
    told = f"{date.today():%Y-%m-%d}, {os.cpu_count()} cores, Python {sys.version.split()[0]}"  # noqa: DTZ011
    known = {tuple(cell.strip() for cell in line.split("|")[1:3]): line for line in table.splitlines()}
    rows = [line for _, line in sorted((known | rows).items(), key=lambda row: float(row[0][1]))]
    PAGE.write_text("\n".join([DATED.sub(told, words) + TABLE[0], TABLE[1], *rows, ""]), "utf-8")


def lines(found):
    """(job, size) → its line of a Markdown table."""
    rows, before = {}, {}
    for size, jobs in found.items():
        for row in jobs:
            earlier = before.get(row["job"])
            growth = f"{row['ours'] / earlier:.1f}×" if earlier else ""
            ratio = f"{row['ours'] / row['floor']:.2f}" if row["floor"] else ""
            floor = seconds(row["floor"]) if row["floor"] else ""
            ours = row.get("said") or seconds(row["ours"])
            rows[row["job"], f"{size:g}"] = (
                f"| {row['job']} | {size:g} | {ours} | {floor} | {ratio} | {row['goal']} | "
                f"{row['queries']} | {row['peak']} | {growth} |"
            )
            before[row["job"]] = row["ours"]
    return rows


def seconds(figure):
    return f"{figure:.2f} s" if figure >= 1 else f"{figure * 1000:.1f} ms"


if __name__ == "__main__":
    main()
