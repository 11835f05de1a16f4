"""研判整改 in COUNTY-S: in each branch one of everything, at every stage that changes who may see it; every text filled in."""

from datetime import UTC, date, datetime

from accounts.models import User
from branches.models import (
    AdmonitionTalk,
    Assignment,
    Attachment,
    CatalogueEntry,
    ContactPoint,
    ContactVisit,
    FormCount,
    Governance,
    Inspection,
    InspectionLine,
    InspectionPlan,
    Instructor,
    IntegrityRisk,
    Notice,
    OrgChange,
    Receipt,
    Rectification,
    RectificationStep,
    ResponsibilityLine,
    Screening,
    ScreeningCampaign,
    ScreeningMark,
    SevenOnes,
    Standard,
    StandardGroup,
    StandardItem,
    Title,
    WeakCase,
    WeakCheck,
    WeakMeasure,
    WeakProgress,
    WeakStep,
)
from branches.rights import BELOW, ROLES, Task
from meetings.models import CollectiveDecision
from members.models import Post, ResponsibilityLetter
from tests import county_assessment, county_recruitment, county_settings, county_training, factories

AT = datetime(2025, 6, 1, 2, 0, tzinfo=UTC)
JUDGED = ("a1", "b1")  # what the person "assessor" judges
OWNED = {  # whose branch may see it with which verb
    OrgChange: ("branch", "branch.see"), ContactPoint: ("branch", "file.see"), ContactVisit: ("contact__branch", "file.see"),
    Instructor: ("branch", "file.see"), Governance: ("branch", "file.see"), Title: ("branch", "file.see"),
    SevenOnes: ("branch", "file.see"), Inspection: ("branch", "inspection.see"), AdmonitionTalk: ("branch", "talk.see"),
    Rectification: ("branch", "rectify.see"), RectificationStep: ("item__branch", "rectify.see"),
    WeakCase: ("branch", "weak.see"), WeakMeasure: ("case__branch", "weak.see"),
    WeakProgress: ("case__branch", "weak.see"), WeakCheck: ("case__branch", "weak.see"),
    WeakStep: ("case__branch", "weak.see"), IntegrityRisk: ("branch", "integrity.see"),
    FormCount: ("branch", "discipline.see"), ResponsibilityLetter: ("branch", "letter.see"),
    CollectiveDecision: ("branch", "decision.see"), Post: ("term__branch", "file.see"), Assignment: ("branch", "screening.run"),
}  # fmt: skip
FROM_ABOVE = {ResponsibilityLine: ("branch", "file.see"), ScreeningCampaign: ("branch", "screening.see")}
OF_ATTACHMENT = {
    "rectification": Rectification, "weak_case": WeakCase, "inspection": Inspection, "title": Title, "screening": Screening,
}  # fmt: skip
OF_SCREENING = {
    "screening", "judging", "submitted_screening", "approved_screening", "look_back", "issued_mark", "mark", "screening_file",
}  # fmt: skip


def assign(county):
    """Somebody without any post who judges two branches, somebody whose task ended yesterday, and one of each other task."""
    for person, days in (("assessor", {}), ("former assessor", {"until": date(2025, 11, 19)})):
        county.people[person] = factories.UserFactory()
        for name in JUDGED:
            factories.AssignmentFactory(
                user=county.people[person],
                branch=county.branches[name],
                created_by=county.people["admin"],
                group="x",
                **days,
            )
            if not days:
                county.tasks[person].append((Task.ASSESSOR, name))
    for person, task, name in (
        ("guide b2", Task.GUIDE, "b2"), ("instructor a2", Task.INSTRUCTOR, "a2"), ("contact c2", Task.CONTACT, "c2"),
    ):  # fmt: skip
        county.people[person] = factories.UserFactory()
        by, branch = county.people["admin"], county.branches[name]
        factories.AssignmentFactory(user=county.people[person], branch=branch, created_by=by, task=task, group="x")
        county.tasks[person].append((task, name))
    county_assessment.send(county)


