"""责任书 of a year: who signed and who has not, a signing entered in one go, one letter, the letters to print."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.models import Stale
from accounts.policy import policy
from branches.forms import whole_number
from branches.models import Branch
from branches.rights import may
from files.actions import serve
from members import letters, plain_sheet
from members.forms.letter import LEFT, LetterFilter, LetterForm, SignForm, WithdrawForm
from members.models import Member, ResponsibilityLetter
from members.views.appraisal import download, refuse
from office.word import to_word
from rulebook.book import rule

SHOWN = 30
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FIRST_YEAR = 2000
Kind = ResponsibilityLetter.Kind


def _asked(request, today, verb):
    """(the form above the list, the organisations of the year as filtered)."""
    seen = Branch.objects.visible_to(request.user, verb=verb)
    form = LetterFilter(
        request.GET,
        usual=today.year,
        running=today.year,
        upper=seen.filter(kind__in=("committee", "general")).in_order(),
    )
    if not form.fields["upper"].queryset:
        form.drop("upper")
    year = form.of_year
    day = min(today, letters.season(year, on=today)[1])
    branches = seen.at_work(day).filter(parent__isnull=False).exclude(kind=Branch.Kind.TEMPORARY)
    if "q" in form.asked:
        branches = branches.filter(name__contains=form.asked["q"])
    if "upper" in form.asked:
        branches = branches.filter(path__startswith=form.asked["upper"].path)
    if state := form.asked.get("state"):
        left = letters.unsigned(branches, year, on=today).values("pk")
        branches = branches.filter(pk__in=left) if state == LEFT else branches.exclude(pk__in=left)
    return form, branches.in_order()


@require_safe
@policy("letter.see")
def letter_list(request):
    today = timezone.localdate()
    form, branches = _asked(request, today, "letter.see")
    page = Paginator(branches, SHOWN).get_page(request.GET.get("page"))
    year = form.of_year
    if page.paginator.count == 1 and not form.asked:  # a secretary has nothing to choose between
        return redirect("members:letter_branch", page.object_list[0].pk, year)
    _, last = letters.season(year, on=today)
    context = {
        "form": form, "page": page, "query": request.GET, "year": year, "last": last, "is_over": today > last,
        "rows": letters.standings(page, year, on=today), "kinds": Kind,
        "left": letters.unsigned(branches, year, on=today).count(),
        "may_export": may(request.user, "report.export"),
    }  # fmt: skip
    return render(request, "members/letters.html", context)


@require_safe
@policy("report.export")
def letter_export(request):
    """Who has not signed, of exactly what is filtered: a line per organisation or member and kind."""
    today = timezone.localdate()
    form, branches = _asked(request, today, "report.export")
    branches = branches.filter(pk__in=Branch.objects.visible_to(request.user, verb="letter.see").values("pk"))
    year, rows = form.of_year, []
    for row in letters.standings(branches, year, on=today):
        if row.owes_goal and row.goal is None:
            rows.append([row.branch.name, "党组织", Kind.GOAL.label])
    rows += letters.unsigned_members(branches, year, on=today)
    highest = Branch.objects.visible_to(request.user, verb="report.export").order_by("path").first()
    name = f"{year}年度责任书未签名单"
    data = plain_sheet.of_list(
        name, ["党组织", "责任人", "责任书"], (40, 16, 28), rows, organ=highest.name if highest else "", on=today,
        words=[chip["label"] for chip in form.chips],
    )  # fmt: skip
    audit.record("report.export", by=request.user, report=name, rows=len(rows), on=str(today))
    return download(data, f"{name}.xlsx")


def _branch(request, pk, year, verb):
    if not FIRST_YEAR <= year <= timezone.localdate().year + 1:
        raise Http404
    return get_object_or_404(Branch.objects.visible_to(request.user, verb=verb), pk=pk)


@require_safe
@policy("letter.see")
def letter_branch(request, pk, year):
    """One organisation in a year: its own letter, and its members one by one."""
    today = timezone.localdate()
    branch = _branch(request, pk, year, "letter.see")
    people = letters.members_of(branch, year, on=today)
    standing = letters.standings([branch], year, on=today)[0]
    context = {
        "branch": branch, "year": year, "years": range(today.year, today.year - 3, -1), "standing": standing,
        "rows": [{"member": member, "letters": [found[kind] for kind in letters.PERSONAL]} for member, found in people],
        "kinds": [Kind(kind) for kind in letters.PERSONAL],
        "may_edit": may(request.user, "letter.edit", at=branch) and not branch.closed_on,
        "prints": [(kind, Kind(kind).label) for kind, left in _left(standing).items() if left],
        "cite": rule("letter.months", on=today).source,
    }  # fmt: skip
    return render(request, "members/letter_branch.html", context)


def _left(standing):
    """kind → how many are still to be signed."""
    goal = {Kind.GOAL: int(standing.owes_goal and standing.goal is None)}
    return goal | {kind: standing.owed - count for kind, count in standing.signed.items()}


@require_http_methods(["GET", "HEAD", "POST"])
@policy("letter.edit")
def letter_sign(request, pk, year):
    """A signing of one kind in one go: everybody is ticked, who has not signed is unticked."""
    today = timezone.localdate()
    branch = _branch(request, pk, year, "letter.edit")
    left = {kind: count for kind, count in _left(letters.standings([branch], year, on=today)[0]).items() if count}
    if not left:
        messages.info(request, "这一年度的责任书都签完了。")
        return redirect("members:letter_branch", branch.pk, year)
    people = [member.pk for member, found in letters.members_of(branch, year, on=today) if not all(found.values())]
    known = Member.objects.visible_to(request.user).filter(pk__in=people).order_by("initials", "pk")
    asked = request.GET.get("kind")
    initial = {
        "kind": asked if asked in left else next(iter(left)), "signed_on": today if today.year == year else None,
        "members": people, "counter_signer": letters.secretary(branch, today),
    }  # fmt: skip
    form = SignForm(request.POST or None, kinds=list(left), members=known, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            count = letters.sign(branch, year, **form.cleaned_data, by=request.user, on=today)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, f"已登记 {count} 份{Kind(form.cleaned_data['kind']).label}。")
            return redirect("members:letter_branch", branch.pk, year)
    context = {"form": form, "branch": branch, "year": year, "cite": rule("letter.months", on=today).source}
    return render(request, "members/letter_sign.html", context)


@require_safe
@policy("letter.see")
def letter_print(request, pk, year):
    """The letters still to be signed, one a page, to print and sign."""
    today = timezone.localdate()
    branch = _branch(request, pk, year, "letter.see")
    kind = request.GET.get("kind")
    if kind not in Kind.values or (kind == Kind.GOAL and not letters.owes_goal(branch)):
        messages.info(request, "请先选择要打印哪一种责任书。")
        return redirect("members:letter_branch", branch.pk, year)
    paper = letters.paper(branch, year, kind, on=today)
    if paper is None:
        messages.info(request, "这种责任书都签完了，没有要打印的。")
        return redirect("members:letter_branch", branch.pk, year)
    audit.record("letter.print", branch, by=request.user, year=year, kind=kind)
    return download(to_word(paper), f"{year}年度{Kind(kind).label}.docx", WORD)


def _letter(request, pk, verb):
    found = ResponsibilityLetter.objects.visible_to(request.user, verb=verb)
    return get_object_or_404(found.select_related("branch", "member", "file"), pk=pk)


@require_safe
@policy("letter.see")
def letter_detail(request, pk):
    letter = _letter(request, pk, "letter.see")
    context = {
        "letter": letter, "may_edit": may(request.user, "letter.edit", at=letter.branch), "events": audit.of(letter)[:20],
        "back": reverse("members:letter_branch", args=[letter.branch_id, letter.year]),
    }  # fmt: skip
    return render(request, "members/letter.html", context)


@require_safe
@policy("letter.see")
def letter_file(request, pk):
    letter = _letter(request, pk, "letter.see")
    if letter.file is None:
        raise Http404
    return serve(letter.file, request)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("letter.edit")
def letter_edit(request, pk):
    letter = _letter(request, pk, "letter.edit")
    form = LetterForm(request.POST or None, request.FILES or None, instance=letter)
    stale = None
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["upload"]
        try:
            letters.correct(
                form.instance, version=form.cleaned_data["version"] or 0, upload=upload, by=request.user,
                on=timezone.localdate(),
            )  # fmt: skip
        except Stale as error:
            form.add_error(None, error)
            fresh = _letter(request, pk, "letter.edit")
            form.catch_up(fresh)
            stale = {"rows": form.theirs, "event": audit.of(fresh).first()}
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已保存。")
            return redirect(letter)
    return render(request, "members/letter_edit.html", {"form": form, "letter": letter, "stale": stale})


@require_http_methods(["GET", "HEAD", "POST"])
@policy("letter.edit")
def letter_withdraw(request, pk):
    letter = _letter(request, pk, "letter.edit")
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        back = redirect("members:letter_branch", letter.branch_id, letter.year)
        try:
            letters.withdraw(letter, **form.cleaned_data, by=request.user)
        except ValidationError as error:
            refuse(form, error)
        else:
            messages.success(request, "已撤销登记。")
            return back
    return render(request, "members/letter_withdraw.html", {"form": form, "letter": letter})


@require_safe
@policy("letter.see")
def letters_beside(request, pk):
    """The part of a branch's file that says how the letters of this year stand."""
    today = timezone.localdate()
    branch = get_object_or_404(Branch.objects.visible_to(request.user, verb="letter.see"), pk=pk)
    year = whole_number(request.GET.get("year")) or today.year
    year = year if FIRST_YEAR <= year <= today.year + 1 else today.year
    standing = letters.standings([branch], year, on=today)[0]
    return render(
        request, "members/_letters_beside.html", {"branch": branch, "year": year, "row": standing, "kinds": Kind}
    )
