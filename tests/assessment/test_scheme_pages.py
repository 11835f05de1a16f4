"""The scheme's pages by forms alone: drafted and changed row by row; who comes second loses nothing."""

import pytest
import time_machine

from accounts.models import AuditEvent
from assessment import drafting
from assessment import scheme as schemes
from assessment.models import Scheme
from tests.assessment.drafts import TODAY, faults, part, typed, url
from tests.factories import BranchFactory, RoundFactory, SchemeFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(f"{TODAY} 10:00+08:00", tick=False):
        yield


@pytest.fixture
def draft(staff):
    return drafting.start(2027, "branch", by=staff, on=TODAY)


@pytest.fixture
def signed(client, staff):
    client.force_login(staff)
    return client


# --- begun


def test_the_next_year_s_draft_is_a_copy_of_the_last_published(signed, staff):
    last = SchemeFactory(year=2026)
    last.content["items"][0]["label"] = "改过的名称"
    last.save()

    answer = signed.post(url("scheme_start"), {"year": 2027, "kind": "branch"})

    made = Scheme.objects.get(year=2027)
    assert answer.url == made.get_absolute_url()
    assert made.content["items"][0]["label"] == "改过的名称"
    assert (made.title, made.content["year"], made.content["since"]) == (
        "2027 年度学校党组织量化考核办法",
        2027,
        "2027-01-01",
    )
    assert AuditEvent.objects.filter(action="scheme.start").count() == 1


def test_without_one_published_it_begins_with_the_sample(draft):
    assert draft.content["status"] == "示例"
    assert "沿用" not in draft.content["source"]


@pytest.mark.parametrize(
    ("year", "words"), [(2027, "已有一份起草中"), (2025, "2025 年度考核已经启动"), (2030, "只能起草 2025 至 2027 年")]
)
def test_a_draft_that_cannot_be_begun_says_why(staff, draft, year, words):
    RoundFactory(year=2025)

    with pytest.raises(Exception, match=words):
        drafting.start(year, "branch", by=staff, on=TODAY)


# --- read


def test_every_page_of_a_draft_opens(signed, draft):
    SchemeFactory(year=2026)
    pages = [
        url("schemes"), url("scheme_start"), url("scheme", draft.pk), url("scheme_publish", draft.pk),
        *(url("scheme_section", draft.pk, name) for name in drafting.SECTIONS), url("scheme_item_add", draft.pk),
    ]  # fmt: skip
    for item in draft.content["items"]:
        pages += [url("scheme_item", draft.pk, item["code"]), url("scheme_part_add", draft.pk, item["code"])]
        pages += [url("scheme_part", draft.pk, item["code"], row["key"]) for row in item["parts"]]

    assert {page: signed.get(page).status_code for page in pages} == dict.fromkeys(pages, 200)


def test_secretaries_read_what_is_published_and_know_nothing_of_drafts(client, draft):
    published = SchemeFactory(year=2026)
    client.force_login(UserFactory(serving=BranchFactory()))

    assert "2026 年度" in client.get(url("schemes")).content.decode()
    assert client.get(url("scheme", published.pk)).status_code == 200
    assert client.get(url("scheme", draft.pk)).status_code == 404
    assert client.get(url("scheme_word", draft.pk, "measures")).status_code == 404
    assert client.get(url("scheme_item", draft.pk, "AT1")).status_code == 403


def test_a_published_one_says_what_changed_since_the_year_before(signed):
    SchemeFactory(year=2025)
    now = SchemeFactory(year=2026)
    drafting.item_of(now.content, "AT1")["parts"][0]["options"] = {"rule": "theme_party_day", "late": 0.5}
    now.save()

    page = signed.get(url("scheme", now.pk)).content.decode()

    assert "与 2025 年相比" in page
    assert "迟办一件按 0.5 件计" in page


@pytest.mark.parametrize("which", ["measures", "details"])
@pytest.mark.parametrize("kind", Scheme.Kind.values)
def test_both_papers_open_as_word_and_are_the_same_bytes_again(signed, kind, which):
    scheme = SchemeFactory(year=2026, kind=kind)

    first, again = (signed.get(url("scheme_word", scheme.pk, which)).content for _ in range(2))

    assert first[:2] == b"PK"
    assert first == again


