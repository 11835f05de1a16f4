"""The pages of 述职评议: the own report, those above, strangers; what was typed stays; figures lead to records."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from docx import Document

from assessment import review_writing as writing
from assessment.models import SecretaryReport, SecretaryReview, SecretaryReviewCampaign
from branches.actions import root
from branches.rights import Role
from tests.assessment.test_secretary_review_road import DAY, WHOLE, Site
from tests.assessment.year import hold
from tests.factories import (
    BranchFactory,
    SecretaryReportFactory,
    SecretaryReviewFactory,
    SecretaryReviewProblemFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel("2025-12-10 10:00:00+08:00", tick=False):
        yield


@pytest.fixture
def site():
    return Site()


def url(name, row, **options):
    return reverse(f"assessment:{name}", args=[row.pk], **options)


def say(response):
    return response.content.decode()


# --- who sees what


def test_a_secretary_is_led_to_the_own_report_and_starts_it_from_the_records(site, client):
    hold(site.branch, "members_meeting", (3, 5), (6, 4))
    client.force_login(site.writer)

    assert client.get(reverse("assessment:secretary_reviews")).url == site.review.get_absolute_url()
    assert "按记录起草" in say(client.get(site.review.get_absolute_url()))
    assert client.post(url("secretary_review_start", site.review)).url == url("secretary_review_write", site.review)
    page = say(client.get(url("secretary_review_write", site.review)))
    assert "召开支部党员大会 2 次" in page
    assert "〔未登记〕" in page


def test_looking_writes_nothing(site, client):
    client.force_login(site.writer)
    for name in ("secretary_review", "secretary_review_write", "secretary_review_upload", "secretary_review_figures"):
        client.get(url(name, site.review))

    assert not SecretaryReport.objects.exists()


def test_a_draft_is_for_who_writes_it_alone(site, client):
    site.written()
    client.force_login(site.above)

    page = say(client.get(site.review.get_absolute_url()))

    assert "还没有提交述职报告" in page
    assert "联系不够经常" not in page
    report = SecretaryReport.objects.get()
    assert client.get(url("secretary_report_word", report)).status_code == 404


def test_elsewhere_finds_nothing(site, client):
    report = SecretaryReportFactory(review=SecretaryReviewFactory(), submitted=True)
    client.force_login(site.above)

    for name in ("secretary_review", "secretary_review_figures", "secretary_review_return", "secretary_review_compare"):
        assert client.get(url(name, report.review)).status_code == 404
    assert client.get(url("secretary_report_word", report)).status_code == 404
    assert client.post(url("secretary_review_accept", report.review)).status_code == 404
    assert report.review.person_name not in say(client.get(reverse("assessment:secretary_reviews"))).replace(
        "岳明同志", "", 1
    )


# --- writing


def test_what_was_typed_stays_when_the_report_is_not_whole(site, client):
    writing.start(site.review, by=site.writer, on=DAY)
    client.force_login(site.writer)
    report = SecretaryReport.objects.get()

    page = client.post(
        url("secretary_review_write", site.review),
        {
            "achievements": "今年抓了三件事",
            "shortcomings": "",
            "plans": "听课",
            "version": report.version,
            "act": "submit",
        },
    )

    assert page.status_code == 200
    assert "今年抓了三件事" in say(page)
    assert "“存在不足和原因”还没有写" in say(page)
    report.refresh_from_db()
    assert report.plans != "听课", "neither kept nor handed in"


def test_the_report_is_kept_and_handed_in(site, client):
    writing.start(site.review, by=site.writer, on=DAY)
    client.force_login(site.writer)
    report = SecretaryReport.objects.get()

    client.post(url("secretary_review_write", site.review), WHOLE | {"version": report.version, "act": "save"})
    report.refresh_from_db()
    assert report.plans == WHOLE["plans"]
    client.post(url("secretary_review_write", site.review), WHOLE | {"version": report.version, "act": "submit"})

    site.review.refresh_from_db()
    assert site.review.state == "submitted"


def test_who_comes_second_sees_what_the_other_saved(site, client):
    report = site.written()
    client.force_login(site.writer)

    page = client.post(
        url("secretary_review_write", site.review),
        WHOLE | {"plans": "我的打算", "version": report.version - 1, "act": "save"},
    )

    assert "我的打算" in say(page)
    assert WHOLE["plans"] in say(page)
    assert "刚被别人改过" in say(page)


def test_figures_are_brought_up_to_date_where_nobody_touched_them(site, client):
    hold(site.branch, "members_meeting", (3, 5))
    report = writing.start(site.review, by=site.writer, on=DAY)
    hold(site.branch, "members_meeting", (6, 4))
    client.force_login(site.writer)

    client.post(url("secretary_review_refill", site.review), {"version": report.version})

    report.refresh_from_db()
    assert "召开支部党员大会 2 次" in report.achievements


def document(*lines):
    made, stream = Document(), io.BytesIO()
    for line in lines:
        made.add_paragraph(line)
    made.save(stream)
    return SimpleUploadedFile("述职报告.docx", stream.getvalue())


def test_a_document_is_kept_and_its_words_come_into_the_boxes(site, client):
    writing.start(site.review, by=site.writer, on=DAY)
    client.force_login(site.writer)
    given = document("一、主要成效", "开大会。", "二、存在不足", "不够深。", "三、下步打算", "多听课。")

    answer = client.post(url("secretary_review_upload", site.review), {"file": given})

    assert answer.url == url("secretary_review_write", site.review)
    report = SecretaryReport.objects.get()
    assert (report.achievements, report.shortcomings, report.plans) == ("开大会。", "不够深。", "多听课。")
    assert client.get(url("secretary_report_file", report)).status_code == 200


def test_a_document_without_a_section_is_refused_beside_the_box(site, client):
    writing.start(site.review, by=site.writer, on=DAY)
    client.force_login(site.writer)

    page = client.post(url("secretary_review_upload", site.review), {"file": document("一、主要成效", "开大会。")})

    assert "没有找到“存在不足和原因”“下步打算”" in say(page)
    assert SecretaryReport.objects.get().file is None


def test_figures_lead_to_their_records(site, client):
    hold(site.branch, "members_meeting", (3, 5))
    client.force_login(site.writer)

    page = say(client.get(url("secretary_review_figures", site.review)))

    meeting = site.branch.meetings.get()
    assert meeting.get_absolute_url() in page
    assert "召开支部党员大会 1 次" in page


def test_the_word_document_of_what_was_handed_in(site, client):
    site.submitted()
    client.force_login(site.staff)

    answer = client.get(url("secretary_report_word", SecretaryReport.objects.get()))

    assert answer["Content-Type"].endswith("wordprocessingml.document")
    assert "每月听课一次。" in [row.text for row in Document(io.BytesIO(answer.content)).paragraphs]


# --- above


def test_the_way_of_a_review_through_the_pages(site, client):
    site.submitted()
    review = site.review
    client.force_login(site.above)

    page = client.post(url("secretary_review_return", review), {"reason": "", "until": "2025-12-17"})
    assert "请写明哪里要改" in say(page)
    client.post(url("secretary_review_return", review), {"reason": "不足写得空", "until": "2025-12-17"})
    client.force_login(site.writer)
    assert "不足写得空" in say(client.get(review.get_absolute_url()))
    report = SecretaryReport.objects.get(number=2)
    client.post(
        url("secretary_review_write", review),
        WHOLE | {"plans": "每月听课两次。", "version": report.version, "act": "submit"},
    )
    client.force_login(site.above)
    both = say(client.get(url("secretary_review_compare", review)))
    assert "每月听课一次。" in both
    assert "每月听课两次。" in both

    client.post(url("secretary_review_accept", review))
    review.refresh_from_db()
    given = {
        "held_on": "2025-12-10",
        "attended": 20,
        "audience": "党员",
        "good": 12,
        "fair": 9,
        "ordinary": 0,
        "poor": 0,
    }
    refused = say(client.post(url("secretary_review_hold", review), given | {"version": review.version}))
    assert "比到会的 20 人多" in refused
    assert 'value="9"' in refused
    client.post(url("secretary_review_hold", review), given | {"fair": 8, "version": review.version})
    review.refresh_from_db()
    assert "测评票看是“好”" in say(
        client.post(url("secretary_review_grade", review), {"grade": "fair", "reason": "", "version": review.version})
    )
    client.post(url("secretary_review_grade", review), {"grade": "good", "reason": "", "version": review.version})
    client.post(
        url("secretary_review_tell", review), {"feedback": "总体好。", "problems": "联系不够。", "due_on": "2026-02-01"}
    )

    review.refresh_from_db()
    assert (review.state, review.returns, review.grade) == ("told", 1, "good")
    page = say(client.get(review.get_absolute_url()))
    assert "联系不够。" in page
    assert review.problems.get().problem == "联系不够。"


def test_a_negative_count_is_refused_beside_its_box(site, client):
    SecretaryReview.objects.filter(pk=site.review.pk).delete()
    review = SecretaryReviewFactory(campaign=site.campaign, branch=site.branch, accepted=True)
    SecretaryReportFactory(review=review, submitted=True)
    client.force_login(site.above)

    page = client.post(
        url("secretary_review_hold", review),
        {
            "held_on": "2025-12-10",
            "attended": 20,
            "audience": "党员",
            "good": -1,
            "fair": 1,
            "ordinary": 0,
            "poor": 0,
            "version": 1,
        },
    )

    assert "不能是负数" in say(page)


def test_an_act_out_of_its_order_leads_back_with_the_reason(site, client):
    client.force_login(site.above)

    answer = client.get(url("secretary_review_grade", site.review), follow=True)

    assert answer.redirect_chain
    assert "现在是“草稿”，不能评定等次" in say(answer)


# --- the year


def test_staff_open_the_year_and_move_its_days(client):
    staff = UserFactory(serving=root(), role=Role.STAFF)
    client.force_login(staff)
    assert "启动述职评议" in say(client.get(reverse("assessment:secretary_reviews")))

    given = {"year": 2025, "opens_on": "2025-12-10", "due_on": "2025-12-09", "rewrite_days": 7, "number": ""}
    assert "报送期限" in say(client.post(reverse("assessment:secretary_review_open"), given))
    client.post(reverse("assessment:secretary_review_open"), given | {"due_on": "2025-12-20"})

    campaign = SecretaryReviewCampaign.objects.get()
    moved = given | {"due_on": "2025-12-25", "version": campaign.version}
    client.post(url("secretary_review_year", campaign), moved)
    campaign.refresh_from_db()
    assert campaign.due_on == date(2025, 12, 25)
    assert client.get(reverse("assessment:secretary_review_open")).status_code == 302
    assert client.post(url("secretary_review_enlist", campaign)).status_code == 302


def test_the_list_is_in_order_of_organisations_and_costs_the_same_at_any_length(site, client, count_queries):
    late = SecretaryReviewFactory(campaign=site.campaign, branch=BranchFactory(order=1), told=True, grade="good")
    SecretaryReviewProblemFactory(review=late)
    client.force_login(site.staff)
    page = client.get(reverse("assessment:secretary_reviews"))
    orders = [row["review"].branch.order for row in page.context["rows"]]
    assert orders == sorted(orders)
    before = count_queries(reverse("assessment:secretary_reviews"))

    for number in range(6):
        row = SecretaryReviewFactory(campaign=site.campaign, branch=BranchFactory(order=number + 5), told=True)
        SecretaryReviewProblemFactory(review=row)

    assert count_queries(reverse("assessment:secretary_reviews")) == before


def test_filters_and_the_export_show_the_same(site, client):
    told = SecretaryReviewFactory(
        campaign=site.campaign, branch=BranchFactory(), told=True, person_name="高山", returns=1
    )
    SecretaryReviewProblemFactory(review=told)
    client.force_login(site.staff)

    answer = client.get(reverse("assessment:secretary_review_export") + "?at=told")

    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    rows = [row for row in sheet.iter_rows(values_only=True) if row[0] == 1]
    assert rows[0][1:8] == ("高山", told.branch.name, "已反馈", 1, 94.64, "好", "1. 联系教学一线党员教师不经常。")
    assert len([row for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]) == 1


def test_an_empty_county_says_what_to_do(client):
    client.force_login(UserFactory(serving=BranchFactory()))

    assert "工委启动以后" in say(client.get(reverse("assessment:secretary_reviews")))


def test_the_review_tells_what_it_earned_to_who_sees_scores(site, client):
    site.submitted()
    client.force_login(site.writer)

    page = say(client.get(site.review.get_absolute_url()))
    earned = reverse("assessment:earned", args=["assessment.SecretaryReview", site.review.pk])

    assert earned in page
    assert client.get(earned).status_code == 200
