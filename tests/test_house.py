"""The rules of the house about itself: shared/design/house.md, as improved in docs/decisions.md."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from tests import factories

ROOT = Path(__file__).resolve().parent.parent
ORDER = [
    "accounts", "rulebook", "files", "jobs", "branches", "duties", "members", "meetings", "training", "recruitment",
    "assessment", "datacalls", "reminders", "exchange", "portal", "config",
]  # fmt: skip
PLAIN = ["office", "vault"]  # used by everyone, using none
APPS = [app for app in ORDER if (ROOT / app).is_dir()]
OURS = [app for app in APPS if app != "config"]
EVERY_APP = {
    "__init__.py", "models.py", "actions.py", "facts.py", "forms.py", "views.py", "urls.py", "api.py", "resources.py",
    "tasks.py", "demo.py",
}  # fmt: skip
BEYOND_THE_LIST = {  # each named for its one matter: docs/decisions.md, "Files beyond the house's list"
    "accounts": {"audit.py", "policy.py", "hashers.py", "middleware.py", "sessions.py", "throttle.py"}
    | {"second_factor.py", "chain.py"},
    "rulebook": {"book.py", "duties.yaml", "meetings.yaml", "membership.yaml", "organisation.yaml", "imports.yaml"}
    | {"privacy.yaml", "reminders.yaml", "ladder.yaml", "dues.yaml", "codes.py", "appraisal.yaml", "quality.yaml"}
    | {"copying.yaml", "packs.yaml", "setting.yaml", "training.yaml", "recruitment.yaml", "assessment.yaml"}
    | {"portal.yaml", "limits.py"},
    "files": {"intake.py", "scanner.py", "secrecy.py", "store.py", "rebuild.py", "rebuild_child.py", "rebuild_image.py"}
    | {"rebuild_pdf.py", "pdf_text.py", "rebuild_office.py", "office_parts.py", "word_templates.py"},
    "jobs": {"copying.py", "planning.py", "report.py", "trail.py", "registry.py", "runner.py", "fault.py"},
    "branches": {
        "rights.py",
        "columns.yaml",
        "attachments.py",
        "catalogue.py",
        "dossier.py",
        "inspections.py",
        "integrity.py",
    }
    | {"rectifications.py", "rectification_sheet.py", "screenings.py", "standards.py", "statements.py"}
    | {"visits.py", "weak_cases.py", "feedback.py", "assignments.py"}
    | {"prefilling.py", "screening_sheet.py", "campaign_sheet.py"}
    | {"inspection_sheet.py", "inspection_notices.py"}
    | {"weak_clues.py", "weak_sheet.py"}
    | {"titles.py", "dossier_sheet.py"}
    | {"endpoint.py", "query.py", "refusals.py"}
    | {"names.py", "paging.py"},
    "duties": {"periods.py", "matrix.py", "table.py", "notices.py", "questions.py", "workbook.py", "filings.yaml"}
    | {"records.py"},
    "members": {
        "roster.py",
        "columns.yaml",
        "register.py",
        "transfers.py",
        "dues.py",
        "appraisals.py",
        "honours.py",
        "community.py",
    }
    | {"transfer_moves.py", "transfer_lists.py", "transfer_sheet.py"}
    | {"names.py", "strokes.txt", "roster_sheet.py", "elections.py", "structure.py", "own.py"}
    | {"ballots.py", "vacancies.py", "terms.py", "election_papers.py"}
    | {"appraisal_sheets.py", "standing.py", "plain_sheet.py", "letters.py"}
    | {"changes.py", "structure_checks.py", "faults.py", "setting_sheet.py"}
    | {"dues_ledger.py", "dues_upward.py", "dues_sheet.py", "dues_arrears.py"},
    "meetings": {
        "columns.yaml",
        "activities.py",
        "activities.yaml",
        "campaigns.py",
        "ledger.py",
        "overview.py",
        "plans.py",
        "voting.py",
        "likeness.py",
        "review.py",
        "decisions.py",
    },
    "training": {"classes.py", "timetable.py", "rolls.py", "passes.py", "codes.py", "sign_in.py", "surveys.py"}
    | {"exams.py", "guesses.py", "sign_sheet.py"}
    | {"ledger.py", "coverage.py", "other_hours.py", "six_haves.py", "archive.py", "class_papers.py", "class_sheet.py"}
    | {"hours_sheet.py", "roll_sheet.py", "roll_lists.py", "enrolling.py", "questions.py", "questions.yaml"}
    | {"quotas.py", "teachers.py", "materials.py", "announcing.py"},
    "recruitment": {"road.py", "legality.py", "cases.py"}
    | {"applications.py", "steps.py", "sides.py", "evidence.py", "votes.py", "guiding.py", "admission.py", "matters.py"}
    | {"probation.py", "needs.py"}
    | {"documents.py", "document_fields.py", "file_zip.py", "word_guide.py"}
    | {"half_way.py", "half_way_backbones.py", "on_record.py", "columns.yaml"}
    | {"figures.py", "quotas.py", "ledger.py", "ledger_sheet.py"}
    | {"outlook.py", "timeline.py", "turns.py", "wording.py"},
    "assessment": {"scheme.py", "scoring.py", "sheet.py", "workbook.py", "points.py"}
    | {"scheme_check.py", "scheme_diff.py", "scheme_paper.py", "rule_words.py", "catalogue.py", "fact_catalogue.yaml"}
    | {"drafting.py", "what_if.py", "what_if_sheet.py", "rules.py"}
    | {"forecast.py", "forecast_sheet.py", "freshness.py", "score_lists.py", "earned.py", "evidence.py", "balance.py"}
    | {"uses.py", "use_lists.py", "figures.py", "comparison.py"}
    | {"comparison_sheet.py", "charts.py", "workbook_sheets.py"}
    | {"ranking.py", "result.py", "results.py", "judging.py", "rounds.py", "objections.py", "vetoes.py", "due.py"}
    | {"canonical.py", "sealing.py", "verification.py", "reopening.py", "afterwards.py", "praise.py"}
    | {"secretary_reviews.py", "review_ballots.py", "review_figures.py"}
    | {"review_paper.py", "review_sheet.py", "review_terms.py"}
    | {"review_text.py", "review_writing.py", "review_years.py"},
    "datacalls": {"known.py", "known.yaml", "shape.py", "answers.py", "merging.py"},
    "reminders": {"bulletin.py", "ladder.py", "letters.py", "net.py", "outbox.py", "sheets.py", "sweep.py"},
    "exchange": {"bearer.py", "document.py", "door.py", "feeds.py", "hooks.py", "limits.py", "tokens.py"},
    "portal": {"columns.py", "desk.py", "board.py", "context.py", "papers.py", "exports.py", "listings.py"}
    | {"waiting.py", "tally.py", "panels.py"}
    | {"search.py", "analysis.py", "tiles.py", "monthly.py", "monthly_records.py"}
    | {"upkeep.py"}
    | {"copying.py", "places.py", "packs.py", "evidence.py", "burden.py", "burden.yaml"},
}
FOLDERS = {"migrations", "management", "models", "views", "forms", "demo", "templatetags", "schemes", "standards"}
FOLDERS |= {"editions", "codes", "limits", "settings", "facts", "__pycache__", "reports", "operations", "help"}
SHAPELESS = {"utils", "helpers", "common", "core", "services", "signals", "misc", "tools"}
MAY_CASCADE = {
    "meetings.MeetingKind.meeting", "meetings.Attendance.meeting", "meetings.AgendaItem.meeting", "meetings.Vote.meeting",
    "meetings.Candidate.vote", "duties.Fulfilment.duty",
}  # fmt: skip
RAW_SQL = {
    "assessment/sealing.py",  # locks, keys drawn beforehand, and records read at one instant
    "assessment/freshness.py",  # which transactions still run
    "accounts/chain.py",  # which transactions still run, and the tick's lock
    "duties/actions.py", "branches/actions.py", "reminders/sweep.py",  # set-based statements that the ORM cannot say
    "config/embedded.py", "config/supervisor.py",  # is the server there, is the database empty
    "branches/statements.py",  # texts that the ORM assembled
    "jobs/copying.py",  # COPY
    "jobs/trail.py",  # rows of any table, as they were
    "jobs/runner.py",  # locks and progress on a connection of its own
    "portal/demo.py",  # ANALYZE
    "portal/operations/rows.py", "portal/operations/restoring.py",  # whole tables, digest by digest
    "portal/operations/health.py", "portal/operations/replica.py",  # the server's clock and log position
    "config/server_check.py",  # what the server is set to
    "training/sign_in.py",  # asked by a thousand phones in one minute
    "members/dues_ledger.py",  # whose month is whose, for all branches at once
    "training/ledger.py",  # hours of everybody, for all branches at once
}  # fmt: skip
PAGES = ["views.py", "api.py", "desk.py", "board.py", "sheet.py", "views/*.py"]
# The events of rows that were themselves found through visible_to.
ENTRY = r"(?<!AuditEvent)\.objects\.(?!visible_to\b)\w+"
LINES = 400
KINDS = ["*.py", "*.html", "*.css", "*.js"]
MODELS = [model for app in OURS for model in apps.get_app_config(app).get_models()]


def files(*patterns, folders=(*APPS, *PLAIN), skip=("migrations", "__pycache__")):
    found = [path for folder in folders for pattern in patterns for path in (ROOT / folder).rglob(pattern)]
    return sorted(path for path in found if not set(skip) & set(path.parts))


def short(path):
    return str(path.relative_to(ROOT))


def breaking(found, *patterns, **options):
    """file → what `found` objects to in it; every file is looked at, so that one run names them all."""
    objections = {short(path): found(path) for path in files(*patterns, **options)}
    return {path: objection for path, objection in objections.items() if objection}


@cache
def text_of(path):
    return path.read_text("utf-8")


@cache
def nodes(path):
    """What a rule may ask of a file's syntax; each file is read once for all rules."""
    asked = (ast.Import, ast.ImportFrom, ast.Call)
    return [node for node in ast.walk(ast.parse(text_of(path))) if isinstance(node, asked)]


