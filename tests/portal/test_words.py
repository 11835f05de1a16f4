"""What the rules page says of a rule with several numbers: sentences of the office, never a bare list of numbers."""

from dataclasses import replace

import pytest
from django.urls import reverse

from portal.templatetags.words import in_words
from rulebook.book import rules
from tests.factories import BranchFactory, UserFactory

SAID = {
    "hours.conversion": "一次课满 6 小时按一天计 8 学时，满 3 小时按半天计 4 学时；不满半天的每小时计 1 学时",
    "hours.meetings": "主题党日 2 学时、党课 2 学时、理论学习中心组学习 4 学时、意识形态专题研究 1 学时；其他会议不计学时",
    "hours.post": "当年担任书记、副书记、组织委员、宣传委员、纪检委员、青年委员、委员的天数达到全年的一半",
    "hours.pro_rata": "不折减，按全年要求",
    "hours.secretary_classes": "1 次",
    "training.new_secretary": "6 个月",
    "training.secretary_kinds": "党组织书记培训、党务干部培训",
    "training.coverage": "100%",
    "training.sign_in": "二维码每 15 秒换一次，前 1 个仍有效；开课前 60 分钟至下课后 30 分钟内可签；"
    "口令 6 位数字，10 分钟内输错 5 次的暂停输入；二次点名开放 3 分钟",
    "training.completion": "到课达到应到学时的 80%，办了考试的还须合格",
    "training.certificate": "编号如 云教党培〔2026〕3号-017",
    "screening.phases": "过筛子 3 月 1 日至 5 月 31 日，整改提升至 9 月 30 日，回头看至 9 月 30 日",
    "weak.suspect": "书记空缺超过 90 天；连续 2 个季度没有召开支部党员大会；连续 3 个月没有主题党日；"
    "群众测评满意率低于 60%；正式党员不足 3 人；上年度考核列最后 1 名",
    "points.work": "社区服务每次 2 分；荣誉：国家级 20 分、省级 16 分、市级 12 分、县级 8 分、校级 4 分",
}


@pytest.mark.django_db
def test_the_rules_page_says_them_all(client):
    client.force_login(UserFactory(serving=BranchFactory()))
    page = client.get(reverse("portal:rules")).content.decode()

    assert [key for key, words in SAID.items() if words not in page] == []


@pytest.mark.parametrize("key", SAID)
def test_a_rule(key):
    assert in_words(rules()[key][-1]) == SAID[key]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("hours.pro_rata", "months", "按当年在册月数折减，不足一个月的按一个月"),
        ("hours.meetings", {"theme_party_day": 0, "party_lecture": 0}, "会议不计学时"),
        ("hours.post", {"share": 0.75, "offices": ["secretary"]}, "当年担任书记的天数达到全年的75%"),
        ("training.coverage", 0.9, "90%"),
    ],
)
def test_what_the_county_decided_otherwise(key, value, words):
    assert in_words(replace(rules()[key][-1], value=value)) == words
