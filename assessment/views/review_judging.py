"""What whoever stands above does with a 述职: accept or send back, the ballots, the grade, the feedback."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.policy import policy
from assessment import review_ballots as ballots
from assessment import secretary_reviews as reviews
from assessment.forms import secretary_review as forms
from assessment.views.secretary_review import JUDGE, found
from branches.rectifications import usual_due
from branches.views.acting import acted

ACT = "assessment/secretary_review_act.html"


def _judged(request, pk, act):
    """(review, None) when the act is open to this person now, else (review, the way back with the reason)."""
    review = found(request, pk, JUDGE)
    if words := reviews.refusal(review, act, request.user):
        messages.warning(request, words)
        return review, redirect(review)
    return review, None


@require_POST
@policy(JUDGE)
def review_accept(request, pk):
    review, back = _judged(request, pk, "accept")
    if back:
        return back
    try:
        reviews.accept(review, by=request.user)
    except ValidationError as error:
        messages.error(request, "；".join(error.messages))
    else:
        messages.success(request, "已审核通过，可以组织现场述职。")
    return redirect(review)


@require_http_methods(["GET", "HEAD", "POST"])
@policy(JUDGE)
def review_return(request, pk):
    today = timezone.localdate()
    review, back = _judged(request, pk, "send_back")
    if back:
        return back
    form = forms.ReturnForm(request.POST or None, initial={"until": reviews.usual_until(review, today)})
    return acted(
        request, form, lambda: reviews.send_back(review, **form.cleaned_data, by=request.user, on=today),
        "已发回重写，书记会看到原因和期限。", review.get_absolute_url(), ACT, review=review, title="发回重写", label="发回重写",
        danger=True, secret=True,
        text=f"写明哪里空泛、缺什么、怎么改。这一稿会留着，新的一稿从它改起。已发回 {review.returns} 次；第一次不扣考核分。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(JUDGE)
def review_hold(request, pk):
    today = timezone.localdate()
    review, back = _judged(request, pk, "hold")
    if back:
        return back
    initial = {"version": review.version, "held_on": review.held_on or today, "audience": review.audience}
    if review.ballots:
        initial |= {"attended": review.attended, **{grade.value: count for grade, count in review.ballots.items()}}
    form = forms.HoldForm(request.POST or None, scale=ballots.scale(today), initial=initial)
    return acted(
        request, form, lambda: reviews.hold(review, **form.given(), by=request.user, on=today), "已登记现场测评。",
        review.get_absolute_url(), ACT, fresh=lambda: found(request, pk, JUDGE), review=review, title="登记现场测评",
        label="登记", text="只登记各档票数的合计，不登记谁投了什么票。票数合计不能多于到会人数，弃权的不计票。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(JUDGE)
def review_grade(request, pk):
    today = timezone.localdate()
    review, back = _judged(request, pk, "grade")
    if back:
        return back
    said = ballots.said(review, today)
    initial = {"version": review.version, "grade": review.grade or said}
    form = forms.GradeForm(request.POST or None, scale=ballots.scale(today), initial=initial)

    def do():
        typed = form.cleaned_data
        return reviews.grade(
            review,
            grade=typed["grade"],
            reason=typed["reason"],
            version=typed["version"] or 0,
            by=request.user,
            on=today,
        )

    return acted(
        request, form, do, "已评定等次。", review.get_absolute_url(), ACT, fresh=lambda: found(request, pk, JUDGE),
        review=review, title="评定等次", label="评定",
        text=f"测评票看是“{ballots.label_of(said, today)}”，现场得分 {ballots.points(review, today)}。"
        "结合平时掌握综合评定，与测评不一致的写明理由。",
    )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@policy(JUDGE)
def review_tell(request, pk):
    today = timezone.localdate()
    review, back = _judged(request, pk, "tell")
    if back:
        return back
    form = forms.TellForm(request.POST or None, initial={"due_on": usual_due(today)})

    def do():
        typed = form.cleaned_data
        return reviews.tell(
            review, feedback=typed["feedback"], problems=typed["problems"].splitlines(), due_on=typed["due_on"],
            by=request.user, on=today,
        )  # fmt: skip

    return acted(
        request, form, do, "已反馈，指出的问题已列入整改。", review.get_absolute_url(), ACT, review=review, title="反馈意见",
        label="反馈", secret=True,
        text=f"等次“{ballots.label_of(review.grade, today)}”。问题对事不对人，不写教职工和学生的姓名；党组织在“整改”里制定措施、提交验收。",
    )  # fmt: skip