def imports(path):
    """Top-level names of everything a file imports, inside functions too."""
    found = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def calls(path):
    """(line, dotted name) of everything a file calls."""
    return [(node.lineno, ast.unparse(node.func)) for node in nodes(path) if isinstance(node, ast.Call)]


# --- who may know whom


@pytest.mark.parametrize("app", APPS)
def test_an_app_imports_only_from_the_left(app):
    right = set(ORDER[ORDER.index(app) + 1 :])

    assert breaking(lambda path: right & imports(path), "*.py", folders=[app]) == {}


@pytest.mark.parametrize("package", PLAIN)
def test_a_plain_package_knows_no_app(package):
    assert breaking(lambda path: set(ORDER) & imports(path), "*.py", folders=[package]) == {}


@pytest.mark.parametrize("app", OURS)
def test_foreign_keys_point_left(app):
    if app not in {config.label for config in apps.get_app_configs()}:
        pytest.skip("not installed")
    right = set(ORDER[ORDER.index(app) + 1 :])
    targets = {
        f"{model.__name__}.{field.name}": field.related_model._meta.app_label
        for model in apps.get_app_config(app).get_models()
        for field in model._meta.get_fields()
        if field.is_relation and field.concrete
    }

    assert {name for name, target in targets.items() if target in right} == set()


