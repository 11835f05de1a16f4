"""名目设置: the county words its lists; what was used is neither renamed nor taken away."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from accounts.models import AuditEvent
from branches import catalogue
from branches.models import CatalogueEntry
from branches.rights import Role
from tests.factories import BranchFactory, TitleFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGE = reverse("branches:catalogue")


def titles():
    return list(CatalogueEntry.objects.filter(catalogue="title").order_by("order", "pk"))


def fresh(**fields):
    return CatalogueEntry(
        **{"catalogue": "title", "label": "书香校园", "source": "云教〔2025〕3号", "from_year": 2025, **fields}
    )


def test_a_new_entry_comes_last_and_is_recorded(staff):
    entry = catalogue.save(fresh(label=" 书香  校园 "), by=staff)

    assert titles()[-1] == entry
    assert entry.label == "书香 校园"
    assert AuditEvent.objects.get(action="catalogue.save").detail["source"] == "云教〔2025〕3号"


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"source": " "}, "请填依据"), ({"label": "机密★"}, "密级标志"), ({"until_year": 2024}, "停用年份不能早于"),
        ({"due": "9月底"}, "月-日"),
    ],
)  # fmt: skip
def test_what_cannot_be_entered(staff, fields, word):
    with pytest.raises(ValidationError, match=word):
        catalogue.save(fresh(**fields), by=staff)


def test_a_name_stands_once_in_a_list(staff):
    with pytest.raises(ValidationError, match="已有同名的一项"):
        catalogue.save(fresh(label=titles()[0].label), by=staff)


def test_what_was_used_keeps_its_name_and_stays(staff):
    entry = titles()[0]
    TitleFactory(entry=entry)
    entry.label = "另一个名称"

    with pytest.raises(ValidationError, match="名称不能改"):
        catalogue.save(entry, by=staff)
    with pytest.raises(ValidationError, match="不能删去"):
        catalogue.drop(entry, by=staff)
    entry.refresh_from_db()
    entry.until_year = 2026
    assert catalogue.save(entry, by=staff).until_year == 2026


def test_what_was_never_used_can_go(staff):
    entry = catalogue.save(fresh(), by=staff)

    catalogue.drop(entry, by=staff)
    assert entry not in titles()


def test_neighbours_change_places(staff):
    first, second, *rest = titles()

    assert catalogue.move(first, up=False, by=staff)
    assert titles() == [second, first, *rest]
    assert not catalogue.move(second, up=True, by=staff)


def test_only_the_work_committee_sets_them(client):
    upper = UserFactory(serving=BranchFactory(kind="committee"), role=Role.COMMITTEE)
    client.force_login(upper)

    assert client.get(PAGE).status_code == 403
    for act in (lambda: catalogue.save(fresh(), by=upper), lambda: catalogue.move(titles()[0], up=False, by=upper)):
        with pytest.raises(PermissionDenied):
            act()


def test_the_pages(client, staff):
    client.force_login(staff)
    page = client.get(PAGE).content.decode()
    assert all(label in page for label in CatalogueEntry.Catalogue.labels)

    add = reverse("branches:catalogue_add", args=["four_ones"])
    assert "附加项" in client.get(add).content.decode()
    assert "请填写依据" in client.post(add, {"label": "一名帮扶干部"}).content.decode()
    client.post(add, {"label": "一名帮扶干部", "source": "示例", "from_year": 2025, "is_extra": "on"})
    entry = CatalogueEntry.objects.get(label="一名帮扶干部")
    assert entry.is_extra
    edit, act = (reverse(f"branches:catalogue_{name}", args=[entry.pk]) for name in ("edit", "act"))
    client.post(edit, {"label": "一名帮扶干部", "source": "云教〔2025〕4号", "from_year": 2025})
    entry.refresh_from_db()
    assert entry.source == "云教〔2025〕4号"
    before = [row.pk for row in CatalogueEntry.objects.filter(catalogue="four_ones").order_by("order")]
    client.post(act, {"act": "up"})
    after = [row.pk for row in CatalogueEntry.objects.filter(catalogue="four_ones").order_by("order")]
    assert (before[-1], before[-2]) == (after[-2], after[-1])
    assert "已删去" in client.post(act, {"act": "drop"}, follow=True).content.decode()
    assert client.get(reverse("branches:catalogue_add", args=["nothing"])).status_code == 404
