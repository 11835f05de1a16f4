"""The round of a year: one page with its steps, what is next and who must act; opening, dates, publication, the decision."""

from dateutil.relativedelta import relativedelta
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import audit
from accounts.policy import policy
from assessment import praise, results, rounds, scoring
from assessment.forms.round import DatesForm, DecideFilter, FinalForm, OpenForm, VerdictForm, VersionForm
from assessment.judging import kind_of, schemes_of
from assessment.models import Round, Scheme, Seal, Verdict, Veto
from assessment.views.year import checked
from branches.actions import root
from branches.models import Branch
from branches.rights import may
from branches.views.acting import acted
from rulebook.book import in_force, is_calendar_known, rules

SHOWN = 30
State = Round.State
DECIDED = (State.DECIDING, State.FINAL)
TARGET = "assessment.target"


def seen_round(request, year):
    rows = Round.objects.visible_to(request.user).select_related("scheme", "committee_scheme", "opened_by", "final_by")
    return get_object_or_404(rows, year=checked(year))


@require_safe
@policy("round.see")
def round_list(request):
    """The rounds of all years, and the way to begin the next."""
    today = timezone.localdate()
    unanswered = Count("objections", filter=Q(objections__answered_at=None))
    rows = Round.objects.visible_to(request.user).select_related("scheme").annotate(unanswered=unanswered)
    found = list(rows.order_by("-year"))
    known = {row.year for row in found}
    ready = [year for year in (today.year, today.year - 1) if year not in known]
    context = {
        "rows": [{"round": row, "sign": _sign(row)} for row in found],
        "may_open": bool(ready) and may(request.user, "round.run"),
    }
    return render(request, "assessment/round_list.html", context)


def _sign(row):
    return {State.FINAL: "done", State.PUBLISHED: "late"}.get(row.state, "wait")


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def round_open(request):
    today = timezone.localdate()
    known = {row.year for row in Round.objects.visible_to(request.user)}
    years = [year for year in (today.year, today.year - 1) if year not in known]
    form = OpenForm(request.POST or None, years=years, initial=_as_last_time(request, years, today))

    def act():
        return rounds.open_round(**form.cleaned_data, by=request.user, on=today)

    return acted(
        request, form, act, "年度考核已启动。", lambda made: reverse("assessment:round", args=[made.year]),
        "assessment/round_open.html", cancel=reverse("assessment:rounds"), years=years,
    )  # fmt: skip


def _as_last_time(request, years, today):
    """The same days of the year as in the round before, where they are still to come; somebody looks at them anyway."""
    last = Round.objects.visible_to(request.user).order_by("-year").first()
    if last is None or not years:
        return {}
    days = {
        name: getattr(last, name) + relativedelta(years=years[0] - last.year)
        for name in ("self_check_until", "judging_until")
    }
    return days if min(days.values()) >= today else {}


@require_safe
@policy("round.see")
def round_detail(request, year):
    round, today, user = seen_round(request, year), timezone.localdate(), request.user
    found = rounds.progress(round, today)
    hindrances = rounds.hindrances(round, today, found)
    runs = may(user, "round.run")
    context = {
        "round": round, "year": year, "today": today, "steps": _steps(round, today), "found": found,
        "hindrances": hindrances, "next": _next(round, found, hindrances, user), "tiles": _tiles(round, found, user),
        "may_run": runs, "may_settle": may(user, "score.settle"), "may_veto": may(user, "veto.see"),
        "may_redate": runs and round.state in (State.SELF_CHECK, State.JUDGING, State.REVIEW),
        "may_export": may(user, "grade.export"), "may_use": may(user, "use.see"),
        "may_praise": runs and round.state == State.FINAL and may(user, "notice.issue", at=root()),
        "is_published": round.state in (State.PUBLISHED, *DECIDED), "seals": _seals(round, user),
        "may_reopen": runs and round.state in (State.PUBLISHED, State.DECIDING),
        "events": audit.of(round)[:20], "is_decided": round.state in DECIDED,
    }  # fmt: skip
    return render(request, "assessment/round.html", context)


