from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import PUBLIC, SIGNED_IN, policy
from branches.models import Branch
from branches.rights import may, serving
from portal import board, desk
from portal.views import own

LISTS = [  # what is filtered on its own page and taken along from there: label, page, verb
    ("党员花名册、党组织基本情况表、组织生活台账", "portal:exports", "export.run"),
    ("换届到期一览", "members:terms", "election.see"),
    ("组织生活会与民主评议汇总", "members:appraisals", "appraisal.see"),
    ("党费应交、实交、欠缴", "members:dues", "dues.see"),
    ("组织关系转接台账", "members:transfers", "transfer.see"),
    ("表彰名单", "members:honours", "honour.see"),
    ("发展党员工作台账（全程纪实）", "recruitment:list", "recruit.see"),
    ("积极分子、发展对象、预备党员名册，发展计划完成表", "recruitment:quotas", "recruit.see"),
    ("发展党员年度数据", "recruitment:figures", "recruit.see"),
    ("督导检查台账、受检次数", "branches:inspections", "inspection.see"),
    ("约谈登记表", "branches:talks", "talk.see"),
    ("四种形态统计表", "branches:form_counts", "discipline.see"),
    ("党组织档案一览（领导体制、联系点、指导员）", "branches:dossiers", "file.see"),
    ("联系点和到点次数", "branches:contacts", "file.see"),
    ("称号和主题创建名单", "branches:titles", "file.see"),
    ("七个一对照表", "branches:sevens", "file.see"),
    ("双报到汇总", "members:community", "community.see"),
    ("政治生日", "members:birthdays", "member.see"),
    ("整改台账", "branches:rectifications", "rectify.see"),
    ("流动和失联", "members:whereabouts", "member.see"),
    ("整顿台账", "branches:weak_cases", "weak.see"),
    ("分析研判进度表", "branches:campaigns", "screening.see"),
    ("党支部分类定级和晋位升级表", "branches:results", "screening.see"),
    ("党组织设置情况半年上报表", "members:setting", "branch.see"),
    ("组织设置变动（优化调整）", "members:changes", "branch.see"),
    ("年末学时不足名单、个人学时表", "training:hours", "training.see"),
    ("万名党员进党校覆盖情况、未进党校名单", "training:coverage", "training.see"),
]


@require_safe
@policy(PUBLIC)
def livez(request):
    return HttpResponse("ok", content_type="text/plain")


@require_safe
@policy(SIGNED_IN)
def home(request):
    """工作台: a branch's month for its secretary, the county's year for staff, one's own record for who holds no post."""
    today = timezone.localdate()
    branches = Branch.objects.visible_to(request.user, verb="duty.see").owing()
    if not may(request.user, "duty.see"):
        if own.member_of(request) and not serving(request.user):
            return render(request, "portal/own.html", own.page(request))
        return render(request, "portal/home_plain.html", {"today": today})
    if branches.count() == 1:
        return render(request, "portal/home_branch.html", desk.of_branch(request.user, branches.get(), today))
    return render(request, "portal/home_staff.html", board.of_staff(request.user, branches, today))


@require_safe
@policy("report.export")
def reports(request):
    today = timezone.localdate()
    years = range(today.year, today.year - 4, -1)
    context = {
        "years": years, "today": today, "may_grade": may(request.user, "grade.export"),
        "lists": [
            {"label": label, "url": reverse(page)} for label, page, verb in LISTS if may(request.user, verb)
        ],
    }  # fmt: skip
    return render(request, "portal/reports.html", context)
