"""人工指标: who is sent to judge, the assessor's own pages, the review of what two said, and what a third settles."""

from collections import Counter, defaultdict

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from assessment import judging, rounds
from assessment.forms.judge import BranchSearch, GraderFilter, GraderForm, JudgeForm, ReviewFilter, SettleForm
from assessment.models import Judgement, ManualScore, Round, Scheme
from assessment.views.round import SHOWN, seen_round
from assessment.views.year import checked
from branches.forms import search_word, whole_number
from branches.models import Branch
from branches.views.acting import acted, refuse

State = Round.State
ABOVE = (Branch.Kind.COMMITTEE, Branch.Kind.GENERAL)


def judged_round(request, year):
    """The round in which somebody judges, or None while there is none."""
    rows = Round.objects.visible_to(request.user).select_related("scheme", "committee_scheme")
    return rows.filter(year=checked(year)).first()


# ---- the assessor


def _to_judge(request, round):
    """The organisations in the hands of the reader that the round grades, by the scheme."""
    mine = Branch.objects.visible_to(request.user, verb="score.judge")
    return mine.filter(pk__in=judging.judged(round, timezone.localdate()).values("pk")).in_order()


def _parts(round):
    """Every part that is judged: by the scheme of the branches first, then of the committees; a key never stands twice."""
    found = {}
    for kind, content in judging.schemes_of(round):
        for item, part in judging.manual_parts(content):
            found.setdefault((kind, part["key"]), {"kind": kind, "item": item, "part": part})
    return list(found.values())


def _forms(request, lines, year):
    """One form a line; `lines` are (branch, part, name). Only the reader's own judgements fill them."""
    branches = {branch.pk for branch, _, _ in lines}
    rows = Judgement.objects.visible_to(request.user, verb="score.judge").filter(
        year=year, assessor=request.user, branch__in=branches
    )
    known = {(row.branch_id, row.part): row for row in rows}
    return [
        JudgeForm(
            request.POST or None, branch=branch, part=part, name=name, prefix=f"b{branch.pk}-{part['key']}".replace(".", "_"),
            initial={"points": row.points, "reason": row.reason, "version": row.version}
            if (row := known.get((branch.pk, part["key"]))) else None,
        )
        for branch, part, name in lines
    ], known  # fmt: skip


def _counts(request, round, parts):
    """[(how many are judged, how many are to be)] of each part, in the reader's hands."""
    hands = list(_to_judge(request, round).values_list("pk", "kind", "stage"))
    mine = Judgement.objects.visible_to(request.user, verb="score.judge").filter(year=round.year, assessor=request.user)
    done = set(mine.values_list("branch", "part"))
    found = []
    for each in parts:
        is_committee, stages = each["kind"] == Scheme.Kind.COMMITTEE, each["part"].get("stages")
        of_part = [
            pk for pk, kind, stage in hands if (kind in ABOVE) == is_committee and (not stages or stage in stages)
        ]
        found.append((sum((pk, each["part"]["key"]) in done for pk in of_part), len(of_part)))
    return found


