"""What is said of each step: one sentence that a secretary would say, and a mark of its day. Every one of the 25."""

from datetime import date, timedelta

import pytest

from recruitment import timeline, wording
from recruitment.legality import Next
from recruitment.road import known_editions

TODAY = date(2026, 11, 20)
STEPS = list(known_editions()[-1].steps)
DAY = timedelta(days=1)


def following(step="branch_vote", earliest=TODAY, due=None, last=None):
    return Next(step, earliest, due, last, ())


def say(found, *, mine=True, who="支部"):
    return str(wording.sentence(found, "何景行同志", TODAY, mine=mine, who=who))


def test_the_sentence_of_the_drawing():
    found = following(due=date(2026, 12, 12))

    assert say(found) == "请在 12 月 12 日前 召开支部党员大会讨论何景行同志入党，今天起就可以开。"
    assert wording.sentence(found, "x", TODAY, mine=True, who="").day == "12 月 12 日前"


SAID = {
    "apply": "登记何景行同志的入党申请，今天起就可以办。",
    "initial_talk": "派人同何景行同志谈话，今天起就可以谈。",
    "confirm_activist": "开会研究确定何景行同志为入党积极分子，今天起就可以办。",
    "activist_filing": "为何景行同志办理入党积极分子备案，今天起就可以办。",
    "assign_mentor": "为何景行同志指定一至两名培养联系人，今天起就可以办。",
    "cultivate": "对何景行同志进行一次培养教育考察，今天起就可以办。",
    "confirm_prospect": "开会研究确定何景行同志为发展对象，今天起就可以办。",
    "prospect_filing": "研究答复是否同意何景行同志为发展对象，今天起就可以办。",
    "assign_sponsors": "为何景行同志确定两名入党介绍人，今天起就可以办。",
    "political_review": "完成对何景行同志的政治审查，今天起就可以办。",
    "prospect_training": "安排何景行同志参加发展对象集中培训，今天起就可以办。",
    "committee_screen": "召开支部委员会，审查何景行同志的入党材料，今天起就可以开。",
    "pre_review": "对何景行同志的入党材料进行预审，今天起就可以办。",
    "fill_application_form": "指导何景行同志填写入党志愿书，今天起就可以办。",
    "branch_vote": "召开支部党员大会讨论何景行同志入党，今天起就可以开。",
    "superior_talk": "在审批前派人同何景行同志谈话，今天起就可以谈。",
    "committee_approval": "审批何景行同志为预备党员，今天起就可以办。",
    "od_filing": "把何景行同志的接收情况报组织部门备案，今天起就可以办。",
    "assign_group": "把何景行同志编入党支部和党小组，今天起就可以办。",
    "oath": "组织何景行同志进行入党宣誓，今天起就可以办。",
    "probation_review": "对预备党员何景行同志进行一次教育考察，今天起就可以办。",
    "transfer_apply": "登记何景行同志提出的转正申请，今天起就可以办。",
    "conversion_vote": "召开支部党员大会讨论何景行同志转正，今天起就可以开。",
    "conversion_approval": "审批何景行同志转正，今天起就可以办。",
    "archive": "把何景行同志的入党材料归档，今天起就可以办。",
}


@pytest.mark.parametrize("step", STEPS)
def test_each_step_is_said_as_an_office_would(step):
    assert say(following(step)) == f"现在可以{SAID[step]}"
    assert say(following(step, due=TODAY + 9 * DAY)) == f"请在 11 月 29 日前 {SAID[step]}"


def test_every_step_has_its_words_and_no_other():
    assert list(wording.SAYS) == STEPS == list(SAID)
    assert ["apply", *wording.BUTTONS] == STEPS


