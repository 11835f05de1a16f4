from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import sessions
from accounts.policy import policy
from members import own
from members.forms.own import RevealForm
from members.models import Member


@require_http_methods(["GET", "HEAD", "POST"])
@policy("member.reveal")
def reveal(request, pk, field):
    """One classified value of one person, once, for a reason: the answer to the form shows it, the address never does."""
    member = get_object_or_404(Member.objects.visible_to(request.user, verb="member.reveal"), pk=pk)
    if field not in own.SEALED:
        raise Http404
    if not sessions.is_fresh(request):
        return sessions.ask_again(request, request.path, keeps=True)
    form = RevealForm(request.POST or None, initial=sessions.typed(request))
    context = {"form": form, "member": member, "label": own.SEALED[field]}
    if request.method == "POST" and form.is_valid():
        try:
            value = own.reveal(member, field, **form.cleaned_data, by=request.user, on=timezone.localdate())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return render(request, "members/reveal_shown.html", {**context, "value": value})
    return render(request, "members/reveal.html", context)
