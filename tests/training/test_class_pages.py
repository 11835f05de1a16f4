"""The pages of classes, timetable, teachers and files: who sees what, that they work from the first form to the end."""

import re
from datetime import date, datetime, time

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from branches.actions import root
from branches.models import Notice
from tests import factories
from tests.training.scene import planned, shown
from training.models import ClassQuota, ClassSession, Teacher, TrainingClass

pytestmark = pytest.mark.django_db
State = TrainingClass.State


@pytest.fixture(autouse=True)
def _today():
    with time_machine.travel(datetime(2025, 4, 8, 9, tzinfo=timezone.get_default_timezone()), tick=False):
        yield


# --- from the first form to the end


def test_a_class_is_planned_timetabled_opened_and_cancelled_by_its_pages(client, upper, branch, boss):
    client.force_login(boss)
    assert "党务干部培训" in shown(client, reverse("training:add"))
    page = client.get(reverse("training:add"), {"kind": "affairs"})
    form = page.context["form"]
    assert form["title"].value() == "2025年第1期党务干部培训班"
    assert "一、培训对象" in form["plan"].value()
    days = [form[name].value() for name in ("starts_on", "ends_on", "enrols_until")]
    assert days == [date(2025, 4, 22), date(2025, 4, 22), date(2025, 4, 19)]
    sent = {
        "branch": upper.pk, "title": form["title"].value(), "starts_on": "2025-04-22", "ends_on": "2025-04-23",
        "enrols_until": "2025-04-18", "place": "报告厅", "plan": form["plan"].value(), "version": "",
    }  # fmt: skip

    response = client.post(f"{reverse('training:add')}?kind=affairs", sent)

    row = TrainingClass.objects.get()
    assert response.url == reverse("training:timetable", args=[row.pk])
    assert row.plan == "", "the outline as it was given is no plan"
    lines = {
        "rows": "5", "s0-held_on": "2025-04-22", "s0-begins": "09:00", "s0-ends": "12:00", "s0-topic": "党章", "s0-form": "lecture",
        "s0-new_teacher": "杨树林", "s0-is_signed": "on",
        "s2-held_on": "2025-04-24", "s2-begins": "14:00", "s2-ends": "17:00", "s2-topic": "研讨", "s2-form": "discussion",
    }  # fmt: skip
    add = reverse("training:sessions_add", args=[row.pk])
    response = client.post(add, lines)
    assert "课要排在班次的起止日期内" in response.content.decode()
    assert not ClassSession.objects.exists()
    client.post(add, lines | {"s2-held_on": "2025-04-23"})
    assert list(ClassSession.objects.values_list("topic", "hours", "is_signed")) == [
        ("党章", 4, True),
        ("研讨", 4, False),
    ]
    assert Teacher.objects.get().branch == upper
    opening = reverse("training:open", args=[row.pk])
    assert "还缺培训方案" in shown(client, opening)
    client.post(reverse("training:edit", args=[row.pk]), sent | {"plan": "写好的方案", "version": "1"})
    form = client.get(opening).context["form"]
    client.post(opening, {name: form[name].value() for name in ("announce", "number", "title", "body")})
    row.refresh_from_db()
    assert (row.state, Notice.objects.get().state) == ("open", "issued")
    client.post(reverse("training:cancel", args=[row.pk]), {"reason": "报名人数不足"})
    assert "报名人数不足" in shown(client, row.get_absolute_url())


def test_more_lines_keep_what_was_typed(client, upper, boss):
    row = planned(upper)
    client.force_login(boss)

    response = client.post(
        reverse("training:sessions_add", args=[row.pk]), {"rows": "5", "more": "1", "s0-topic": "党史"}
    )

    forms = response.context["forms"]
    assert (len(forms), forms[0]["topic"].value()) == (10, "党史")
    assert ClassSession.objects.count() == 1


def test_teachers_are_read_once_for_all_lines(client, upper, boss):
    row, teacher = planned(upper), factories.TeacherFactory(branch=upper)
    client.force_login(boss)
    add = reverse("training:sessions_add", args=[row.pk])
    when = {"held_on": "2025-04-14", "begins": "08:00", "ends": "09:00", "form": "lecture", "teacher": str(teacher.pk)}
    sent = {f"s{n}-{name}": word for n in range(2) for name, word in when.items()}

    with CaptureQueriesContext(connection) as queries:
        shown(client, add)
        client.post(add, {"rows": "10", "more": "1", **sent})

    asked = [query["sql"] for query in queries if 'FROM "training_teacher"' in query["sql"]]
    assert len(asked) == 2  # once a page
    client.post(add, {"rows": "5", **{name: word for name, word in sent.items() if name < "s1"}, "s0-topic": "党章"})
    assert row.sessions.get(topic="党章").teacher == teacher


