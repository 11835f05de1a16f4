"""政治生日, 承诺 and the 党员身份墙 of a branch; the photo of a member."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import audit
from accounts.policy import policy
from branches.models import Branch
from branches.rights import may
from files.actions import serve_thumbnail
from members import community, plain_sheet, register
from members.forms.community import BirthdayFilter, PhotoForm, PledgeForm
from members.models import Member, Membership, Pledge
from members.views.appraisal import SHOWN, download
from members.views.standing import acted


def _birthdays(request, today):
    """(the filters, the month, [(member, day, years)] of that month, member id → branch)."""
    form = BirthdayFilter(request.GET)
    month = int(form.asked.get("month") or today.month)
    homes = Membership.objects.visible_to(request.user).on(today)
    members = Member.objects.visible_to(request.user).filter(pk__in=homes.values("member"))
    if "q" in form.asked:
        members = register.named(members, form.asked["q"], at="")
    found = community.birthdays(members, today.year, month)
    return form, month, found, homes


def _at(homes, found):
    rows = homes.filter(member__in=[member.pk for member, _, _ in found]).select_related("branch")
    return {row.member_id: row.branch for row in rows}


@require_safe
@policy("member.see")
def birthday_list(request):
    """Whose 政治生日 falls into a month: name, day and years, nothing else."""
    today = timezone.localdate()
    form, month, found, homes = _birthdays(request, today)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    at = _at(homes, list(page))
    own = Branch.objects.visible_to(request.user, verb="member.see").graded()
    context = {
        "form": form, "page": page, "query": request.GET, "month": month, "has_many": own.count() > 1,
        "rows": [
            {"member": member, "day": day, "years": years, "branch": at.get(member.pk), "is_today": day == today}
            for member, day, years in page
        ],
        "wall": own.first() if own.count() == 1 else None,
    }  # fmt: skip
    return render(request, "members/birthdays.html", context)


@require_safe
@policy("member.see")
def birthday_export(request):
    """政治生日名单 as filtered: no day of joining, no number."""
    today = timezone.localdate()
    _, month, found, homes = _birthdays(request, today)
    at = _at(homes, found)
    highest = Branch.objects.visible_to(request.user, verb="member.see").order_by("path").first()
    rows = [
        (at[member.pk].name if member.pk in at else "", member.name, f"{day.month}月{day.day}日", years)
        for member, day, years in found
    ]
    title = f"{today.year}年{month}月政治生日名单"
    data = plain_sheet.of_list(
        title,
        ["党支部", "姓名", "政治生日", "满（年）"],
        (36, 14, 14, 10),
        rows,
        organ=highest.name if highest else "",
        on=today,
    )
    audit.record("report.export", by=request.user, report="政治生日名单", rows=len(rows))
    return download(data, f"{title}.xlsx")


@require_safe
@policy("member.see")
def birthday_card(request, pk):
    """A card to print, for one member and this year."""
    member = get_object_or_404(Member.objects.visible_to(request.user), pk=pk)
    today = timezone.localdate()
    if member.joined_on is None or member.joined_on.year >= today.year:
        raise Http404
    home = member.memberships.filter(ended_on=None).select_related("branch").first()
    context = {
        "member": member, "day": community.birthday(member.joined_on, today.year), "branch": home.branch if home else "",
        "years": today.year - member.joined_on.year, "back": reverse("members:birthdays"),
        "pledge": Pledge.objects.visible_to(request.user).filter(member=member, year=today.year).first(),
    }  # fmt: skip
    return render(request, "members/birthday_card.html", context)


def _branch(request, pk, verb):
    return get_object_or_404(Branch.objects.visible_to(request.user, verb=verb).graded(), pk=pk)


def _people(request, branch, today):
    """Members of the branch in 班子序, then by 姓氏笔画."""
    rows = Membership.objects.visible_to(request.user).filter(branch=branch).on(today)
    return [row.member for row in register.in_order(rows.select_related("member", "member__photo"))]


@require_safe
@policy("member.see")
def wall(request, pk):
    """党员身份墙, to print on A4 or A3: photo or a neutral frame, name, 政治生日, 承诺."""
    branch, today = _branch(request, pk, "member.see"), timezone.localdate()
    people = _people(request, branch, today)
    texts = Pledge.objects.visible_to(request.user).filter(member__in=people, year=today.year)
    texts = dict(texts.values_list("member", "text"))
    context = {
        "branch": branch, "year": today.year, "back": reverse("members:birthdays"),
        "may_edit": may(request.user, "community.edit", at=branch),
        "rows": [{"member": member, "pledge": texts.get(member.pk, "")} for member in people],
    }  # fmt: skip
    return render(request, "members/wall.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("community.edit")
def pledges(request, pk):
    """The 承诺 of this year, of everybody in the branch on one page."""
    branch, today = _branch(request, pk, "community.edit"), timezone.localdate()
    people = _people(request, branch, today)
    rows = Pledge.objects.visible_to(request.user).filter(member__in=people, year=today.year)
    form = PledgeForm(request.POST or None, members=people, texts=dict(rows.values_list("member", "text")))
    return acted(
        request, form, lambda: community.pledge(branch, today.year, form.texts, by=request.user, on=today),
        "已保存承诺。", reverse("members:wall", args=[pk]), "members/pledges.html", branch=branch, year=today.year,
        may_photo=may(request.user, "member.edit", at=branch),
    )  # fmt: skip


@require_safe
@policy("member.see")
def photo(request, pk):
    """The small picture of a member; without one the member's page."""
    member = get_object_or_404(Member.objects.visible_to(request.user).select_related("photo"), pk=pk)
    return serve_thumbnail(member.photo) if member.photo else redirect(member)


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.edit")
def photo_upload(request, pk):
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="member.edit"), pk=pk)
    form = PhotoForm(request.POST or None, request.FILES or None)
    return acted(
        request, form,
        lambda: community.show_photo(member, form.cleaned_data["photo"], by=request.user, on=timezone.localdate()),
        "已保存照片。", member.get_absolute_url(), "members/photo_form.html", member=member,
    )  # fmt: skip
