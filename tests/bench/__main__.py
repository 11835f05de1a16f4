"""`make bench`: each job of the portal against the least that could do the same work here (shared bar: performance).

Every size is built and measured by a process of its own on servers of its own; the table goes to docs/benchmarks.md.
Nothing fails: the figures are for reading.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/benchmarks.md"
HEAD = """# Benchmarks

`make bench` builds the demo county at sizes 1 and 10 (120 and 1,200 organisations; `make bench SIZES="1 10 100"` for more) and
runs each job and its floor, the least that could do the same work on the same machine, in turn. Machines differ: read the ratio.
Seconds are medians of {rounds} runs, of one run where it takes longer than ten seconds. Peak memory is that of the process that
did the job alone, in brackets how much more that is than before it, and the same of the floor. Growth is to the size before.
The rows are the same at every size where the name of the job says how many.
"""


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
    text = table(found)
    print(text)
    if asked.keep:
        note = f"\n{date.today():%Y-%m-%d}, {os.cpu_count()} cores, Python {sys.version.split()[0]}.\n\n"  # noqa: DTZ011
        PAGE.write_text(HEAD.format(rounds=asked.rounds) + note + text + "\n", "utf-8")


def table(found):
    """A Markdown table: one line per job and size."""
    lines = [
        "| job | size | ours | floor | ratio | goal | queries | peak MB | growth |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    before = {}
    for size, rows in found.items():
        for row in rows:
            earlier = before.get(row["job"])
            growth = f"{row['ours'] / earlier:.1f}×" if earlier else ""
            ratio = f"{row['ours'] / row['floor']:.2f}" if row["floor"] else ""
            floor = seconds(row["floor"]) if row["floor"] else ""
            ours = row.get("said") or seconds(row["ours"])
            lines.append(
                f"| {row['job']} | {size:g} | {ours} | {floor} | {ratio} | {row['goal']} | "
                f"{row['queries']} | {row['peak']} | {growth} |"
            )
            before[row["job"]] = row["ours"]
    return "\n".join(lines)


def seconds(figure):
    return f"{figure:.2f} s" if figure >= 1 else f"{figure * 1000:.1f} ms"


if __name__ == "__main__":
    main()