def test_one_who_is_no_longer_asked_stays_with_the_session_that_has_them(client, upper, boss):
    row = planned(upper)
    kept, gone = (factories.TeacherFactory(branch=upper, is_retired=True) for _ in range(2))
    session = row.sessions.get()
    ClassSession.objects.filter(pk=session.pk).update(teacher=kept)
    client.force_login(boss)

    form = client.get(reverse("training:session_edit", args=[session.pk])).context["form"]

    keys = {str(key) for key, _ in form.fields["teacher"].choices}
    assert str(kept.pk) in keys
    assert str(gone.pk) not in keys
    assert form["teacher"].value() == kept.pk


def test_a_class_like_last_years_comes_with_its_timetable(client, upper, boss):
    like = planned(upper, starts_on=date(2024, 4, 15), ends_on=date(2024, 4, 15), enrols_until=None)
    like.sessions.update(held_on=date(2024, 4, 15))
    client.force_login(boss)
    url = f"{reverse('training:add')}?like={like.pk}"
    form = client.get(url).context["form"]
    assert form["starts_on"].value() == date(2025, 4, 14)

    names = ("branch", "title", "starts_on", "ends_on", "place", "plan")
    sent = {name: getattr(form[name].value(), "pk", form[name].value()) for name in names}
    client.post(url, sent | {"enrols_until": "", "version": ""})

    row = TrainingClass.objects.exclude(pk=like.pk).get()
    assert row.sessions.get().held_on == date(2025, 4, 14)
    assert row.plan == "方案全文"


def test_who_comes_second_sees_what_the_other_saved(client, upper, boss):
    row = planned(upper)
    client.force_login(boss)
    sent = {"title": "甲", "starts_on": "2025-04-14", "ends_on": "2025-04-15", "version": "1"}
    url = reverse("training:edit", args=[row.pk])
    client.post(url, sent)

    page = client.post(url, sent | {"title": "乙"}).content.decode()

    assert "刚被别人改过" in page
    assert "现在的内容" in page
    assert TrainingClass.objects.get().title == "甲"


def test_a_change_of_place_after_opening_is_told_to_those_invited(client, upper, branch, boss, secretary):
    row = planned(upper, state="open")
    client.force_login(boss)
    fields = {
        "title": row.title,
        "starts_on": "2025-04-14",
        "ends_on": "2025-04-15",
        "enrols_until": "2025-04-10",
        "plan": "x",
    }
    client.post(reverse("training:edit", args=[row.pk]), fields | {"place": "二楼会议室", "version": "1"})
    client.force_login(secretary)

    page = shown(client, row.get_absolute_url())

    assert "地点由县委党校一楼报告厅改为二楼会议室" in page
    assert "办理记录" not in page


# --- who sees what


def test_what_is_planned_is_for_whoever_holds_it_and_what_is_open_for_those_below(
    client, upper, branch, boss, secretary, staff
):
    beside = factories.UserFactory(serving=factories.BranchFactory())
    mine, opened = planned(upper), planned(upper, state="open", title="已经开放的班")
    for person, expected in ((boss, {mine, opened}), (secretary, {opened}), (beside, set()), (staff, {mine, opened})):
        client.force_login(person)
        rows = client.get(reverse("training:list")).context["rows"]
        assert {row["class"] for row in rows} == expected
        for row in (mine, opened):
            for name in ("detail", "timetable", "files", "timetable_word"):
                code = client.get(reverse(f"training:{name}", args=[row.pk])).status_code
                assert code == (200 if row in expected else 404)


def test_the_restricted_kind_is_nowhere_for_others(client, branch, boss, secretary, staff):
    row = planned(root(), kind="remedial", state="open", title="提升班甲")
    teacher = factories.TeacherFactory(branch=root())
    row.sessions.update(teacher=teacher)
    for person in (secretary, boss):
        client.force_login(person)
        assert "提升班甲" not in shown(client, reverse("training:list"))
        assert "提升" not in shown(client, reverse("training:list")).replace("业务提升", "")
        assert "提升班甲" not in shown(client, teacher.get_absolute_url())
        shown(client, row.get_absolute_url(), 404)
    client.force_login(staff)
    assert "提升班甲" in shown(client, reverse("training:list"))


