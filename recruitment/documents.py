"""The papers of a file (档案材料): which there are, what still lacks, the form filled from the record, the signed scan."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from branches.actions import root
from branches.rights import VERBS, may, require
from files import word_templates
from files.actions import keep
from files.intake import clean_name
from files.models import StoredFile
from office import word_form
from recruitment import document_fields
from recruitment.models import Application, StepFile
from recruitment.road import in_force, known_editions

FOLDER = "recruitment"
MOST = 20  # scans of one paper
WRITES = ("recruit.edit", "recruit.approve")  # the branch, and whoever approves above it
FORMS = {  # step → {paper: title of the form that the portal writes}, in the order of the file
    "apply": {"application": "", "receipt": "入党申请书收讫回执"},
    "initial_talk": {"talk_record": "入党申请人谈话记录"},
    "confirm_activist": {"recommendation": "入党积极分子推荐（推优）情况表", "meeting_minutes": ""},
    "activist_filing": {"filing_form": "入党积极分子备案表"},
    "assign_mentor": {"mentor_record": "培养联系人登记表"},
    "cultivate": {"review_form": "入党积极分子培养教育考察登记表"},
    "confirm_prospect": {"opinions": "发展对象人选征求意见表", "publicity": "确定发展对象公示", "meeting_minutes": ""},
    "prospect_filing": {"filing_form": "发展对象备案（同意）表"},
    "assign_sponsors": {"sponsor_record": "入党介绍人登记表"},
    "political_review": {"political_review": "政治审查结论表"},
    "prospect_training": {"training_certificate": "发展对象集中培训结业证明"},
    "committee_screen": {"meeting_minutes": "支部委员会审查意见"},
    "pre_review": {"pre_review": "接收预备党员预审意见"},
    "fill_application_form": {"application_form": ""},
    "branch_vote": {"publicity": "接收预备党员公示", "resolution": "支部大会接收预备党员决议", "meeting_minutes": ""},
    "superior_talk": {"talk_record": "上级党委派人谈话记录"},
    "committee_approval": {"approval": "接收预备党员审批意见"},
    "od_filing": {"filing_form": "接收预备党员备案表"},
    "oath": {"oath_record": "入党宣誓记录"},
    "probation_review": {"review_form": "预备党员教育考察登记表"},
    "transfer_apply": {"conversion_application": "转正申请书"},
    "conversion_vote": {"publicity": "预备党员转正公示", "resolution": "支部大会预备党员转正决议", "meeting_minutes": ""},
    "conversion_approval": {"approval": "预备党员转正审批意见"},
    "archive": {"file_contents": "卷内目录"},
}  # fmt: skip
SCANS = {  # papers without a form: handed in, printed elsewhere, or written at the meeting
    "application": "入党申请书（本人手写）", "application_form": "入党志愿书", "meeting_minutes": "会议记录",
}  # fmt: skip
CLOSED = {  # papers in which a vote or a political review stands
    "political_review-political_review": "review.see", "branch_vote-resolution": "vote.see",
    "branch_vote-meeting_minutes": "vote.see", "conversion_vote-resolution": "vote.see",
    "conversion_vote-meeting_minutes": "vote.see", "fill_application_form-application_form": "vote.see",
}  # fmt: skip
# Nobody owes these: two notices are local custom, and the list of contents is written anew each time.
NOT_OWED = ("branch_vote-publicity", "conversion_vote-publicity", "archive-file_contents")


@dataclass(frozen=True)
class Document:
    """One paper of the file. `verb`: only who may do that sees it; without `has_form` it is only scanned."""

    step: str
    paper: str
    title: str
    has_form: bool
    verb: str = ""

    @property
    def key(self):
        return f"{self.step}-{self.paper}"

    @property
    def template(self):
        return f"{FOLDER}/{self.key}"


@cache
def documents():
    """key → `Document`, in the order of the road."""
    labels = {key: step.label for key, step in known_editions()[-1].steps.items()}
    found = {}
    for step, papers in FORMS.items():
        for paper, form in papers.items():
            scanned = SCANS.get(paper, "")
            title = form or (f"“{labels[step]}”{scanned}" if paper == "meeting_minutes" else scanned)
            key = f"{step}-{paper}"
            found[key] = Document(step, paper, title, bool(form), CLOSED.get(key, ""))
    return found


class Line(NamedTuple):
    """One paper as it stands in somebody's file. `is_due`: its step is done; `is_closed`: not for these eyes."""

    number: int
    document: Document
    step_label: str
    stage_label: str
    on: object
    files: tuple
    is_due: bool
    is_closed: bool
    old: tuple = ()  # scans from before the step was taken back: kept and shown, and of no worth for the step as it stands

    @property
    def is_there(self):
        return bool(self.files)


