"""`python -m tests.proofs.recompute 2025 --on 2026-03-31`: the grades as JSON, from the database of DATABASE_URL."""

import argparse
import json
import os
import sys
from datetime import date

import psycopg2

from .grading import year


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("year", type=int)
    parser.add_argument("--on", type=date.fromisoformat, required=True)
    parser.add_argument("--kind", choices=["", "committee"], default="", help="committee: 党委、党总支")
    asked = parser.parse_args()
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        found = year(asking(cursor), asked.year, asked.on, asked.kind)
    json.dump([told(result) for result in found], sys.stdout, ensure_ascii=False, indent=1)


def asking(cursor):
    """ask(sql, params) → the rows of a statement."""

    def ask(statement, params=None):
        cursor.execute(statement, params)
        return cursor.fetchall()

    return ask


def told(result):
    return {
        "branch": result.name,
        "parts": {key: [state, str(points)] for key, (state, points, _) in result.parts.items()},
        "dimensions": {key: None if points is None else str(points) for key, points in result.dimensions.items()},
        "total": None if result.total is None else str(result.total),
        "rank": result.rank,
        "group": result.group,
        "grade": result.grade,
    }


if __name__ == "__main__":
    main()
