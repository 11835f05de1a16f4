"""The little logic that sits in the components."""

import re

import pytest
from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template.loader import render_to_string

from portal.templatetags import ui


class Sample(forms.Form):
    held_on = forms.DateField(label="日期", help_text="以当日为准")
    kinds = forms.MultipleChoiceField(label="类别", choices=[("a", "党课")], widget=forms.CheckboxSelectMultiple)
    place = forms.CharField(label="地点", required=False)
    speaker = forms.ChoiceField(label="主讲人", choices=[("", "请选择"), ("1", "周明远同志")])
    paper = forms.BooleanField(label="已有纸质签到", required=False)


def field(form, name, **context):
    return render_to_string("components/field.html", {"field": form[name], **context})


@pytest.mark.parametrize(
    ("state", "text", "word", "shape"),
    [
        ("done", "", "已办", "s-done"),
        ("late", "迟 2", "迟 2", "s-late"),
        ("na", "", "不适用", "s-na"),
        ("", "正式", "正式", None),
    ],
)
def test_a_state_has_a_word_and_a_shape(state, text, word, shape):
    html = ui.badge(state, text)

    assert word in html
    assert shape is None or f"#{shape}" in html


def test_a_badge_escapes():
    assert "<script>" not in ui.badge("done", "<script>")


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(79.12, 100, "79.12"), (0, 8, "0.00"), (9, 8, "100.00"), (1, 0, "0")]
)
def test_share(part, whole, share):
    assert ui.share(part, whole) == share


def test_a_field_is_tied_to_its_help_rule_and_error():
    html = field(Sample({}), "held_on", rule="每月一次", cite="《条例》")

    assert 'aria-describedby="id_held_on_helptext id_held_on_rule id_held_on_error"' in html
    for part in ("helptext", "rule", "error"):
        assert html.count(f'id="id_held_on_{part}"') == 1
    assert 'aria-invalid="true"' in html
    assert "请填写日期。" in html
    assert "form-control" in html


def test_a_date_box_is_native_and_shows_its_value():
    html = field(Sample(initial={"held_on": __import__("datetime").date(2026, 11, 5)}), "held_on")

    assert 'type="date"' in html
    assert 'value="2026-11-05"' in html


def test_choices_are_a_named_group():
    html = field(Sample({}), "kinds")

    assert "<fieldset" in html
    assert "<legend" in html
    assert 'class="pick"' in html
    assert "请选择类别。" in html
    assert "请选择主讲人。" in field(Sample({}), "speaker")


def test_optional_is_said_and_a_tick_box_has_one_label():
    assert "选填" in field(Sample(), "place")
    assert field(Sample(), "paper").count("已有纸质签到") == 1


def test_the_summary_leads_to_every_wrong_field():
    form = Sample({})
    html = render_to_string("components/errors.html", {"form": form})

    assert "有 3 处要改" in html
    page = "".join(str(form[name]) for name in form.fields)
    for target in re.findall(r'href="#([^"]+)"', html):
        assert f'id="{target}"' in page
    assert render_to_string("components/errors.html", {"form": Sample()}).strip() == ""


def test_the_pager_keeps_the_filters():
    page = Paginator(range(95), 10).get_page(5)
    html = render_to_string("components/pager.html", {"page": page, "query": QueryDict("q=zxq&page=5"), "unit": "名"})

    assert "第 41–50 名，共 95 名" in html
    assert 'href="?q=zxq&amp;page=6"' in html
    assert html.count("…") == 2


def test_every_icon_that_a_template_names_is_drawn():
    drawn = set(re.findall(r'id="([^"]+)"', (settings.BASE_DIR / "static/icons.svg").read_text("utf-8")))
    named = {
        (path.name, name)
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        for name in re.findall(r'(?:\{% icon | icon=)"([^"]+)"', path.read_text("utf-8"))
    }

    assert {(page, name) for page, name in named if name not in drawn} == set()