def _save(request, year, forms, unit):
    """Write what was changed; True when it is on record."""
    try:
        entries = [form.entry for form in forms if form.has_changed()]
        written = judging.judge(year, entries, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return False
    messages.success(request, f"已保存 {written} {unit}的评定。" if written else "没有改动。")
    return True


def _problems(forms):
    return [
        {"branch": form.name, "label": form[field].label, "id": form[field].auto_id, "message": message}
        for form in forms
        for field, found in form.errors.items()
        for message in found
    ]


@require_safe
@policy("score.judge")
def judging_now(request):
    """To the round that is judged; else to the newest."""
    rows = Round.objects.visible_to(request.user)
    found = rows.filter(state__in=judging.JUDGING).first() or rows.first()
    return redirect("assessment:judge", found.year if found else timezone.localdate().year)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.judge")
def judge(request, year):
    """One part over all organisations in the reader's hands."""
    round = judged_round(request, year)
    if round is None or not (parts := _parts(round)):
        return render(request, "assessment/judge_none.html", {"year": year, "round": round})
    counts = _counts(request, round, parts)
    unfinished = next((each for each, (done, all_of) in zip(parts, counts, strict=True) if done < all_of), parts[0])
    key = request.POST.get("part") or request.GET.get("part") or unfinished["part"]["key"]
    chosen = next((each for each in parts if each["part"]["key"] == key), None)
    if chosen is None:
        raise Http404
    name, part = search_word(request.GET), chosen["part"]
    branches = _to_judge(request, round)
    is_committee = chosen["kind"] == Scheme.Kind.COMMITTEE
    branches = branches.filter(kind__in=ABOVE) if is_committee else branches.exclude(kind__in=ABOVE)
    if part.get("stages"):
        branches = branches.filter(stage__in=part["stages"])
    page = Paginator(branches.filter(name__contains=name) if name else branches, SHOWN).get_page(
        request.GET.get("page")
    )
    forms, _ = _forms(request, [(branch, part, branch.name) for branch in page], year)
    found = [form.is_valid() for form in forms]  # each of them, so that all errors show at once
    is_open = round.state in judging.JUDGING
    if request.method == "POST" and all(found) and _save(request, year, forms, "个单位"):
        return redirect(request.get_full_path())
    judged, total = counts[parts.index(chosen)]
    context = {
        "year": year, "round": round, "is_open": is_open, "page": page, "forms": forms, "total": total,
        "judged": judged, "is_all_judged": total > 0 and all(done == all_of for done, all_of in counts),
        "item": chosen["item"], "part": part, "title": judging.title_of(chosen["item"], part),
        "search": BranchSearch(initial={"q": name, "part": key}), "problems": _problems(forms),
        "parts": [
            {"label": judging.title_of(each["item"], each["part"]), "url": f"?part={each['part']['key']}",
             "is_chosen": each is chosen, "judged": done, "total": all_of}
            for each, (done, all_of) in zip(parts, counts, strict=True) if all_of or each is chosen
        ],
    }  # fmt: skip
    return render(request, "assessment/judge.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.judge")
def judge_branch(request, year, pk):
    """One organisation over all its parts."""
    round = judged_round(request, year)
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="score.judge"), pk=pk)
    content = judging.content_of(round, judging.kind_of(branch, year)) if round else None
    if content is None or not judging.graded(round, timezone.localdate()).filter(pk=pk).exists():
        return render(request, "assessment/judge_none.html", {"year": year, "round": round})
    lines = judging.manual_parts(content, branch.stage)
    forms, _ = _forms(request, [(branch, part, judging.title_of(item, part)) for item, part in lines], year)
    found = [form.is_valid() for form in forms]
    is_open = round.state in judging.JUDGING
    if request.method == "POST" and all(found) and _save(request, year, forms, "项"):
        return redirect("assessment:judge", year)
    context = {
        "year": year, "round": round, "branch": branch, "is_open": is_open, "forms": forms, "problems": _problems(forms),
        "rows": [
            {"form": form, "item": item, "part": part} for form, (item, part) in zip(forms, lines, strict=True)
        ],
    }  # fmt: skip
    return render(request, "assessment/judge_branch.html", context)