class Folder(NamedTuple):
    """All papers of one file; `have` of `of` that are due are there as signed scans."""

    lines: tuple
    steps: dict

    @property
    def due(self):
        return [line for line in self.lines if line.is_due]

    @property
    def of(self):
        return len(self.due)

    @property
    def have(self):
        return sum(line.is_there for line in self.due)


def verbs_of(application, user):
    """The verbs of closed papers that `user` may do where the file is."""
    return {verb for verb in (*CLOSED.values(),) if may(user, verb, at=application.branch)}


def state(application, user, *, steps=None):
    """The `Folder` of one file, as far as it is for these eyes. Three queries, two when the standing `steps` are known."""
    steps = document_fields.steps_of(application) if steps is None else steps
    fell, kept, old = document_fields.fell_at(application), defaultdict(list), defaultdict(list)
    for row in application.files.filter(removed_at=None).select_related("file", "created_by").order_by("pk"):
        is_old = row.step in fell and row.created_at < fell[row.step]
        (old if is_old else kept)[row.step, row.document].append(row)
    edition = known_editions()[-1]
    verbs, lines = verbs_of(application, user), []
    for number, document in enumerate(documents().values(), 1):
        rows = steps.get(document.step)
        files = tuple(kept[document.step, document.paper])
        step = edition.steps[document.step]
        is_closed = bool(document.verb) and document.verb not in verbs
        lines.append(Line(
            number, document, step.label, edition.stages[step.stage], rows[-1].on if rows else None, files,
            bool(rows) and (document.key not in NOT_OWED or bool(files)), is_closed,
            tuple(old[document.step, document.paper]),
        ))  # fmt: skip
    return Folder(tuple(lines), steps)


# --- the form, filled


def article(document, steps, *, on):
    """What the small print says: by the edition that holds on the day of the step."""
    rows = steps.get(document.step)
    edition = in_force(rows[-1].on if rows else on)
    found = edition.steps[document.step].article
    return f"依据《中国共产党发展党员工作细则》（{edition.key} 年）{found}"


# --- a county's own forms


def replace(document, upload, *, from_on, note="", by):
    """The county's form for a paper, from a day on."""
    require(by, "catalogue.edit", at=root())
    fields, columns = document_fields.fields(), document_fields.columns()
    return word_templates.replace(
        document.template, upload, from_on=from_on, note=note, fields=fields, columns=columns, by=by
    )


def go_back(document, *, from_on, note="", by):
    """Ours again, from a day on."""
    require(by, "catalogue.edit", at=root())
    return word_templates.go_back(document.template, from_on=from_on, note=note, by=by)


# --- filling


def _contents(folder):
    """The lines of 卷内目录: everything that is due, numbered through; what lacks says so."""
    return [
        {
            "序号": str(number), "名称": line.document.title, "日期": f"{line.on:%Y-%m-%d}" if line.on else "",
            "份数": str(len(line.files)) if line.files and not line.is_closed else "—",
            "备注": "限授权查看" if line.is_closed else "" if line.is_there else "缺签字件",
        }
        for number, line in enumerate(folder.due, 1)
    ]  # fmt: skip


class Written(NamedTuple):
    """A form filled, and the `Field`s that were left blank in it."""

    data: bytes
    missing: tuple


