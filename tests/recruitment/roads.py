"""A lawful road with its days typed by hand, and the working days around 国庆 2026 as the State Council announced them."""

from datetime import date

from recruitment.legality import Act, Case

HOLIDAYS = {date(2026, 10, day) for day in range(1, 8)} | {date(2026, 5, 1), date(2026, 5, 4), date(2026, 5, 5)}
WORKED = {date(2026, 9, 20), date(2026, 10, 10), date(2026, 5, 9)}  # 调休上班
FULL = {"full": True}
ROAD = [  # the steps before the change of edition in May 2026
    Act("apply", date(2023, 9, 1), {"received_on": date(2023, 9, 4)}),
    Act("initial_talk", date(2023, 9, 20)),
    Act("confirm_activist", date(2024, 3, 18), {"recommended_by": "团支部推优"}),
    Act("activist_filing", date(2024, 3, 26)),
    Act("assign_mentor", date(2024, 3, 28), {"mentors": [FULL, FULL]}),
    Act("cultivate", date(2024, 9, 10)),
    Act("cultivate", date(2025, 3, 10)),
    Act("confirm_prospect", date(2025, 4, 7), {"opinions": "同意"}),
    Act("prospect_filing", date(2025, 4, 15)),
    Act("assign_sponsors", date(2025, 4, 16), {"sponsors": [FULL, FULL]}),
    Act("political_review", date(2025, 5, 20), {"conclusion": "passed"}),
    Act("prospect_training", date(2025, 6, 13), {"days": 3, "hours": 24, "passed": True}),
    Act("committee_screen", date(2025, 6, 20)),
    Act("pre_review", date(2025, 7, 1), {"conclusion": "passed"}),
    Act("fill_application_form", date(2025, 7, 3), {"form_number": "530000001"}),
    Act("branch_vote", date(2025, 7, 10), {"vote": {"entitled": 11, "present": 9, "in_favour": 9, "secret": True}}),
    Act("superior_talk", date(2025, 7, 20)),
    Act("committee_approval", date(2025, 8, 30), {"approver": "committee"}),
    Act("od_filing", date(2025, 9, 5)),
    Act("assign_group", date(2025, 9, 6)),
    Act("oath", date(2025, 9, 10)),
    Act("probation_review", date(2025, 10, 10)),
]


def is_working(day):
    return day in WORKED or (day.weekday() < 5 and day not in HOLIDAYS)


def road(before, *, born=date(1995, 5, 17), extended=0, **changed):
    """The road up to, and without, a step; `changed`: step=date or step=(date, data) in place of the usual."""
    acts = []
    for act in ROAD:
        if act.step == before:
            break
        new = changed.get(act.step)
        if new is not None:
            on, data = new if isinstance(new, tuple) else (new, act.data)
            act = Act(act.step, on, data)
        acts.append(act)
    return Case(tuple(acts), born=born, extended=extended)