# ---- who is sent


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.settle")
def graders(request, year):
    """Two assessors for each organisation: sent for a whole 党委, or one by one; and taken back."""
    round, today = seen_round(request, year), timezone.localdate()
    if "release" in request.POST:
        return _release(request, year, today)
    sends = Branch.objects.visible_to(request.user, verb="score.settle")
    whole = sends.filter(pk__in=judging.judged(round, today).values("pk"))
    is_open = round.state in (State.SELF_CHECK, *judging.JUDGING)
    day = today if is_open else min(today, round.judging_until)  # afterwards: who it was
    short_of = rounds.assessed(whole, day).filter(sent__lt=judging.TWO).values("pk")
    under = sends.filter(kind__in=[Branch.Kind.COMMITTEE, Branch.Kind.GENERAL]).at_work(today).in_order()
    form = GraderForm(
        request.POST or None, on=today, under=under, open_ones=whole.filter(pk__in=short_of).in_order(),
        initial={"until": max(round.judging_until, today)},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            with transaction.atomic():
                for person in found["people"]:
                    judging.assign(
                        year,
                        person,
                        found["chosen"],
                        until=found["until"],
                        group=found["group"],
                        by=request.user,
                        on=today,
                    )
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"{'、'.join(map(str, found['people']))}评 {len(found['chosen'])} 个党组织。")
            return redirect("assessment:graders", year)
    asked = GraderFilter(request.GET)
    listed = whole
    if "q" in asked.asked:
        listed = listed.filter(name__contains=asked.asked["q"])
    if state := asked.asked.get("state"):
        listed = listed.filter(pk__in=short_of) if state == "short" else listed.exclude(pk__in=short_of)
    page = Paginator(listed.in_order(), SHOWN).get_page(request.GET.get("page"))
    sent = judging.graders(list(page), day)
    context = {
        "round": round, "year": year, "form": form, "filter": asked, "page": page, "query": request.GET,
        "is_open": is_open, "short": whole.filter(pk__in=short_of).count(),
        "whole": whole.count(), "people": _people(whole, day),
        "rows": [{"branch": branch, "people": sent[branch.pk]} for branch in page],
    }  # fmt: skip
    return render(request, "assessment/judge_graders.html", context)


def _people(whole, today):
    """[(person, how many organisations)] in the order of their names."""
    counts = Counter(user for people in judging.graders(whole, today).values() for user in people)
    return sorted(counts.items(), key=lambda pair: (str(pair[0]), pair[0].pk))


def _release(request, year, today):
    """Out of the hands of the person `release`: one organisation, or without `branch` all of them."""
    whole = Branch.objects.visible_to(request.user, verb="score.settle").in_order()
    asked = whole_number(request.POST.get("branch"))
    if asked is not None:
        whole = whole.filter(pk=asked)
    person, taken = whole_number(request.POST.get("release")), []
    sent = judging.graders(whole, today)
    for branch in whole.filter(pk__in=sent):
        taken += [(branch, user) for user in sent[branch.pk] if user.pk == person]
    if not taken:
        raise Http404
    try:
        judging.release(year, taken[0][1], [branch for branch, _ in taken], by=request.user, on=today)
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    else:
        messages.success(request, f"已从{taken[0][1]}手里收回 {len(taken)} 个党组织。")
    return redirect("assessment:graders", year)


# ---- the review


@require_safe
@policy("score.settle")
def review(request, year):
    """What two assessors said where they lie apart, what was not judged yet, what a third has settled."""
    round, user, today = seen_round(request, year), request.user, timezone.localdate()
    form = ReviewFilter(request.GET)
    what = form.asked.get("what", "differences")
    reach = Branch.objects.visible_to(user, verb="score.settle")
    if "q" in form.asked:
        reach = reach.filter(name__contains=form.asked["q"])
    find, show = LISTS[what]
    page = Paginator(find(round, reach, user, today), SHOWN).get_page(request.GET.get("page"))
    found = rounds.progress(round, today)
    context = {
        "round": round, "year": year, "form": form, "what": what, "page": page, "query": request.GET,
        "rows": show(round, list(page), user, today), "found": found, "is_open": round.state in judging.JUDGING,
        "contests": found.contests, "hindrances": rounds.hindrances(round, today, found),
        "tabs": [
            {"what": "differences", "label": f"评分差距 {found.differences}", "is_shown": what == "differences"},
            {"what": "missing", "label": f"没有评完 {found.missing}", "is_shown": what == "missing"},
            {"what": "settled", "label": "已复核", "is_shown": what == "settled"},
        ],
    }  # fmt: skip
    return render(request, "assessment/judge_review.html", context)