def judge(county, rows):
    """Add to `rows`: what → [(organisation that owns the row, row)]."""
    by, other, assessor, former = (
        county.people[name] for name in ("admin", "second admin", "assessor", "former assessor")
    )
    root = county.branches["root"]

    def add(what, name, row):
        rows.setdefault(what, []).append((name, row))

    standard = factories.StandardFactory(branch=root, state="frozen", number="x", source="x", created_by=by)
    draft = factories.StandardFactory(branch=root, number="x", source="x", created_by=by)
    group = factories.StandardGroupFactory(standard=standard)
    items = [factories.StandardItemFactory(group=group, points=50) for _ in range(2)]
    free = factories.StandardGroupFactory(standard=draft)
    line = factories.InspectionLineFactory(
        plan=factories.InspectionPlanFactory(branch=root, year=2025, created_by=by), scope="x", basis="x"
    )
    settled, closed = (
        factories.ScreeningCampaignFactory(branch=root, year=year, standard=standard, number="x", created_by=by)
        for year in (2023, 2024)
    )
    campaign = factories.ScreeningCampaignFactory(branch=root, standard=standard, number="x", created_by=by)
    unused = factories.ScreeningCampaignFactory(
        branch=root, standard=draft, number="x", created_by=by, state="draft", opened_at=None, year=2026
    )
    for what, row in (
        ("standard", standard), ("standard_draft", draft), ("standard_group", free),
        ("standard_item", factories.StandardItemFactory(group=free)), ("campaign_draft", unused),
        ("screening_campaign", campaign), ("inspection_plan", line.plan), ("inspection_line", line),
        ("duty_line", factories.ResponsibilityLineFactory(branch=root)),
    ):  # fmt: skip
        add(what, "root", row)
    for name in county.graded:
        if name != "shut":
            branch = county.branches[name]
            _file(branch, county.members[name][0], county.meetings[name][2], name, by, add)
            _screen(name, branch, (by, other, assessor, former), (settled, closed, campaign, items), add)
            _rectify(branch, name, by, other, line, add)
            _weaken(branch, name, by, other, add)
            _tell(root, branch, name, by, add)
    add("catalogue_entry", "root", CatalogueEntry.objects.order_by("pk").first())
    county_training.train(county, rows)
    county_recruitment.recruit(county, rows)
    county_assessment.assess(county, rows)
    county_settings.settle(county, rows)


def furnish(branches, by, other):
    """One of everything that a row of any list shows in each of `branches`: (党组织, member with a post, meeting)."""
    group = factories.StandardGroupFactory(standard__state="frozen")
    items, line = [factories.StandardItemFactory(group=group)], factories.InspectionLineFactory()
    given = factories.ScreeningCampaignFactory.create_batch(3, standard=group.standard)
    factories.ResponsibilityLineFactory(branch=line.plan.branch)
    for branch, member, meeting in branches:
        _file(branch, member, meeting, "", by, _pass)
        _screen("", branch, (by, other, by, by), (*given, items), _pass)
        _rectify(branch, "", by, other, line, _pass)
        _weaken(branch, "", by, other, _pass)
        _tell(line.plan.branch, branch, "", by, _pass)


def _pass(what, name, row):
    """Nobody asks for it by name."""


def _file(branch, member, meeting, name, by, add):
    contact = factories.ContactPointFactory(branch=branch, created_by=by)
    factories.ContactVisitFactory(contact=contact, helped="x", created_by=by)
    governance = factories.GovernanceFactory(
        branch=branch, party_rules_number="x", office_rules_number="x", charter_number="x"
    )
    entries = CatalogueEntry.objects.all()
    title = factories.TitleFactory(
        branch=branch, entry=entries.filter(catalogue="title").first(), name="x", idea="x", results="x", created_by=by
    )
    seven = factories.SevenOnesFactory(
        branch=branch, entry=entries.filter(catalogue="seven_ones").first(), note="x", checked_by=by
    )
    post = member.posts.get()
    post.is_dual_leader, post.dual_basis = True, "x"
    post.save()
    add("secretary_post", name, post)
    letter = factories.ResponsibilityLetterFactory(
        kind="member", branch=branch, member=member, number="x", created_by=by, file=factories.StoredFileFactory()
    )
    decision = factories.CollectiveDecisionFactory(meeting=meeting, number="x", carried_out="x", created_by=by)
    add("form_count", name, factories.FormCountFactory(branch=branch, created_by=by))
    for what, row in (
        ("contact", contact), ("governance", governance), ("title", title), ("seven_ones", seven), ("letter", letter),
        ("decision", decision), ("instructor", factories.InstructorFactory(branch=branch, created_by=by)),
        ("org_change", factories.OrgChangeFactory(branch=branch, reason="x", created_by=by)),
        ("risk", factories.IntegrityRiskFactory(branch=branch, created_by=by)),
        ("assignment", branch.assignments.first()),
        ("title_file", _file_of(branch, by, title=title)),
    ):  # fmt: skip
        if row is not None:
            add(what, name, row)


def _file_of(branch, by, **owner):
    return factories.AttachmentFactory(rectification=None, branch=branch, created_by=by, **owner)


