"""Records that read alike are found among thousands, across time and branches; different ones are not."""

import random
from datetime import date

import pytest

from branches.models import Branch
from meetings import likeness
from meetings.models import Meeting
from meetings.review import alike
from tests.factories import BranchFactory, MeetingFactory

pytestmark = pytest.mark.django_db
ON = date(2025, 11, 20)
SIGNS = (
    "党员教师学校课堂学生作业家访安全食堂宿舍消防培训交流研讨材料分工时间责任落实检查"
    "记录问题整改典型表彰读书会议讨论服务社区志愿清明劳动阅读体育艺术心理辅导值班巡查"
)
OPENING = "会议由支部书记主持，全体党员参加。首先通报应到实到和请假情况，随后学习有关文件精神，围绕主题开展讨论。"
CLOSING = "最后支部书记作总结，要求全体党员认真学习，结合岗位实际抓好落实，充分发挥先锋模范作用。"


def prose(rng, length=260):
    """A text of its own, framed by what every record says."""
    return OPENING + "".join(rng.choice(SIGNS) for _ in range(length)) + CLOSING


def edited(text, rng, share=0.03):
    """The same text with another date, and a few signs changed."""
    signs = [rng.choice(SIGNS) if rng.random() < share / likeness.WIDTH else sign for sign in text]
    return "2025年11月20日，" + "".join(signs)


@pytest.fixture
def five_thousand():
    """5,000 different records of many branches."""
    rng = random.Random(7)
    branches = BranchFactory.create_batch(20)
    by = MeetingFactory(branch=branches[0]).created_by
    rows = [
        Meeting(
            branch=rng.choice(branches), held_on=date(2023 + number % 3, 1 + number % 12, 20), topic=f"第{number}次",
            due_count=9, attended_count=9, minutes=text, trace=likeness.trace(text), state=Meeting.State.ACCEPTED,
            submitted_at="2025-06-01T00:00Z", created_by=by,
        )
        for number in range(5000)
        for text in [prose(rng)]
    ]  # fmt: skip
    return Meeting.objects.bulk_create(rows), rng


def test_each_near_duplicate_is_found_and_nothing_else(five_thousand, django_assert_max_num_queries):
    rows, rng = five_thousand
    for original in rng.sample(rows, 40):
        with django_assert_max_num_queries(3):
            found = alike(edited(original.minutes, rng), on=ON)
        assert [meeting.pk for meeting, _ in found] == [original.pk]
        assert found[0][1] >= 0.8
    for _ in range(40):
        assert alike(prose(rng), on=ON) == []


def test_a_record_is_not_like_itself_but_like_its_copies(five_thousand):
    rows, _ = five_thousand
    twin = MeetingFactory(accepted=True, minutes=rows[0].minutes, trace=rows[0].trace, held_on=date(2021, 3, 3))

    assert [(meeting.pk, share) for meeting, share in alike(twin.minutes, on=ON, but=twin.pk)] == [(rows[0].pk, 1.0)]
    assert Branch.objects.get(pk=rows[0].branch_id) != twin.branch, "another branch, another year"


def test_only_records_handed_in_are_compared():
    text = prose(random.Random(1))
    for state in ("draft", "returned"):
        MeetingFactory(state=state, submitted_at="2025-06-01T00:00Z", minutes=text, trace=likeness.trace(text))

    assert alike(text, on=ON) == []


@pytest.mark.parametrize(
    "text", ["", "一切正常。", "开会。" * 15, "2025-11-20 " * 40], ids=["none", "short", "few", "digits"]
)
def test_a_text_that_says_too_little_is_like_nothing(text):
    MeetingFactory(accepted=True, minutes=text, trace=likeness.trace(text))

    assert alike(text, on=ON) == []


def test_dates_numbers_and_punctuation_make_no_difference():
    text = prose(random.Random(2))

    assert likeness.share(text, text.replace("，", "；").replace("。", "\n") + "2025年1月") > 0.95
    assert likeness.trace(text) == likeness.trace(text.replace("，", " 3 "))


def test_half_a_text_is_not_the_same_text():
    rng = random.Random(3)
    text = prose(rng, 400)

    assert likeness.share(text, text[: len(text) // 2] + prose(rng, 200)) < 0.6
