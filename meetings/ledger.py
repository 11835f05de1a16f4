"""Activities as the lines of a ledger: in words for a page and for paper, and as a workbook."""

from datetime import datetime, time

from django.db.models import Count

from meetings.activities import COLUMNS, GROUPS, kinds
from office.writer import Workbook

HEADS = (
    "序号",
    "日期",
    "党组织",
    "台账",
    "种类",
    "事项",
    "编号",
    "数量",
    "时长（小时）",
    "对象党组织",
    "人员",
    "其他内容",
    "状态",
)
WIDTHS = (6, 12, 30, 14, 18, 34, 16, 8, 10, 26, 30, 46, 8)


def for_lines(activities):
    """All that a line shows, in two queries."""
    return activities.select_related("branch", "about").prefetch_related("people").order_by("-held_on", "-pk")


def facts(activity):
    """(label, words) of every column and question that its kind asks for and that was answered."""
    kind = kinds()[activity.kind]
    found = [(kind.asks[name], _told(activity, name)) for name in COLUMNS if name in kind.asks]
    found += [(question.label, question.told(activity.answers.get(question.key))) for question in kind.questions]
    return [(label, words) for label, words in found if words]


def _told(activity, name):
    if name == "people":
        return "、".join(str(person) for person in activity.people.all())
    found = getattr(activity, name)
    if name == "hours" and found is not None:
        return f"{found.normalize():f}"
    return "" if found is None else str(found)


def line(activity):
    """One activity in words: what it was in a few, and the rest beside it."""
    kind = kinds()[activity.kind]
    rest = facts(activity)
    title = activity.title or (str(activity.about) if activity.about_id else kind.label)
    return {
        "activity": activity, "kind": kind, "title": title, "is_withdrawn": activity.withdrawn_at is not None,
        "rest": [(label, words) for label, words in rest if words != title],
    }  # fmt: skip


def counts(activities):
    """Per ledger, in order: its label and (kind, number) of what was entered and stands."""
    found = dict(activities.counted().order_by().values_list("kind").annotate(Count("pk")))
    return [
        {
            "key": group, "label": label, "total": sum(found.get(kind.key, 0) for kind in of_group),
            "kinds": [(kind, found[kind.key]) for kind in of_group if kind.key in found],
        }
        for group, label in GROUPS.items()
        for of_group in [[kind for kind in kinds().values() if kind.group == group]]
    ]  # fmt: skip


def as_workbook(activities, title, *, on):
    """The activities as one sheet, ready to print."""
    book = Workbook(title=title, created=datetime.combine(on, time()))
    sheet = book.add_table("工作纪实", HEADS, [], title=title, widths=WIDTHS)
    for number, activity in enumerate(for_lines(activities), 1):
        kind = kinds()[activity.kind]
        answers = [(question.label, question.told(activity.answers.get(question.key))) for question in kind.questions]
        sheet.append(
            [
                number, activity.held_on, activity.branch.name, GROUPS[kind.group], kind.label, activity.title,
                activity.number, activity.count, activity.hours, str(activity.about or ""), _told(activity, "people"),
                "；".join(f"{label}：{words}" for label, words in answers if words),
                "已撤销" if activity.withdrawn_at else "",
            ],
            text_wrap=True,
        )  # fmt: skip
    return book.close()
