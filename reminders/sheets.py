"""催办单 and 电话单: what is overdue, by organisation, and whom to ring about it."""

from collections import defaultdict
from datetime import timedelta

import vault
from branches.models import Branch, Term
from duties.models import Duty
from duties.periods import labels
from members.models import Post
from rulebook.book import value
from vault.masks import mask_phone


def due(user, on, verb):
    """What is over its last day, still open and not yet forgotten, in the organisations in which the person holds the verb."""
    kept = timedelta(days=value("remind.duty", on=on)["options"]["kept"])
    return Duty.objects.visible_to(user, verb=verb).filter(
        due_on__lt=on,
        ends_on__gte=on - kept,
        met_on=None,
        branch__in=Branch.objects.visible_to(user).at_work(on),
    )


def overdue(user, on, *, verb, rule="", name=""):
    """Per organisation, in 单位序, what is overdue and still open: rows {branch, upper, items}. Four queries at most."""
    duties = due(user, on, verb)
    if rule:
        duties = duties.filter(rule=rule)
    if name:
        duties = duties.filter(branch__name__contains=name)
    names, rows = labels(on), defaultdict(list)
    branches = {}
    found = duties.select_related("branch__parent", "notice").order_by("branch__order", "branch", "due_on", "pk")
    for duty in found:
        branches[duty.branch_id] = duty.branch
        title = duty.label if duty.notice_id else f"{duty.label}{names.get(duty.rule, '')}"
        rows[duty.branch_id].append({"title": title, "due_on": duty.due_on, "days": (on - duty.due_on).days})
    return [{"branch": branches[pk], "upper": branches[pk].parent, "items": items} for pk, items in rows.items()]


def as_text(rows, on, organ):
    """The sheet as one would paste it into a group: organisations and matters, no person."""
    if not rows:
        return ""
    lines = [
        f"{number}. {row['branch']}：{'、'.join(item['title'] for item in row['items'])}"
        for number, row in enumerate(rows, 1)
    ]
    head = f"【催办】截至 {on.month} 月 {on.day} 日，以下 {len(rows)} 个党组织有逾期未办的事项，请尽快办理，已办的请及时登记："
    return "\n".join([head, *lines, str(organ)])


def callers(user, branches, on):
    """branch key → (secretary's name, phone in clear): of the member in the post, else of the organisation itself."""
    found = {
        branch.pk: ("", vault.reveal(branch, "contact_phone") if branch.contact_phone else "") for branch in branches
    }
    for term in Term.objects.visible_to(user).filter(branch__in=found).on(on):
        found[term.branch_id] = (term.secretary_name, found[term.branch_id][1])
    posts = (
        Post.objects.visible_to(user)
        .filter(term__branch__in=found, office=Post.Office.SECRETARY, started_on__lte=on)
        .exclude(ended_on__lt=on)
        .select_related("term", "member")
        .order_by("started_on")
    )
    for post in posts:
        phone = vault.reveal(post.member, "phone") or found[post.term.branch_id][1]
        found[post.term.branch_id] = (post.member.name, phone)
    return found


def with_phones(user, rows, on, *, in_full):
    """The rows of `overdue` with the secretary's name and number, masked unless `in_full`."""
    known = callers(user, [row["branch"] for row in rows], on)
    return [
        row | {"secretary": name, "phone": phone if in_full else mask_phone(phone)}
        for row in rows
        for name, phone in [known[row["branch"].pk]]
    ]