def _apart(round, reach, user, today):
    """Pairs (organisation id, part) in 单位序."""
    rows = rounds.differences(round).filter(branch__in=reach.values("pk"))
    return rows.order_by("branch__order", "branch", "part").values_list("branch", "part")


def _settled(round, reach, user, today):
    rows = ManualScore.objects.visible_to(user).filter(year=round.year, is_settled=True, branch__in=reach.values("pk"))
    return rows.order_by("branch__order", "branch", "part").values_list("branch", "part")


def _missing(round, reach, user, today):
    return rounds.unjudged(round, reach, today)


def _with_judgements(round, pairs, user, today):
    """Each pair with what the two said, as far as the reader may see it: who judged it too sees the own points alone."""
    branches, parts = {branch for branch, _ in pairs}, {part for _, part in pairs}
    names = Branch.objects.visible_to(user, verb="score.settle").in_bulk(branches)
    two = defaultdict(list)
    rows = Judgement.objects.visible_to(user).filter(year=round.year, branch__in=branches, part__in=parts)
    for row in rows.select_related("assessor").order_by("pk"):
        two[row.branch_id, row.part].append(row)
    kept = ManualScore.objects.visible_to(user).filter(year=round.year, branch__in=branches, part__in=parts)
    counted = {(row.branch_id, row.part): row for row in kept.select_related("judged_by")}
    found, kinds = [], judging.kinds_of(names.values(), round.year)
    for pk, key in pairs:
        branch = names[pk]
        item, part = judging.part_of(judging.content_of(round, kinds[pk]), branch, key)
        given = two[pk, key]
        found.append({
            "branch": branch, "title": judging.title_of(item, part), "most": part["points"], "two": given,
            "apart": abs(given[0].points - given[1].points) if len(given) == judging.TWO else None,
            "counted": counted.get((pk, key)), "key": key,
            "may_settle": round.state in judging.JUDGING and user.pk not in {row.assessor_id for row in given},
        })  # fmt: skip
    return found


def _with_people(round, rows, user, today):
    """Each organisation with who is to judge it and how much is left."""
    names = Branch.objects.visible_to(user, verb="score.settle").in_bulk([pk for pk, _ in rows])
    sent = judging.graders(list(names.values()), today)
    return [{"branch": names[pk], "left": left, "people": sent[pk]} for pk, left in rows]


LISTS = {
    "differences": (_apart, _with_judgements), "missing": (_missing, _with_people),
    "settled": (_settled, _with_judgements),
}  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy("score.settle")
def settle(request, year, pk):
    """One part of one organisation: what the two said, and what counts."""
    round, user = seen_round(request, year), request.user
    branch = get_object_or_404(Branch.objects.visible_to(user, verb="score.settle"), pk=pk)
    key = request.POST.get("part") or request.GET.get("part") or ""
    content = judging.content_of(round, judging.kind_of(branch, year))
    lines = judging.manual_parts(content, branch.stage) if content else []
    chosen = next((line for line in lines if line[1]["key"] == key), None)
    if chosen is None:
        messages.warning(request, "请从复核清单里选要复核的项目。")
        return redirect("assessment:review", year)
    row = _with_judgements(round, [(branch.pk, key)], user, timezone.localdate())[0]
    counted = row["counted"] if row["counted"] and row["counted"].is_settled else None
    first = {"points": counted.points, "reason": counted.reason, "version": counted.version} if counted else None
    form = SettleForm(request.POST or None, initial=first)

    def act():
        return judging.settle(year, branch, key, **form.cleaned_data, by=user, on=timezone.localdate())

    def fresh():
        return ManualScore.objects.visible_to(user).get(year=year, branch=branch, part=key)

    return acted(
        request, form, act, f"已复核{branch}的“{row['title']}”。", reverse("assessment:review", args=[year]),
        "assessment/judge_settle.html", fresh=fresh, round=round, year=year, row=row, item=chosen[0], part=chosen[1],
    )  # fmt: skip
