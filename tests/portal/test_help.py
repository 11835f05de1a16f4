"""Help: each page has its place in the manual, each link is one that this person may follow, ticks come from records."""

import re
from datetime import date
from io import BytesIO

import pytest
from django.urls import reverse
from pikepdf import Pdf

from branches.actions import root
from branches.rights import Role, Task
from portal.help import book, manual, ticks
from portal.places import PLACES
from tests import factories

pytestmark = pytest.mark.django_db
ON = date(2026, 11, 20)
PDF_PAGES = range(20, 61)


def everything():
    """Every text of the help."""
    found = [
        (guide.title, [guide.welcome, *(part for step in guide.steps for part in (step.text, step.say))])
        for guide in book.guides()
    ]
    found += [(each.ask, each.answer) for group in book.questions().values() for each in group]
    found += [(word, [meaning]) for word, meaning in book.terms()]
    found += [
        (section.title, [section.why, *section.steps, *section.notes])
        for chapter in book.chapters()
        for section in chapter.sections
    ]
    return found


def test_every_page_of_the_menu_is_explained():
    explained = {route for chapter in book.chapters() for section in chapter.sections for route in section.routes}

    assert [route for route in PLACES if route not in explained] == []


def test_the_deeper_page_has_the_nearer_explanation():
    assert book.explained_at("/members/transfers/12/").endswith("/members/#transfers")
    assert book.explained_at("/members/12/").endswith("/members/#roster")
    assert book.explained_at("/").endswith("/start/#home")
    assert book.explained_at("/nowhere/") == reverse("portal:help")


def test_every_post_and_task_has_a_first_day_of_five_to_eight_steps():
    told = {role for guide in book.guides() for role in guide.roles}

    assert {*Role.values, *Task.values, book.MEMBER} == told
    assert [guide.key for guide in book.guides() if not 5 <= len(guide.steps) <= 8] == []


def test_a_step_leads_to_a_page_that_exists_and_its_tick_is_known():
    for guide in book.guides():
        for step in guide.steps:
            assert reverse(step.route)
            assert step.tick in {"", *ticks.TICKS}


def test_no_number_of_a_document_is_written_in_the_help():
    """Days, shares and counts come from the rulebook; who changes a rule would not find them here."""
    written = [
        (title, text)
        for title, texts in everything()
        for text in texts
        if re.search(r"\d+ ?(天|日|个月|年|%|人|次|学时)", text)
    ]

    assert written == []


def test_titles_are_named_once():
    for chapter in book.chapters():
        keys = [section.key for section in chapter.sections]
        assert len(keys) == len(set(keys)), chapter.key


@pytest.fixture
def secretary():
    return factories.UserFactory(serving=factories.BranchFactory(parent=root()), must_change_password=True)


def test_the_first_day_is_ticked_by_records(client, secretary):
    branch = secretary.appointments.get().branch
    client.force_login(secretary)
    assert not ticks.meeting(secretary, ON)
    assert not ticks.password(secretary, ON)

    factories.MeetingFactory(branch=branch, created_by=secretary)
    assert not ticks.meeting(secretary, ON), "a draft is no registered meeting"
    factories.MeetingFactory(branch=branch, submitted=True, created_by=secretary)
    secretary.must_change_password = False
    secretary.save()

    assert ticks.meeting(secretary, ON)
    text = client.get(reverse("portal:help")).content.decode()
    assert "支部书记的第一天" in text
    assert text.count("已完成") == sum(
        ticks.TICKS[step.tick](secretary, ON) for step in book.guides()[0].steps if step.tick
    )


def test_another_branchs_records_tick_nothing(secretary):
    other = factories.BranchFactory(parent=root())
    factories.MemberFactory(branch=other)
    factories.TermFactory(branch=other)

    assert not ticks.members(secretary, ON)
    assert not ticks.term(secretary, ON)


def test_a_link_is_given_only_to_whom_the_page_opens(client):
    client.force_login(factories.UserFactory(must_change_password=False))
    text = client.get(reverse("portal:help_guide", args=["staff"])).content.decode()

    assert f'href="{reverse("portal:imports")}"' not in text
    assert "导入党组织和名册" in text
    assert "已完成" not in text
    assert client.get(reverse("portal:help_guide", args=["nobody"])).status_code == 404


def test_who_holds_no_post_is_told_as_a_member(client):
    client.force_login(factories.UserFactory(must_change_password=False))

    assert "党员的第一天" in client.get(reverse("portal:help")).content.decode()


def test_a_word_finds_sections_questions_and_terms(client, secretary):
    client.force_login(secretary)
    secretary.must_change_password = False
    secretary.save()
    text = client.get(reverse("portal:help"), {"q": "补登"}).content.decode()

    assert "会按时开了，忘了登记怎么办？" in text
    assert "没有找到" not in text
    assert "没有找到" in client.get(reverse("portal:help"), {"q": "<b>飞船"}).content.decode()


@pytest.mark.parametrize("chapter", book.chapters(), ids=lambda chapter: chapter.key)
def test_a_chapter_names_the_source_of_each_rule(client, secretary, chapter):
    secretary.must_change_password = False
    secretary.save()
    client.force_login(secretary)
    answer = client.get(reverse("portal:manual_chapter", args=[chapter.key]))

    text = answer.content.decode()
    for section in chapter.sections:
        assert f'id="{section.key}"' in text
    assert answer.status_code == 200


def test_the_head_of_a_page_leads_to_its_section(client, secretary):
    secretary.must_change_password = False
    secretary.save()
    client.force_login(secretary)

    text = client.get(reverse("members:transfers")).content.decode()
    assert f'href="{reverse("portal:manual_chapter", args=["members"])}#transfers"' in text


def test_the_manual_as_pdf_has_every_chapter_and_is_written_once(client, secretary):
    secretary.must_change_password = False
    secretary.save()
    client.force_login(secretary)
    whole = client.get(reverse("portal:manual_pdf"))
    assert whole["Content-Type"] == "application/pdf"
    assert len(Pdf.open(BytesIO(whole.content)).pages) in PDF_PAGES
    assert client.get(reverse("portal:manual_pdf")).content == whole.content
    part = client.get(reverse("portal:manual_pdf"), {"chapter": "branch"})
    assert len(part.content) < len(whole.content)
    assert client.get(reverse("portal:manual_pdf"), {"chapter": "none"}).status_code == 404


def test_pictures_are_small_and_all_are_used():
    named = {
        picture.path for chapter in book.chapters() for section in chapter.sections for picture in section.pictures
    }
    there = {f"manual/{path.name}": path.stat().st_size for path in (manual.FOLDER / "manual").glob("*")}

    assert set(there) <= named
    assert sum(there.values()) <= 1_500_000