# --- changed


def test_every_part_is_saved_as_it_was_when_nothing_is_changed(signed, draft):
    before = [dict(row) for item in draft.content["items"] for row in item["parts"]]
    for item in draft.content["items"]:
        for row in item["parts"]:
            where = url("scheme_part", draft.pk, item["code"], row["key"])
            answer = signed.post(where, typed(signed.get(where)))
            assert answer.status_code == 302, (row["key"], faults(answer))
    draft.refresh_from_db()
    after = [row for item in draft.content["items"] for row in item["parts"]]

    for was, now in zip(before, after, strict=True):
        now.pop("waits_for", None)
        was.pop("waits_for", None)
        assert now == was
    assert schemes.problems(draft.content, "branch") == []


@pytest.mark.parametrize("section", drafting.SECTIONS)
def test_every_section_is_saved_as_it_was_when_nothing_is_changed(signed, draft, section):
    before = drafting.section_of(draft.content, section)
    where = url("scheme_section", draft.pk, section)

    answer = signed.post(where, typed(signed.get(where)))

    assert answer.status_code == 302, faults(answer)
    draft.refresh_from_db()
    assert drafting.section_of(draft.content, section) == before


def test_an_item_is_added_with_its_part_and_the_sum_is_told(signed, draft):
    where = url("scheme_item_add", draft.pk)
    words = {"code": "AT9", "label": "双报到", "dimension": "attendance", "clause": "按比例得分。", "source": "本县口径",
             "evidence": "双报到登记", "method": "日常掌握", "who": ""}  # fmt: skip
    answer = signed.post(where, words)

    assert answer.url == url("scheme_part_add", draft.pk, "AT9")
    answer = signed.post(
        answer.url, typed(signed.get(answer.url), by="share", points="2", fact="reported_in", key="AT9", label="双报到")
    )
    assert answer.status_code == 302, faults(answer)
    assert part(draft, "AT9") == {
        "key": "AT9", "label": "双报到", "by": "share", "points": 2, "fact": "members.facts.reported_in", "waits_for": "双报到登记",
    }  # fmt: skip
    page = signed.get(url("scheme", draft.pk))
    assert "维度 attendance 各项合计 32 分，应为 30 分" in [each["words"] for each in page.context["problems"]]
    assert page.context["sums"]["rows"][0]["gap"] == "多 2 分"
    assert signed.post(url("scheme_publish", draft.pk), {"number": "1号", "version": draft.version}).status_code == 200


