import pytest
from django.core.exceptions import ValidationError

from files.secrecy import marked, refuse_marked


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("绝密★", "绝密★"),
        ("机密★10年", "机密★"),
        ("云岭县文件\n秘密★1年\n关于……", "秘密★"),
        ("机 密 ★", "机密★"),
        ("机　密　★", "机密★"),
        ("机\u200b密\ufeff★", "机密★"),
        ("机\u00a0密☆", "机密☆"),
        ("秘密＊一年", "秘密*"),
        ("秘密⭐\ufe0f", "秘密⭐"),
        ("机密级★", "机密级★"),
        ("密级：机密", "密级:机密"),
        ("密 级 : 〔秘密〕", "密级:〔秘密"),
        ("（机密）关于……", "(机密)"),
        ("【绝密】", "【绝密】"),
        ("机密", "机密"),
        ("\n绝密\n关于……的通知", "绝密"),
    ],
    ids=ascii,
)
def test_a_mark_is_seen_however_it_is_written(text, mark):
    assert marked(text) == mark


@pytest.mark.parametrize(
    "text",
    [
        "",
        "非涉密系统，严禁录入国家秘密、工作秘密",
        "学习《中华人民共和国保守国家秘密法》",
        "……要保守党的秘密\n★ 第二项 主题党日",
        "党员承诺：保守党的秘密，对党忠诚",
        "开展机密文件管理专题学习",
        "密级：无",
        "★★★ 优秀支部",
        "秘密战线英雄事迹报告会",
    ],
)
def test_words_about_secrets_are_no_mark(text):
    assert marked(text) is None


def test_a_field_refuses_a_mark_and_says_why():
    with pytest.raises(ValidationError, match=r"“机密★”.*非涉密系统，严禁录入国家秘密、工作秘密"):
        refuse_marked("机密★")
    refuse_marked("主题党日")