def _screen(name, branch, persons, given, add):
    by, other, assessor, former = persons
    settled, closed, campaign, items = given
    issued = factories.ScreeningFactory(
        campaign=closed, branch=branch, issued=True, assessor=former if name in JUDGED else by, submitted_by=by,
        approved_by=other, issued_by=other, class_reason="x", return_reason="x",
    )  # fmt: skip
    approved = factories.ScreeningFactory(
        campaign=settled, branch=branch, approved=True, assessor=by, submitted_by=by, approved_by=other
    )
    judging = factories.ScreeningFactory(
        campaign=campaign, branch=branch, state="judging", assessor=assessor if name in JUDGED else by, advice="x"
    )
    again = factories.ScreeningFactory(
        campaign=closed, branch=branch, kind="look_back", first=issued, issued=True, assessor=by, submitted_by=by,
        approved_by=other, issued_by=other,
    )  # fmt: skip
    waiting = factories.ScreeningFactory(
        campaign=campaign, branch=branch, kind="look_back", first=judging, submitted=True, assessor=by, submitted_by=by
    )
    for screening in (approved, issued, judging, again, waiting):
        for item in items:
            mark = factories.ScreeningMarkFactory(
                screening=screening, item=item, points=40, words="x", problem="x", marked_by=by, marked_at=AT
            )
            if screening == issued:
                add("issued_mark", name, mark)
    mark = judging.marks.last()
    add("look_back", name, again)
    add("submitted_screening", name, waiting)
    add("approved_screening", name, approved)
    add("screening_file", name, _file_of(branch, by, screening=issued))
    _file_of(branch, by, screening=judging)
    add("screening", name, issued)
    add("judging", name, judging)
    add("mark", name, mark)


def _rectify(branch, name, by, other, line, add):
    visit = factories.InspectionFactory(
        line=line, branch=branch, summary="x", repeat_reason="x", off_month_reason="x", outcome="x", reopen_reason="x",
        created_by=by,
    )  # fmt: skip
    item = factories.RectificationFactory(
        branch=branch, measure="x", owner="x", source_number="x", submitted=True, submitted_by=other, created_by=by
    )
    factories.RectificationStepFactory(item=item, words="x", created_by=by)
    add("inspection", name, visit)
    add("inspection_file", name, _file_of(branch, by, inspection=visit))
    add("inspection_of_root", "root", visit)  # run by whose plan it is
    add("rectification", name, item)
    add("talk", name, factories.AdmonitionTalkFactory(branch=branch, inspection=visit, created_by=by))
    add("attachment", name, factories.AttachmentFactory(rectification=item, created_by=by))


def _weaken(branch, name, by, other, add):
    reasons = [CatalogueEntry.objects.filter(catalogue="weak_reason").first()]
    case = factories.WeakCaseFactory(
        branch=branch, rectifying=True, listed_by=other, created_by=by, self_assessment="x", review="x", cleared_why="x",
        closed_number="x", reasons=reasons,
    )  # fmt: skip
    slot = CatalogueEntry.objects.filter(catalogue="four_ones").first()
    add("weak_case", name, case)
    add("weak_file", name, _file_of(branch, by, weak_case=case))
    add("weak_measure", name, factories.WeakMeasureFactory(case=case, entry=slot, position="x"))
    add("weak_progress", name, factories.WeakProgressFactory(case=case, next="x", created_by=by))
    factories.WeakCheckFactory(case=case, entry=reasons[0], created_by=by)
    factories.WeakStepFactory(case=case, state="rectifying", words="x", created_by=by)


def _tell(root, branch, name, by, add):
    """A 通报 to one organisation, and one that is not out yet."""
    blame = factories.NoticeFactory(kind="criticism", branch=root, issued=True, created_by=by)
    draft = factories.NoticeFactory(kind="criticism", branch=root, created_by=by)
    factories.ReceiptFactory(notice=blame, branch=branch)
    add("criticism", name, blame)
    add("criticism_draft", "root", draft)


def seen_from_above(county, person, verb):
    """The organisations that `person` sees by a post that reaches downward, not as one of their own or because of a task."""
    return {
        name
        for role, place in county.posts.get(person, ())
        if ROLES[role].get(verb) == BELOW
        for name in county.branches
        if county.lies_below(name, place)
    }