@pytest.mark.parametrize(
    ("by", "fact", "fields", "kept"),
    [
        ("linear", "attendance", {"full": "95", "zero": "70"}, {"full": 0.95, "zero": 0.7}),
        ("per_missing", "members_meeting", {"each": "0.5"}, {"each": 0.5}),
        ("threshold", "party_school", {"at_least": "90"}, {"at_least": 0.9}),
        ("threshold", "held_lecture", {"at_least": "4"}, {"at_least": 4}),
        ("step", "inspections", {"step_0": "1", "gives_0": "2", "step_1": "3", "gives_1": "6"},
         {"steps": [{"at_least": 3, "points": 6}, {"at_least": 1, "points": 2}]}),
        ("minus", "criticised", {"each": "2", "floor": "1"}, {"each": 2, "floor": 1, "options": {"kind": "criticism"}}),
        ("manual", "", {}, {}),
        ("share", "", {"waits_for": "志愿服务记录"}, {"waits_for": "志愿服务记录"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_each_rule_is_written_by_its_own_fields(signed, draft, by, fact, fields, kept):
    where = url("scheme_part", draft.pk, "AT5", "AT5")
    sent = typed(signed.get(where), by=by, fact=fact, **{"waits_for": ""} | fields)

    answer = signed.post(where, sent)

    assert answer.status_code == 302, faults(answer)
    assert kept.items() <= part(draft, "AT5").items()


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"points": ""}, "points", "请写分值"),
        ({"points": "-1"}, "points", "大于或等于"),
        ({"points": "1e400"}, "points", ""),
        ({"points": "NaN"}, "points", ""),
        ({"full": "50"}, "full", "应高于零分线"),
        ({"zero": ""}, "zero", "请写零分线"),
        ({"fact": "titles"}, "fact", ""),
        ({"key": "AT1"}, "key", "已有代码为 AT1"),
        ({"key": "a b"}, "key", "字母、数字、汉字"),
        ({"cap": "9"}, "cap", "不高于"),
        ({"by": "luck"}, "by", ""),
        ({"fact": "", "waits_for": ""}, "fact", "请选一项记录"),
        ({"label": "机密★"}, "__all__", "密级标志"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(signed, draft, changes, field, words):
    where = url("scheme_part", draft.pk, "AT5", "AT5")
    before = part(draft, "AT5")

    answer = signed.post(where, typed(signed.get(where), **changes))

    assert answer.status_code == 200
    assert words in str(faults(answer)[field])
    name, value = next(iter(changes.items()))
    assert answer.context["form"][name].value() == value
    assert part(draft, "AT5") == before


def test_another_rule_shows_its_fields_and_keeps_what_was_typed(signed, draft):
    where = url("scheme_part", draft.pk, "AT5", "AT5")

    page = signed.post(where, typed(signed.get(where), by="minus", label="改到一半", rule="1"))

    form = page.context["form"]
    assert "each" in [field.name for field in form.shown]
    assert (form["label"].value(), form["full"].value()) == ("改到一半", "90")
    assert part(draft, "AT5")["by"] == "linear"


def test_two_editors_of_one_item_the_second_is_told_and_loses_nothing(signed, draft):
    where = url("scheme_item", draft.pk, "AT1")
    mine, theirs = (typed(signed.get(where)) for _ in range(2))
    signed.post(where, theirs | {"evidence": "会议记录本"})

    page = signed.post(where, mine | {"clause": "我写的办法。"})

    assert "刚被别人改过" in str(faults(page))
    assert page.context["form"]["clause"].value() == "我写的办法。"
    assert {"label": "佐证", "now": "会议记录本"} in page.context["stale"]["rows"]
    assert signed.post(where, typed(page)).status_code == 302
    draft.refresh_from_db()
    assert drafting.item_of(draft.content, "AT1")["clause"] == "我写的办法。"


def test_two_editors_of_two_items_do_not_stand_in_each_other_s_way(signed, draft):
    one, two = (url("scheme_item", draft.pk, code) for code in ("AT1", "AT2"))
    mine, theirs = typed(signed.get(one)), typed(signed.get(two))

    assert signed.post(two, theirs | {"evidence": "会议记录本"}).status_code == 302
    assert signed.post(one, mine | {"evidence": "签到表"}).status_code == 302
    draft.refresh_from_db()
    assert [drafting.item_of(draft.content, code)["evidence"] for code in ("AT1", "AT2")] == ["签到表", "会议记录本"]


def test_who_writes_on_an_item_that_is_gone_keeps_the_words(signed, draft, staff):
    where = url("scheme_item", draft.pk, "AT1")
    sent = typed(signed.get(where))
    drafting.remove(draft, "AT1", None, by=staff)

    assert signed.post(where, sent).status_code == 404


def test_items_move_within_their_dimension_and_go(signed, draft):
    signed.post(url("scheme_move", draft.pk), {"code": "AT2", "to": "up"})
    signed.post(url("scheme_drop", draft.pk), {"code": "AT3"})
    signed.post(url("scheme_move", draft.pk), {"code": "PF1", "part": "PF1.3", "to": "up"})
    signed.post(url("scheme_drop", draft.pk), {"code": "PF1", "part": "PF1.2"})

    draft.refresh_from_db()
    assert [item["code"] for item in draft.content["items"]][:3] == ["AT2", "AT1", "AT4a"]
    assert [row["key"] for row in drafting.item_of(draft.content, "PF1")["parts"]] == ["PF1.1", "PF1.3"]
    assert drafting.item_of(draft.content, "PF1")["points"] == 3.5


def test_a_dimension_with_items_is_not_taken_away(signed, draft):
    where = url("scheme_section", draft.pk, "dimensions")

    page = signed.post(where, typed(signed.get(where), label_2="", weight_2="", weight_1="70"))

    assert "还在要去掉的维度里" in str(faults(page))
