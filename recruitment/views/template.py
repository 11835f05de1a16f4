"""Word forms of the county's own: the present one to edit, the fields that may stand in it, the new one from a day on."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import policy
from branches.forms.rectification import tell
from files import word_templates
from recruitment import document_fields, documents, word_guide
from recruitment.forms.document import BackForm, TemplateForm
from recruitment.views.document import WORD, answer

VERB = "catalogue.edit"


def _document(key):
    found = documents.documents().get(key)
    if found is None or not found.has_form:
        raise Http404
    return found


@require_safe
@policy(VERB)
def template_list(request):
    today = timezone.localdate()
    found = [document for document in documents.documents().values() if document.has_form]
    own = word_templates.in_force([document.template for document in found], today)
    rows = [{"document": document, "own": own.get(document.template)} for document in found]
    return render(request, "recruitment/document_templates.html", {"rows": rows, "count": len(own)})


@require_http_methods(["GET", "HEAD", "POST"])
@policy(VERB)
def template_detail(request, key):
    document, today = _document(key), timezone.localdate()
    form, back = TemplateForm(prefix="new"), BackForm(prefix="back")
    if request.method == "POST":
        goes_back = "back" in request.POST
        sent = (
            BackForm(request.POST, prefix="back")
            if goes_back
            else TemplateForm(request.POST, request.FILES, prefix="new")
        )
        if sent.is_valid():
            try:
                _save(document, sent, goes_back, request.user)
            except ValidationError as error:
                tell(sent, error)
            else:
                return redirect("recruitment:template", key)
        form, back = (form, sent) if goes_back else (sent, back)
        messages.error(request, "没有保存，请看下面的说明。")
    versions = list(word_templates.versions(document.template))
    own = word_templates.in_force([document.template], today).get(document.template)
    context = {
        "document": document, "form": form, "back": back, "versions": versions, "own": own,
        "fields": document_fields.fields().values(), "columns": document_fields.columns().values(),
    }  # fmt: skip
    return render(request, "recruitment/document_template.html", context)


def _save(document, form, goes_back, by):
    day, note = form.cleaned_data["from_on"], form.cleaned_data["note"]
    if goes_back:
        documents.go_back(document, from_on=day, note=note, by=by)
    else:
        documents.replace(document, form.cleaned_data["upload"], from_on=day, note=note, by=by)


@require_safe
@policy(VERB)
def template_word(request, key):
    """The form as it is, with its fields: the present one, or the portal's own by `?ours=1`; filled by `?sample=1`."""
    document = _document(key)
    if request.GET.get("ours"):
        data = word_templates.ours(document.template)
    else:
        data = word_templates.data(document.template, timezone.localdate())
    if request.GET.get("sample"):
        return answer(word_guide.sample(data), WORD, f"{document.title}（示例）.docx")
    return answer(data, WORD, f"{document.title}（表样）.docx")


@require_safe
@policy(VERB)
def template_guide(request):
    return answer(word_guide.word(on=timezone.localdate()), WORD, "发展党员Word表样字段说明.docx")
