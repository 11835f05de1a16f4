import segno
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.policy import PUBLIC, policy
from branches.forms import whole_number
from branches.rights import may
from branches.views.acting import pressed
from exchange import feeds, tokens
from exchange.forms import FeedForm
from exchange.models import Feed


@require_http_methods(["GET", "HEAD", "POST"])
@policy("duty.see")
def feed_page(request):
    """日历订阅: the duties of an organisation on one's own phone or computer."""
    form = FeedForm(request.POST if request.POST.get("act") == "make" else None, user=request.user)
    if request.method == "POST":
        if request.POST.get("act") == "revoke":
            return _revoke(request)
        if form.is_valid():
            try:
                feed, secret = tokens.make_feed(form.cleaned_data["branch"], by=request.user)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return _made(request, feed, secret)
    rows = [
        {"feed": feed, "is_over": not feed.is_of_now, "rests": not may(request.user, "duty.see", at=feed.branch)}
        for feed in Feed.objects.visible_to(request.user)
        .standing()
        .filter(user=request.user)
        .select_related("branch", "user")
    ]
    places = form.fields["branch"].queryset
    if places.count() == 1:
        form.fields["branch"].initial = places.first()
    return render(request, "exchange/feeds.html", {"form": form, "rows": rows})


def _made(request, feed, secret):
    """The one time that the address is shown."""
    address = request.build_absolute_uri(reverse("exchange:feed", args=[secret]))
    picture = segno.make(address, error="m").svg_data_uri(scale=4, border=4, light="#fff")
    return render(request, "exchange/feed_made.html", {"feed": feed, "address": address, "picture": picture})


def _revoke(request):
    feed = get_object_or_404(Feed.objects.visible_to(request.user), pk=whole_number(request.POST.get("feed")) or 0)
    said = "已作废，原来的地址不再更新。"
    return pressed(request, lambda: tokens.revoke_feed(feed, by=request.user), said, "exchange:feeds")


@require_safe
@policy(PUBLIC)
def feed(request, secret):
    """The calendar for whoever has its address: strict inside, and an address that never was looks like one that ended."""
    today = timezone.localdate()
    found = tokens.find_feed(secret, on=today)
    if found is None:
        raise Http404
    data = feeds.calendar(found, on=today)
    tokens.mark_used(found, on=today)
    mark = feeds.mark_of(data)
    if request.headers.get("If-None-Match") == mark:
        return HttpResponse(status=304, headers={"ETag": mark})
    return HttpResponse(data, content_type="text/calendar; charset=utf-8", headers={"ETag": mark})