def lies_open(county, person, what, owner, *, verb):
    """A screening: from above at any time, to the branch once it is told, to whoever judges it while the task runs."""
    if verb == "screening.judge":
        return what == "judging" and owner in county.reach(person, verb)
    told = what in ("screening", "look_back", "issued_mark", "screening_file")
    places = county.reach(person, verb) if told else seen_from_above(county, person, verb)
    return owner in places or (what in ("judging", "mark") and owner in county.reach(person, "screening.judge"))


def eyes(county, person):
    """model → keys of the rows that `person` may read, worked out from the tables of rights alone; and `attached` files."""

    def reach(verb):
        return {county.branches[name].pk for name in county.reach(person, verb)}

    def below(verb):
        return {county.branches[name].pk for name in seen_from_above(county, person, verb)}

    found = {
        model: {pk for pk, branch in model.objects.values_list("pk", lookup) if branch in reach(verb)}
        for model, (lookup, verb) in OWNED.items()
    }
    for model, (lookup, verb) in FROM_ABOVE.items():
        names = county.reach(person, verb)
        seen = {county.branches[upper].pk for name in names for upper in (name, *county._uppers(name))}
        found[model] = {pk for pk, branch in model.objects.values_list("pk", lookup) if branch in seen}
    me = county.people.get(person)
    screenings = Screening.objects.all()
    mine = {
        row.pk
        for row in screenings
        if row.branch_id in below("screening.see")
        or (row.branch_id in reach("screening.see") and row.state == "issued")
        or (row.branch_id in reach("screening.judge") and me is not None and row.assessor_id == me.pk)
    }
    found[Screening] = mine
    found[ScreeningMark] = set(ScreeningMark.objects.filter(screening__in=mine).values_list("pk", flat=True))
    found[ScreeningCampaign] |= set(screenings.filter(pk__in=mine).values_list("campaign", flat=True))
    judges = reach("screening.run")
    standards = {pk for pk, branch in Standard.objects.values_list("pk", "branch") if branch in judges}
    standards |= set(
        ScreeningCampaign.objects.filter(pk__in=found[ScreeningCampaign]).values_list("standard", flat=True)
    )
    found[Standard] = standards
    found[StandardGroup] = set(StandardGroup.objects.filter(standard__in=standards).values_list("pk", flat=True))
    found[StandardItem] = set(StandardItem.objects.filter(group__standard__in=standards).values_list("pk", flat=True))
    lines = InspectionLine.objects.filter(visits__in=found[Inspection]) | InspectionLine.objects.filter(
        plan__branch__in=reach("inspection.see")
    )
    found[InspectionLine] = set(lines.values_list("pk", flat=True))
    found[InspectionPlan] = set(lines.values_list("plan", flat=True)) | set(
        InspectionPlan.objects.filter(branch__in=reach("inspection.see")).values_list("pk", flat=True)
    )
    told = Receipt.objects.filter(notice__state="issued", branch__in=reach("notice.see"))
    found[Notice] = set(Notice.objects.filter(branch__in=reach("notice.see")).values_list("pk", flat=True))
    found[Notice] |= set(told.values_list("notice", flat=True))
    names = {model._meta.model_name: pks for model, pks in found.items()}
    files = [Attachment.objects.filter(**{f"{name}__in": found[model]}) for name, model in OF_ATTACHMENT.items()]
    scans = ResponsibilityLetter.objects.filter(pk__in=found[ResponsibilityLetter])
    names["attached"] = {pk for rows in (*files, scans) for pk in rows.values_list("file", flat=True)}
    chosen = {row.pk for row in county.people.values() if row is not None} if judges else set()
    if "root" in county.reach(
        person, "file.run"
    ):  # 工委 chooses who looks after a branch among all who have an account
        chosen |= set(User.objects.filter(is_active=True).values_list("pk", flat=True))
    names["user"] = chosen | set(screenings.filter(pk__in=mine).values_list("assessor", flat=True))
    from_above = screenings.filter(branch__in=below("screening.see"))
    names["user"] |= {
        pk for row in from_above.values_list("submitted_by", "approved_by", "issued_by") for pk in row if pk
    }
    items = Rectification.objects.filter(pk__in=found[Rectification])
    names["user"] |= {pk for row in items.values_list("submitted_by", "accepted_by") for pk in row if pk}
    trained = county_training.eyes(county, person)
    names["attached"] |= trained.pop("attached")
    recruited = county_recruitment.eyes(county, person)
    names["attached"] |= recruited.pop("attached")
    trained["member"] |= recruited.pop("member")
    assessed = county_assessment.eyes(county, person)
    names["attached"] |= assessed.pop("attached")
    names["user"] |= assessed.pop("user")
    return names | trained | recruited | assessed
