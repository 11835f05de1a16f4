"""Word 表样: every form of the portal that a county may replace by its own, and where the words of the other papers are changed."""

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.policy import policy
from branches.rights import may
from files import word_templates
from recruitment import documents

LAID_OUT = (  # papers that the portal lays out itself by GB/T 9704: what they are, and where what they say is changed
    ("通报、通知、函", "公文格式；标题和正文起草时可以改", "", ""),
    ("催办单、电话单", "由应办事项填写；每件事的说明在提醒规则里改", "portal:decision", "remind.duty"),
    ("责任书", "条文可以改", "portal:decision", "letter.goal"),
    ("述职报告", "三部分的标题和提示可以改", "portal:decision", "review.sections"),
    ("党员个人信息告知", "告知的话可以改", "portal:decision", "privacy.notice"),
    ("结业证书", "编号的样子可以改", "portal:decision", "training.certificate"),
)


@require_safe
@policy("catalogue.edit")
def template_list(request):
    today = timezone.localdate()
    found = [document for document in documents.documents().values() if document.has_form]
    own = word_templates.in_force([document.template for document in found], today)
    may_decide = may(request.user, "setting.edit")
    context = {
        "rows": [{"document": document, "own": own.get(document.template)} for document in found], "count": len(own),
        "laid_out": [
            (name, words, reverse(route, args=[key]) if route and may_decide else "") for name, words, route, key in LAID_OUT
        ],
    }  # fmt: skip
    return render(request, "portal/settings/word_templates.html", context)