def _seals(round, user):
    return list(Seal.objects.visible_to(user).filter(round=round).only("number", "kind", "stage", "as_of", "round"))


def _steps(round, today):
    """(state, words, days, who) of each step, for the timeline."""
    order = list(State)
    here = order.index(State(round.state))
    rows = [
        ("支部自查", f"{_md(round.opened_on)} 至 {_md(round.self_check_until)}", "各党支部", round.self_check_until),
        ("考评组评分", f"至 {_md(round.judging_until)}", "考评组，每个支部两人", round.judging_until),
        ("复核", "评分差距、漏评和自查异议办结", "工委办公室", None),
        ("公布，受理异议", _window(round), "工委办公室公布、答复；各支部核对", round.objections_until),
        ("拟定等次", "异议期满、答复办结以后", "工委办公室", None),
        (
            "工委会议审定",
            f"{_md(round.meeting_on)}，{round.minutes_number}" if round.meeting_on else "登记会议日期和纪要号后封存",
            "工委",
            None,
        ),
    ]
    is_final = round.state == State.FINAL
    return [
        {
            "label": label, "days": days, "who": who, "is_now": number == here and not is_final,
            "state": "done" if number < here or is_final else "late" if number == here and until and until < today
            else "wait",
            "word": "已完成" if number < here or is_final else "进行中" if number == here else "未到",
        }
        for number, (label, days, who, until) in enumerate(rows)
    ]  # fmt: skip


def _window(round):
    if round.published_on is None:
        return "公布后 5 个工作日".replace("5", str(in_force(on=round.opened_on)["assessment.objection_days"].value))
    return f"{_md(round.published_on)} 公布，异议至 {_md(round.objections_until)}"


def _md(day):
    return f"{day:%Y-%m-%d}"


def _next(round, found, hindrances, user):
    """What is to be done now and by whom, with the button for who may."""
    year = round.year
    runs, finals = may(user, "round.run"), may(user, "round.final")
    if round.state in rounds.NEXT:
        return {
            "label": rounds.NEXT[round.state][1],
            "moves": runs and not hindrances,
            "url": "",
        }
    if round.state == State.REVIEW:
        url = reverse("assessment:round_publish", args=[year]) if runs and not hindrances else ""
        return {"label": "公布得分", "moves": False, "url": url}
    if round.state == State.DECIDING:
        url = reverse("assessment:round_final", args=[year]) if finals and not hindrances else ""
        return {"label": "登记工委会议审定", "moves": False, "url": url}
    return None


def _tiles(round, found, user):
    year = round.year
    settles = may(user, "score.settle")
    review = reverse("assessment:review", args=[year]) if settles else ""
    objections = reverse("assessment:objections", args=[year])
    tiles = [
        {"label": "已交自查", "value": found.submitted, "unit": f"／{found.organisations}",
         "url": reverse("assessment:self_checks", args=[year]), "state": ""},
        {"label": "已评定", "value": found.counted, "unit": f"／{found.needed} 项",
         "url": f"{review}?what=missing" if review else "", "state": ""},
        {"label": "评分差距待复核", "value": found.differences, "url": f"{review}?what=differences" if review else "",
         "state": "late" if found.differences else ""},
        {"label": "异议待答复", "value": found.contests + found.objections, "url": f"{objections}?state=waiting",
         "state": "late" if found.contests + found.objections else ""},
    ]  # fmt: skip
    if round.state in (State.SELF_CHECK, State.JUDGING, State.REVIEW) and settles:
        tiles.append(
            {"label": "没有派满两位", "value": found.not_two, "note": "个党组织", "state": "late" if found.not_two else "",
             "url": f"{reverse('assessment:graders', args=[year])}?state=short"}
        )  # fmt: skip
    return tiles


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def round_dates(request, year):
    round = seen_round(request, year)
    first = {name: getattr(round, name) for name in ("self_check_until", "judging_until", "version")}
    form = DatesForm(request.POST or None, initial=first)

    def act():
        return rounds.redate(year, **form.cleaned_data, by=request.user, on=timezone.localdate())

    return acted(
        request, form, act, "日期已改。", reverse("assessment:round", args=[year]), "assessment/round_dates.html",
        fresh=lambda: seen_round(request, year), round=round, year=year,
    )  # fmt: skip