def test_a_class_with_quotas_is_for_those_who_have_one(client, upper, branch, boss, secretary):
    other = factories.BranchFactory(parent=upper)
    row = planned(upper, state="open")
    factories.ClassQuotaFactory(training_class=row, branch=other, places=4)
    client.force_login(secretary)
    shown(client, row.get_absolute_url(), 404)
    factories.ClassQuotaFactory(training_class=row, branch=branch, places=2)

    page = shown(client, row.get_absolute_url())

    assert branch.name in page
    assert other.name not in page
    client.force_login(boss)
    assert other.name in shown(client, row.get_absolute_url())


def test_what_a_secretary_may_enrol_for_stands_first_until_its_last_day(client, upper, branch, secretary):
    row = planned(upper, state="open", enrols_until=date(2025, 4, 8))
    planned(upper, state="open", enrols_until=date(2025, 4, 7))
    client.force_login(secretary)

    assert [found["class"] for found in client.get(reverse("training:list")).context["open"]] == [row]


def test_the_list_is_narrowed_by_year_kind_state_owner_and_word(client, upper, boss):
    teacher = factories.TeacherFactory(branch=upper, name="杨树林")
    first = planned(upper, title="书记班", kind="secretary", number="教党发〔2025〕7号")
    first.sessions.update(teacher=teacher)
    last = planned(upper, starts_on=date(2024, 12, 30), ends_on=date(2025, 1, 2), enrols_until=None, state="open")
    old = planned(upper, starts_on=date(2024, 3, 4), ends_on=date(2024, 3, 4), enrols_until=None)
    client.force_login(boss)

    def found(**asked):
        return {row["class"] for row in client.get(reverse("training:list"), asked).context["rows"]}

    assert found() == {first, last}
    assert found(year="2024") == {last, old}
    assert found(year="all") == {first, last, old}
    assert found(kind="secretary") == found(q="杨树林") == found(q="〔2025〕7号") == {first}
    assert found(state="open") == {last}
    assert found(owner=upper.pk) == {first, last}
    assert found(owner="999999") == {first, last}


def test_staff_take_back_what_a_committee_cannot(client, upper, boss, staff):
    row = planned(upper, state="archived", archived_by=boss, archived_at=timezone.now())
    url = reverse("training:take_back", args=[row.pk])
    client.force_login(boss)
    assert url not in shown(client, row.get_absolute_url())
    client.post(url, {"reason": "补图片"})
    assert TrainingClass.objects.get().state == "archived"
    client.force_login(staff)
    client.post(url, {"reason": "补图片"})
    assert "补图片" in shown(client, row.get_absolute_url())


def test_how_a_class_stands_is_told_to_whoever_holds_it_and_those_above(client, upper, boss, secretary, staff):
    row = planned(upper, state="open")
    for person, is_told in ((boss, True), (staff, True), (secretary, False)):
        client.force_login(person)
        assert ("六个有</h2>" in shown(client, row.get_absolute_url())) is is_told
        assert bool(client.get(reverse("training:list")).context["rows"][0]["of"]) is is_told


def test_only_what_lies_ahead_is_pointed_out(client, upper, boss):
    row = planned(upper, state="running", starts_on=date(2025, 4, 5), enrols_until=None)
    factories.ClassSessionFactory(training_class=row, held_on=date(2025, 4, 6))  # Sundays, one of them over
    factories.ClassSessionFactory(training_class=row, held_on=date(2025, 4, 13))
    client.force_login(boss)

    clashes = client.get(reverse("training:timetable", args=[row.pk])).context["clashes"]

    assert [clash.words for clash in clashes] == ["4 月 13 日是节假日或者周末"]


# --- quotas


def test_quotas_are_given_by_search_by_stage_and_taken_away(client, upper, branch, boss):
    row = planned(upper)
    primary = [factories.BranchFactory(parent=upper, stage="kindergarten") for _ in range(2)]
    client.force_login(boss)
    url = reverse("training:quotas", args=[row.pk])

    client.post(f"{url}?stage=kindergarten", {"all": "1", "places": "3"})
    assert set(ClassQuota.objects.values_list("branch", "places")) == {(branch.pk, 3) for branch in primary}
    client.post(url, {"add": "1", "branch": [branch.pk], "places": ""})
    quota = ClassQuota.objects.get(branch=branch)
    assert quota.places is None
    assert "整数" in client.post(url, {f"places-{quota.pk}": "二"}).content.decode()
    client.post(url, {f"places-{quota.pk}": "2"})
    assert ClassQuota.objects.get(branch=branch).places == 2
    client.post(url, {"remove": quota.pk})
    assert ClassQuota.objects.count() == 2
    client.post(url, {"clear": "1"})
    assert not ClassQuota.objects.exists()