@pytest.mark.parametrize(
    ("found", "mine", "said"),
    [
        (following(earliest=TODAY + DAY), True, "最早 11 月 21 日可以召开支部党员大会讨论何景行同志入党。"),
        (following(earliest=date(2027, 1, 4), due=date(2027, 2, 4)), True,
         "最早 2027 年 1 月 4 日可以召开支部党员大会讨论何景行同志入党，最迟 2027 年 2 月 4 日。"),
        (following(due=TODAY - DAY), True,
         "召开支部党员大会讨论何景行同志入党，应在 11 月 19 日前办理，已超过 1 天，请尽快办理并写明原因。"),
        (following("pre_review"), False, "等上级党组织对何景行同志的入党材料进行预审。"),
        (following("committee_approval", due=TODAY + DAY), False, "等上级党组织审批何景行同志为预备党员，最迟 11 月 21 日。"),
        (following("committee_approval", due=TODAY - DAY), False,
         "等上级党组织审批何景行同志为预备党员，应在 11 月 19 日前办理，已超过 1 天。"),
        (following("committee_approval", last=TODAY - DAY), True,
         "已超过最长期限 11 月 19 日，不能再审批何景行同志为预备党员，要退回上一步重新办理。"),
        (following("transfer_apply", earliest=TODAY + DAY), False, "最早 11 月 21 日可以由上级党组织登记何景行同志提出的转正申请。"),
    ],
)  # fmt: skip
def test_too_early_late_and_the_turn_of_others(found, mine, said):
    assert say(found, mine=mine, who="上级党组织") == said


@pytest.mark.parametrize(
    ("found", "mark"),
    [
        (following(), ("wait", "可以办")), (following(earliest=TODAY + DAY), ("wait", "最早 11 月 21 日")),
        (following(due=TODAY), ("late", "今天到期")), (following(due=TODAY + 7 * DAY), ("late", "还有 7 天")),
        (following(due=TODAY + 8 * DAY), ("wait", "还有 8 天")), (following(due=TODAY - DAY), ("miss", "已超期 1 天")),
        (following(due=TODAY - DAY, last=TODAY + DAY), ("miss", "已超期 1 天")),
        (following(due=TODAY - 9 * DAY, last=TODAY), ("miss", "已超期 9 天")),
        (following(due=TODAY - 9 * DAY, last=TODAY - DAY), ("miss", "已过最长期限 1 天")),
    ],
)  # fmt: skip
def test_marks_to_the_day(found, mark):
    assert tuple(wording.mark(found, TODAY)) == mark


def test_what_is_overdue_comes_first_and_what_waits_for_its_day_last():
    waiting = following("transfer_apply", earliest=TODAY + 180 * DAY)
    tomorrow = following("conversion_vote", earliest=TODAY + DAY)
    review = following("cultivate", due=TODAY + 90 * DAY)
    free = following("confirm_prospect")
    soon = following("initial_talk", due=TODAY + DAY)
    over = following("oath", due=TODAY - DAY)

    found = wording.in_turn([waiting, review, tomorrow, free, soon, over], TODAY)
    assert found == [over, soon, free, tomorrow, review, waiting], "a review with time left waits too, for its last day"


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (date(2026, 3, 18), "1 年"),
        (date(2026, 5, 18), "1 年零 2 个月"),
        (date(2025, 4, 17), "30 天"),
        (date(2025, 3, 18), "当天"),
    ],
)
def test_lengths(end, said):
    assert wording.length(date(2025, 3, 18), end) == said


def test_what_is_far_says_when_it_comes():
    edition = known_editions()[-1]
    found = {key: wording.later(step, edition) for key, step in edition.steps.items()}

    assert found["committee_approval"] == [("最迟", "支部大会讨论后 3 个月")]
    assert found["confirm_prospect"] == [("最早", "推荐和确定入党积极分子满 12 个月")]
    assert found["transfer_apply"] == [("最早", "支部大会讨论满 12 个月")]
    assert found["superior_talk"] == [("", "“支部大会讨论”以后")]


@pytest.mark.parametrize(
    ("born", "on", "years"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2007, 9, 1), date(2025, 8, 31), 17),
        (date(2007, 9, 1), date(2025, 9, 1), 18),
    ],
)
def test_an_age_grows_on_the_day_from_which_the_rule_of_eighteen_allows(born, on, years):
    assert timeline.age(born, on) == years
