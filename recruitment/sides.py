"""Who takes which step: the branch, an organisation above it, or who may see political reviews.

Nobody approves for the branch in which they serve, nor what they entered themselves (two persons for each decision).
"""

from django.core.exceptions import PermissionDenied, ValidationError

from branches.models import Branch
from branches.rights import may, require, serving

ABOVE = frozenset({
    "activist_filing", "prospect_filing", "prospect_training", "pre_review", "superior_talk", "committee_approval",
    "od_filing", "conversion_approval", "archive",
})  # fmt: skip
EITHER = frozenset({"oath"})  # 基层党委或党支部
GENERALS = frozenset({"superior_talk", "oath"})  # a 党总支 may enter these; it files and approves nothing (第二十三条)
APPROVALS = frozenset({"committee_approval", "conversion_approval", "extension_approval", "cancellation_approval"})
ANSWERS = {  # what an organisation above decides about, entered by another person
    "activist_filing": "confirm_activist",
    "prospect_filing": "confirm_prospect",
    "pre_review": "committee_screen",
    "committee_approval": "branch_vote",
    "conversion_approval": "conversion_vote",
}


def verb(key):
    """The verb of the side to which a step belongs."""
    if key == "political_review":
        return "review.edit"
    return "recruit.approve" if key in ABOVE | APPROVALS else "recruit.edit"


def needs_committee(keys):
    """Whether something among these steps is for a 党委 and not for a 党总支."""
    return bool((ABOVE | APPROVALS) - GENERALS & set(keys))


def organs(branch, by, *, generals=False):
    """The organisations above a branch for which this person may approve, the nearest first; a 党总支 only where it may."""
    above = [int(pk) for pk in branch.path.strip("/").split("/")[:-1]]
    found = Branch.objects.filter(pk__in=above, closed_on=None)
    if not generals:
        found = found.exclude(kind=Branch.Kind.GENERAL)
    return sorted(
        (organ for organ in found if may(by, "recruit.approve", at=organ)), key=lambda organ: -len(organ.path)
    )


def serves_in(branch, by):
    return any(path == branch.path for _, path in serving(by))


def above(branch, by, *, generals=False):
    """The organisations above for which this person acts; refuse whoever has none, or serves in the branch."""
    found = organs(branch, by, generals=generals)
    if not found:
        require(by, "recruit.approve", at=branch.parent)
        if organs(branch, by, generals=True):
            raise ValidationError("党总支不能审批、预审、备案，请由上级党委办理。（第二十三条）")
        raise PermissionDenied("您不能为本支部的上级党组织办理。")
    if serves_in(branch, by):
        raise ValidationError("您在这个支部任职，请由上级党组织的其他同志办理。")
    return found


def may_take(application, key, by, *, is_proved=False):
    """Whether the step is for this person; `is_proved`: a course on record speaks for itself, the branch may enter it."""
    branch = application.branch
    if (key in EITHER or is_proved) and may(by, "recruit.edit", at=branch):
        return True
    if key in ABOVE | APPROVALS | EITHER:
        return bool(organs(branch, by, generals=key in GENERALS)) and not serves_in(branch, by)
    return may(by, verb(key), at=branch)


def approving(application, key, by, *, organ=None, is_proved=False):
    """Refuse whoever may not take the step; the organisation above that takes it, or None when the branch does."""
    branch = application.branch
    if (key in EITHER or is_proved) and may(by, "recruit.edit", at=branch):
        return None
    if key not in ABOVE | APPROVALS | EITHER:
        require(by, verb(key), at=branch)
        return None
    found = above(branch, by, generals=key in GENERALS)
    if organ is None:  # whoever serves in a 党总支 and its 党委 acts for the 党委
        return next((each for each in found if each.kind != Branch.Kind.GENERAL), found[0])
    if organ not in found:
        raise ValidationError("请选您可以代为办理的上级党组织。")
    return organ