# --- printing, and cost


def test_the_timetable_comes_as_word(client, upper, boss):
    row = planned(upper)
    client.force_login(boss)

    response = client.get(reverse("training:timetable_word", args=[row.pk]))

    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert response.content[:2] == b"PK"


def test_pages_cost_the_same_at_any_length(client, upper, boss, secretary, count_queries):
    factories.TeacherFactory(branch=upper)
    row = planned(upper, state="open")
    urls = [reverse("training:list"), reverse("training:teachers"), reverse("training:add")]
    urls += [reverse(f"training:{name}", args=[row.pk]) for name in ("detail", "timetable", "files", "quotas")]

    def furnish(count):
        for number in range(count):
            branch = factories.BranchFactory(parent=upper)
            made = planned(upper, state="open")
            session = factories.ClassSessionFactory(
                training_class=row,
                teacher=factories.TeacherFactory(branch=upper),
                begins=time(8, number),
                held_on=date(2025, 4, 15),
            )
            factories.ClassFileFactory(training_class=row, session=session, role="courseware")
            factories.ClassQuotaFactory(training_class=row, branch=branch)
            factories.EnrolmentFactory(training_class=made, branch=branch)
            factories.EnrolmentFactory(training_class=row, branch=branch)

    furnish(1)
    costs = {}
    for person in (boss, secretary):
        client.force_login(person)
        for url in urls if person is boss else urls[:2]:
            client.get(url)
            costs[person, url] = count_queries(url)
    furnish(9)
    for (person, url), cost in costs.items():
        client.force_login(person)
        client.get(url)
        assert count_queries(url) == cost, url


def test_no_page_holds_an_inline_style_or_script(client, upper, boss):
    row = planned(upper, state="open")
    client.force_login(boss)
    for name in ("detail", "timetable", "files", "quotas", "edit", "sessions_add"):
        page = shown(client, reverse(f"training:{name}", args=[row.pk]))
        assert not re.search(r'\sstyle="|\son\w+="|<script>', page), name


@pytest.mark.parametrize(
    ("state", "starts_on", "number"),
    [("open", date(2025, 4, 9), 1), ("open", date(2025, 4, 8), 3), ("running", date(2025, 4, 8), 4), ("closing", date(2025, 4, 1), 4)],
)  # fmt: skip
def test_what_a_class_leaves_behind_is_asked_for_once_it_can_be_given(client, upper, boss, state, starts_on, number):
    row = planned(upper, state=state, starts_on=starts_on, ends_on=date(2025, 4, 16), enrols_until=None)
    client.force_login(boss)
    assert shown(client, row.get_absolute_url()).count(">去补") == number


def test_nothing_is_asked_for_in_the_archive(client, upper, boss):
    row = planned(upper, archived=True, gap_reason="相机损坏")
    client.force_login(boss)
    assert "去补" not in shown(client, row.get_absolute_url())


def test_who_came_already_makes_a_class_uncancellable(client, upper, boss):
    row = planned(upper, state="running", starts_on=date(2025, 4, 8), enrols_until=None)
    client.force_login(boss)
    assert reverse("training:cancel", args=[row.pk]) in shown(client, row.get_absolute_url())
    person = factories.EnrolmentFactory(training_class=row)
    factories.SignInFactory(session=row.sessions.get(), enrolment=person)
    assert reverse("training:cancel", args=[row.pk]) not in shown(client, row.get_absolute_url())


def test_to_enrol_is_offered_to_those_who_may_send_somebody(client, upper, boss, branch, secretary):
    row = planned(root(), state="open", starts_on=date(2025, 4, 14), enrols_until=None)
    ClassQuota.objects.create(training_class=row, branch=branch, places=2)
    for user, offered in ((secretary, True), (boss, False)):
        client.force_login(user)
        assert ("去报名" in shown(client, row.get_absolute_url())) is offered
        assert ("正在报名" in shown(client, reverse("training:list"))) is offered
    ClassQuota.objects.filter(training_class=row).update(branch=upper)
    client.force_login(secretary)
    assert "去报名" in shown(client, row.get_absolute_url())


def test_what_is_open_is_not_opened_again(client, upper, boss):
    row = planned(upper, state="open", enrols_until=None)
    client.force_login(boss)
    assert "不用再开放报名" in shown(client, reverse("training:open", args=[row.pk]))