# --- where a thing is


@pytest.mark.parametrize("app", OURS)
def test_an_app_holds_only_files_that_the_house_knows(app):
    allowed = EVERY_APP | BEYOND_THE_LIST.get(app, set())

    assert {path.name for path in (ROOT / app).iterdir() if path.is_file()} - allowed == set()
    assert {path.name for path in (ROOT / app).iterdir() if path.is_dir()} - FOLDERS == set()


def test_no_two_files_of_tests_share_a_name():
    """Without packages one of the two would never be read."""
    names = Counter(path.name for path in (ROOT / "tests").rglob("test_*.py"))

    assert [name for name, count in names.items() if count > 1] == []


def test_nothing_is_named_for_nothing():
    assert [short(path) for path in files("*") if path.stem in SHAPELESS] == []


def test_the_list_of_further_files_names_only_what_is_there():
    assert [name for app, names in BEYOND_THE_LIST.items() for name in names if not (ROOT / app / name).exists()] == []
    assert "Files beyond the house's list" in (ROOT / "docs/decisions.md").read_text("utf-8")


def test_a_file_can_be_read_at_one_sitting():
    places = (*APPS, *PLAIN, "templates", "static", "tests")
    lengths = {short(path): len(text_of(path).splitlines()) for path in files(*KINDS, folders=places)}

    assert {path: length for path, length in lengths.items() if length > LINES} == {}


def test_nothing_is_left_for_later():
    def left(path):
        return re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text_of(path))

    assert breaking(left, *KINDS, "*.yaml", folders=(*APPS, *PLAIN, "templates", "static")) == {}


# --- rows and rights


def test_pages_enter_the_database_only_through_visible_to():
    assert breaking(lambda path: re.findall(ENTRY, text_of(path)), *PAGES) == {}


