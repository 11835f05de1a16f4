"""What the rules page says of a rule of training: sentences of the office, never a bare list of numbers."""

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
    "training.coverage": "100%",
    "training.sign_in": "二维码每 15 秒换一次，前 1 个仍有效；开课前 60 分钟至下课后 30 分钟内可签；"
    "口令 6 位数字，10 分钟内输错 5 次的暂停输入；二次点名开放 3 分钟",
    "training.completion": "到课达到应到学时的 80%，办了考试的还须合格",
    "training.certificate": "编号如 云教党培〔2026〕3号-017",
}


@pytest.mark.django_db
def test_the_rules_page_says_them_all(client):
    client.force_login(UserFactory(serving=BranchFactory()))
    page = client.get(reverse("portal:rules")).content.decode()

    assert [key for key, words in SAID.items() if words not in page] == []


@pytest.mark.parametrize("key", SAID)
def test_a_rule_of_training(key):
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