@require_POST
@policy("round.run")
def round_move(request, year):
    round, form = seen_round(request, year), VersionForm(request.POST)
    try:
        if not form.is_valid():
            raise ValidationError("请从考核页面办理。")
        moved = rounds.move_on(year, version=form.cleaned_data["version"], by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "".join(error.messages))
    else:
        messages.success(request, f"已转入“{moved.get_state_display()}”。")
    return redirect("assessment:round", round.year)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.run")
def round_publish(request, year):
    """What will be sealed and until when one may object; the button only when nothing hinders it."""
    round, today = seen_round(request, year), timezone.localdate()
    form = VersionForm(request.POST or None, initial={"version": round.version})

    def act():
        return rounds.publish(year, version=form.cleaned_data["version"], by=request.user, on=today)

    until = rounds.window(today)
    return acted(
        request, form, act, "得分已公布并封存，开始受理异议。", reverse("assessment:round", args=[year]),
        "assessment/round_publish.html", fresh=lambda: seen_round(request, year), round=round, year=year,
        hindrances=rounds.hindrances(round, today) if round.state == State.REVIEW else [],
        is_review=round.state == State.REVIEW, until=until, as_of=scoring.last_day(year, today),
        is_calendar_known=is_calendar_known(until.year), rule=in_force(on=today)["assessment.objection_days"],
    )  # fmt: skip


# ---- the decision


@require_safe
@policy("round.see")
def round_decide(request, year):
    """The proposed grades beside what was published, the 工委会议 beside both."""
    round, user = seen_round(request, year), request.user
    if round.state not in (State.PUBLISHED, *DECIDED):
        messages.warning(request, "得分公布以后才有拟定等次。")
        return redirect("assessment:round", year)
    kinds = [kind for kind, _ in schemes_of(round)]
    asked = request.GET.get("kind", "")
    kind = Scheme.Kind(asked) if asked in kinds else kinds[0]
    content = dict(schemes_of(round))[kind]
    grades = rounds.labels(content)
    form = DecideFilter(
        request.GET, grade=[("", "全部等次"), *((each, each) for each in grades)], kind=[(each, each) for each in kinds]
    )
    visible = set(Branch.objects.visible_to(user, verb="round.see").values_list("pk", flat=True))
    verdicts = {row.branch_id: row for row in Verdict.objects.visible_to(user).filter(round=round)}
    before = rounds.published(round, kind)
    now = [each for each in results.proposed(round, kind=kind) if each.branch.pk in visible]
    rows = [_decided(each, before.get(each.branch.pk), verdicts.get(each.branch.pk)) for each in now]
    shown = [row for row in rows if _is_asked(row, form.asked)]
    page = Paginator(shown, SHOWN).get_page(request.GET.get("page"))
    decides = round.state == State.DECIDING and may(user, "round.final")
    context = {
        "round": round, "year": year, "form": form, "page": page, "rows": page.object_list, "query": request.GET,
        "kinds": [{"kind": each, "label": each.label, "is_shown": each == kind} for each in map(Scheme.Kind, kinds)],
        "counts": _counts(rows, grades, kind), "may_decide": decides, "is_final": round.state == State.FINAL,
        "target": _target(round), "may_final": decides, "is_open": round.state == State.PUBLISHED,
        "unconfirmed": _unconfirmed(round, user),
    }  # fmt: skip
    return render(request, "assessment/round_decide.html", context)