def write(application, wanted, user, *, on, folder=None):
    """key → `Written` of each of the `wanted` documents for `user`, by the forms in force on the day."""
    folder = state(application, user) if folder is None else folder
    forms = word_templates.in_force([document.template for document in wanted], on)
    verbs, found = verbs_of(application, user), {}
    single, groups = document_fields.values(application, verbs=verbs, steps=folder.steps)
    groups["材料"] = _contents(folder)
    known, columns = document_fields.fields(), document_fields.columns()
    for document in wanted:
        if document.verb and document.verb not in verbs:
            raise PermissionDenied(f"您的岗位没有“{VERBS[document.verb]}”的权限。")
        form = word_templates.data(document.template, on, forms)
        filled = single | {"依据条款": article(document, folder.steps, on=on)}
        asked = word_form.used(form)
        missing = [known[name] for name in asked.fields if name in known and not filled.get(name)]
        empty = [group for group in dict.fromkeys(map(_group, asked.columns)) if not groups.get(group)]
        missing += [columns[next(name for name in columns if name.startswith(f"{group}."))] for group in empty]
        found[document.key] = Written(word_form.fill(form, filled, groups), tuple(missing))
    return found


def _group(column):
    return column.partition(".")[0]


def name_of(document, application):
    return clean_name(f"{application.member.name}-{document.title}.docx")


def taken(document, application, *, by):
    """For the record that a filled form went out."""
    audit.record("recruitment.document", application, by=by, paper=document.key)


# --- the scan, as it was signed


@transaction.atomic
def attach(application, document, upload, *, by):
    """Keep a signed paper, scanned or photographed; raises ValidationError in words about this file."""
    row = _open(application, document, by)
    kept = row.files.filter(step=document.step, document=document.paper, removed_at=None).count()
    if kept >= MOST:
        raise ValidationError(f"一份材料最多放 {MOST} 个扫描件，请先撤下不需要的，或合成一个 PDF。")
    stored = keep(upload, by=by, kinds=[StoredFile.Kind.IMAGE, StoredFile.Kind.PDF])
    made = StepFile(application=row, step=document.step, document=document.paper, file=stored, created_by=by)
    made.full_clean()
    made.save()
    audit.record("recruitment.attach", row, by=by, paper=document.key, file=made.pk)
    return made


@transaction.atomic
def remove(step_file, *, by):
    """Take a scan down. The row stays, as a record that it was there."""
    document = of_file(step_file)
    row = _open(step_file.application, document, by)
    step_file = StepFile.objects.select_for_update(of=("self",)).get(pk=step_file.pk, application=row)
    if step_file.removed_at:
        raise ValidationError("这个文件已经撤下。")
    step_file.removed_at = timezone.now()
    step_file.save(update_fields=["removed_at"])
    audit.record("recruitment.detach", row, by=by, paper=document.key, file=step_file.pk)
    return row


def of_file(step_file):
    """The paper of which a scan is; one of a step without papers is a paper of its own."""
    key = f"{step_file.step}-{step_file.document}"
    return documents().get(key) or Document(step_file.step, step_file.document, "其他材料", False, CLOSED.get(key, ""))


def is_frozen(steps):
    """What was archived is left as it was archived."""
    return "archive" in steps


def may_attach(application, document, user):
    """By rights alone; whether the file is still open is another question."""
    if document.verb == "review.see":
        return may(user, "review.edit", at=application.branch)
    seen = not document.verb or may(user, document.verb, at=application.branch)
    return seen and any(may(user, verb, at=application.branch) for verb in WRITES)


def _open(application, document, by):
    """The locked file, when `by` may add papers to it and it is not in the archive."""
    row = (
        Application.objects.select_for_update(of=("self",), no_key=True).select_related("branch").get(pk=application.pk)
    )
    if not may_attach(row, document, by):
        require(by, "review.edit" if document.verb == "review.see" else "recruit.edit", at=row.branch)
        raise PermissionDenied(f"您的岗位没有“{VERBS[document.verb]}”的权限。")
    if is_frozen(document_fields.steps_of(row)):
        raise ValidationError("材料已经归档，不能再增减。确需更正的，先退回“材料归档”这一步并写明原因。")
    return row
