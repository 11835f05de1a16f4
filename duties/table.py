"""Branches × duties as the pages show them: finished rows for components/matrix.html."""

import calendar

from django.urls import reverse

from duties import matrix

SOON = 7  # days
FINE = {"done", "na"}  # what the phone leaves out: nothing to do about it


def month_end(day):
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def rows(branches, year, on):
    """One row per branch: name, link to its year, how much is fine, and a finished cell per duty rule."""
    return [_row(branch, cells, year) for branch, cells in matrix.rows(branches, year, on)]


def _row(branch, cells, year):
    owed = [cell for cell in cells if cell.state != "na"]
    fine = sum(cell.state == "done" for cell in owed)
    return {
        "name": branch.name,
        "url": f"{reverse('duties:list')}?branch={branch.pk}&year={year}",
        "stage": branch.get_stage_display(),
        "sum": f"{len(owed)} 项全部办好" if fine == len(owed) else f"{len(owed)} 项中 {fine} 项全办",
        "is_fine": fine == len(owed),
        "cells": [
            {
                "state": cell.state,
                "label": cell.label,
                "word": cell.word,
                "figure": "—" if cell.state == "na" else f"{cell.met}/{cell.owed or cell.open}",
                "is_fine": cell.state in FINE,
            }
            for cell in cells
        ],
    }
