"""The pages of 组织设置变动: from the form to the act, old names found again, the list and what goes out."""

import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.urls import reverse

from branches.actions import root
from branches.models import Branch
from tests import factories
from tests.members.test_changes import NUMBER, branch_of

pytestmark = pytest.mark.django_db


class TestPages:
    @pytest.fixture(autouse=True)
    def today(self):
        with time_machine.travel("2025-11-20 02:00:00+00:00", tick=False):
            yield

    def paper(self, **fields):
        return {"since": "2025-07-01", "number": NUMBER, **fields}

    def test_a_renamed_branch_is_found_by_its_old_name(self, client, staff):
        client.force_login(staff)
        branch = factories.BranchFactory(name="云岭一小支部")
        url = reverse("members:change_rename", args=[branch.pk])

        assert "请填写批准文号" in client.post(url, self.paper(name="云岭附小支部", number="")).text
        assert "机密" in client.post(url, self.paper(name="云岭附小支部", number="机密★10年")).text
        client.post(url, self.paper(name="云岭附小支部"))

        page = client.get(branch.get_absolute_url()).text
        assert "曾用名" in page
        assert "云岭一小支部" in page
        rows = client.get(reverse("branches:list"), {"q": "一小"}).context["rows"]
        assert [row["branch"] for row in rows] == [branch]
        listed = client.get(reverse("members:changes"), {"q": "一小", "year": "2025", "kind": "renamed"})
        assert [row["branch"] for row in listed.context["rows"]] == [branch]
        assert listed.context["counted"] == 0

    def test_an_upgrade_is_looked_at_before_it_is_done(self, client, staff):
        client.force_login(staff)
        branch = branch_of(6)
        url = reverse("members:change_upgrade", args=[branch.pk])
        places = {f"to_{member.pk}": str(1 + place % 2) for place, member in enumerate(branch.team)}
        data = self.paper(kind="general", name_1="云岭一支部", name_2="云岭二支部", **places)

        shown = client.post(url, data)
        branch.refresh_from_db()
        assert branch.kind == "branch"
        assert "确认升格" in shown.text
        client.post(url, data | {"confirm": "1", "seen": shown.context["outcome"].digest})

        branch.refresh_from_db()
        assert branch.kind == "general"
        assert branch.children.count() == 2

    def test_founding_and_dissolving(self, client, staff):
        client.force_login(staff)
        data = self.paper(name="云岭新城支部", kind="branch", parent=root().pk, schools="云岭新城小学\n云岭新城幼儿园")
        client.post(reverse("members:change_found"), data)
        branch = Branch.objects.get(name="云岭新城支部")
        assert branch.schools.count() == 2

        hub = client.get(reverse("members:change", args=[branch.pk]))
        assert [label for label, _, _ in hub.context["acts"]] == ["更名", "升格", "拆分", "合并", "划转", "撤销"]
        client.post(reverse("members:change_dissolve", args=[branch.pk]), self.paper(since="2025-11-01"))
        branch.refresh_from_db()
        assert branch.closed_on == date(2025, 10, 31)

    def test_the_list_costs_the_same_and_goes_out_as_filtered(self, client, staff, count_queries):
        client.force_login(staff)
        factories.OrgChangeFactory(kind="merged")
        before = count_queries(reverse("members:changes"))
        for _ in range(9):
            factories.OrgChangeFactory(kind="split")
        assert count_queries(reverse("members:changes")) == before

        data = client.get(reverse("members:changes_export"), {"kind": "split"}).content
        rows = [row[2].value for row in openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(min_row=5)]
        assert rows == ["拆分"] * 9

    def test_who_may_not_restructure_finds_no_such_page(self, client):
        branch = factories.BranchFactory()
        client.force_login(factories.UserFactory(serving=branch))

        assert client.get(reverse("members:change", args=[branch.pk])).status_code == 403
        assert client.get(reverse("members:changes")).status_code == 200