def _decided(score, before, verdict):
    """A line of the list, finished."""
    was = before or (None, "")
    return {
        "branch": score.branch, "group": score.group, "was_total": was[0], "was_grade": was[1], "total": score.total,
        "proposed": score.grade, "why": score.why, "veto": score.veto, "verdict": verdict,
        "grade": verdict.grade if verdict else score.grade,
        "was_proposed": verdict.proposed if verdict and verdict.proposed != score.grade else "",
        "is_changed": was != (score.total, score.grade),
    }  # fmt: skip


def _is_asked(row, asked):
    if asked.get("q", "") not in row["branch"].name or asked.get("grade", row["grade"]) != row["grade"]:
        return False
    only = asked.get("only")
    return not only or (row["is_changed"] if only == "changed" else row["verdict"] is not None)


def _counts(rows, grades, kind):
    found = []
    for grade in grades:
        count = sum(row["grade"] == grade for row in rows)
        found.append({"label": grade, "count": count, "url": f"?kind={kind}&grade={grade}" if count else ""})
    return found


def _target(round):
    """The county's target in words, where one is laid down."""
    if TARGET not in rules():
        return ""
    rule = in_force(on=round.opened_on).get(TARGET)
    return rule.value["text"] if rule else ""


def _unconfirmed(round, user):
    rows = Veto.objects.visible_to(user).filter(year=round.year, confirmed_at=None, lifted_at=None)
    return rows.count()


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.final")
def round_verdict(request, year, pk):
    """The 工委会议 sets another grade for one organisation."""
    round = seen_round(request, year)
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="round.final"), pk=pk)
    content = dict(schemes_of(round)).get(kind_of(branch, year))
    score = _proposed(round, branch) if content else None
    if score is None:
        if round.state in (State.PUBLISHED, *DECIDED):
            raise Http404
        messages.warning(request, "得分公布以后才有拟定等次。")
        return redirect("assessment:round", year)
    known = Verdict.objects.visible_to(request.user).filter(round=round, branch=branch).first()
    first = {"grade": known.grade if known else score.grade, "reason": known.reason if known else ""}
    form = VerdictForm(request.POST or None, grades=rounds.labels(content), proposed=score.grade, initial=first)

    def act():
        return rounds.decide(year, branch, **form.cleaned_data, by=request.user)

    return acted(
        request, form, act, f"已登记{branch}的等次。", reverse("assessment:round_decide", args=[year]),
        "assessment/round_verdict.html", round=round, year=year, branch=branch, score=score, known=known,
        is_open=round.state == State.DECIDING,
    )  # fmt: skip


def _proposed(round, branch):
    if round.state not in (State.PUBLISHED, *DECIDED):
        return None
    found = results.proposed(round, kind=kind_of(branch, round.year))
    return next((score for score in found if score.branch.pk == branch.pk), None)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("round.final")
def round_final(request, year):
    round, today = seen_round(request, year), timezone.localdate()
    form = FinalForm(request.POST or None, initial={"version": round.version})

    def act():
        return rounds.finalise(year, **form.cleaned_data, by=request.user, on=today)

    return acted(
        request, form, act, f"{year} 年度考核已审定封存。", reverse("assessment:round", args=[year]),
        "assessment/round_final.html", fresh=lambda: seen_round(request, year), round=round, year=year,
        is_deciding=round.state == State.DECIDING,
        unsettled=rounds.unsettled(round) if round.state == State.DECIDING else [],
        verdicts=Verdict.objects.visible_to(request.user).filter(round=round).count(), place=root(),
        overtaken=rounds.overtaken(round) if round.state == State.DECIDING else [],
    )  # fmt: skip


@require_POST
@policy("round.run")
def round_praise(request, year):
    seen_round(request, year)
    try:
        notice = praise.draft(year, by=request.user, on=timezone.localdate())
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
        return redirect("assessment:round", year)
    messages.success(request, "通报草稿在这里，核对后发出。")
    return redirect(notice)