class TestModel:
    def test_a_row_takes_no_other_with_it(self):
        cascading = {
            f"{model._meta.label}.{field.name}"
            for model in MODELS
            for field in model._meta.get_fields()
            if (field.many_to_one or field.one_to_one) and field.concrete
            and field.remote_field.on_delete is not models.PROTECT
        }  # fmt: skip

        assert cascading - MAY_CASCADE == set()

    def test_an_act_names_its_hour_and_its_person_together(self):
        """`created_at` beside `created_by`: the one without the other proves little. What the system does has no person."""
        for model in MODELS:
            names = {field.name for field in model._meta.concrete_fields}
            persons = {name.removesuffix("_by") for name in names if name.endswith("_by")}
            without_hour = {stem for stem in persons if not {f"{stem}_at", "created_at"} & names}

            assert without_hour == set(), model._meta.label
            assert not {name for name in names if re.search(r"_(date|time)$", name)}, (
                f"{model._meta.label}: dates end in _on, instants in _at"
            )

    def test_dates_are_dates_and_instants_are_instants(self):
        for field in (field for model in MODELS for field in model._meta.concrete_fields):
            if field.name.endswith("_on"):
                assert type(field) is models.DateField, field
            if field.name.endswith("_at"):
                assert type(field) is models.DateTimeField, field

    def test_it_is_named_in_chinese_and_in_the_glossary(self):
        glossary = (ROOT / "docs/glossary.md").read_text("utf-8")

        assert [
            str(model) for model in MODELS if not re.search(r"[\u4e00-\u9fff]", str(model._meta.verbose_name))
        ] == []
        assert [str(model) for model in MODELS if f"`{model.__name__}" not in glossary] == []

    @pytest.mark.django_db
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
    def test_its_factory_makes_a_valid_row(self, model):
        factory = getattr(factories, f"{model.__name__}Factory")

        factory().full_clean(exclude=["path"] if model.__name__ == "Branch" else None)


# --- input and output


def objections(rules):
    """A finder for `breaking`: the words of each rule whose pattern a file holds."""
    return lambda path: [words for words, pattern in rules.items() if re.search(pattern, text_of(path), re.M)]


def test_a_form_names_its_fields():
    forms = ("forms.py", "api.py", "resources.py", "views.py", "views/*.py", "forms/*.py")

    assert breaking(objections({"all fields": "__all__", "all but": r"^\s+exclude\s*="}), *forms) == {}


def test_nothing_is_declared_safe_or_asked_for_raw():
    rules = {
        "declared safe": "mark_safe|SafeString",
        "fields of the visitor's choice": r"\*\*request\.(GET|POST)",
        "an open door": r"csrf_exempt|\beval\(|\bexec\(|pickle|shell=True|verify=False",
    }
    raw = {"asked for raw": r"\.raw\(|\.extra\(|RawSQL|cursor\(|mogrify"}

    assert breaking(objections(rules), "*.py") == {}
    assert breaking(objections(raw), "*.py").keys() - RAW_SQL == set()


def test_a_template_holds_neither_script_nor_style_nor_unescaped_text():
    rules = {
        "unescaped": r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq",
        "style belongs in static/css": r"""<[^>]*\sstyle\s*=|<style\b""",
        "scripts belong in static/js": r"<script(?![^>]*\ssrc=)[^>]*>",
        "no handler in an attribute": r"""<[^>]*\son[a-z]+\s*=""",
        "nothing comes from elsewhere": r"javascript:|https?://(?!www\.w3\.org)|\bsrc=\"//",
    }

    assert breaking(objections(rules), "*.html", folders=["templates"]) == {}


def test_each_form_that_writes_carries_the_token():
    def without(path):
        forms = re.findall(r"<form\b[^>]*>.*?</form>", text_of(path), re.S | re.I)
        writing = [form for form in forms if re.search(r"method=[\"']?post", form[: form.index(">")], re.I)]
        return [form[:80] for form in writing if not re.search("csrf_token|csrfmiddlewaretoken", form)]

    assert breaking(without, "*.html", folders=["templates"]) == {}


# --- time


def test_today_is_a_parameter():
    """Only where a request, a task or a command begins may the clock be asked for the day."""
    naive = {"datetime.now", "datetime.datetime.now", "date.today", "datetime.date.today", "datetime.utcnow"}
    openings = {"branches/rights.py", "exchange/door.py", "portal/context.py"}

    def asked(path):
        begins = path.name in ("views.py", "tasks.py", "forms.py", "api.py")
        begins = begins or {"management", "views", "forms"} & set(path.parts) or short(path) in openings
        return {name for _, name in calls(path)} & (naive if begins else naive | {"timezone.localdate"})

    assert breaking(asked, "*.py", folders=APPS) == {}


def test_nothing_prints_but_commands_and_servers():
    def printing(path):
        speaks = {"management", "config"} & set(path.parts)
        return [] if speaks else [line for line, name in calls(path) if name == "print"]

    assert breaking(printing, "*.py") == {}


def test_the_rules_above_would_notice(tmp_path):
    bad = tmp_path / "views.py"
    bad.write_text("import portal.views\nfrom assessment import x\nRow.objects.filter()\nprint(1)\n")

    assert imports(bad) == {"portal", "assessment"}
    assert re.findall(ENTRY, bad.read_text("utf-8")) == [".objects.filter"]
    assert "print" in {name for _, name in calls(bad)}
    assert objections({"speaks": r"^print", "asks": "input"})(bad) == ["speaks"]
    assert "tests/test_house.py" in breaking(lambda path: path.name == "test_house.py", "*.py", folders=["tests"])
