"""Every route of the portal, read from the resolver, and what its arguments point at."""

import random
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from branches.rights import VERBS
from tests import routes_assessment, routes_calls, routes_exchange, routes_recruitment, routes_settings
from tests.county import NOBODY

# What a route's key belongs to. A new route with a key has to be entered here before the matrix accepts it.
TARGETS = {
    **routes_recruitment.TARGETS, **routes_assessment.TARGETS, **routes_exchange.TARGETS, **routes_calls.TARGETS, **routes_settings.TARGETS,
    "training:detail": "class", "training:quotas": "class", "training:timetable": "class", "training:files": "class",
    "training:timetable_word": "class", "training:file_add": "class", "training:finish": "class", "training:begin": "class",
    **dict.fromkeys(("training:edit", "training:open", "training:cancel", "training:sessions_add"), "class_planned"),
    **dict.fromkeys(
        ("training:survey", "training:survey_open", "training:survey_close", "training:survey_export", "training:survey_answer",
         "training:exams", "training:exam_add"), "class",
    ),
    **dict.fromkeys(
        ("training:exam", "training:exam_edit", "training:exam_choose", "training:exam_draw", "training:exam_lines",
         "training:exam_print", "training:exam_points", "training:exam_export", "training:exam_act", "training:sit"), "exam",
    ),
    **dict.fromkeys(("training:question", "training:question_edit", "training:question_retire"), "question"),
    "training:board": "class", "training:passes": "class", "training:mark_undo": "sign_in",
    **dict.fromkeys(("training:projector", "training:marks", "training:call_again"), "class_session"),
    "training:reopen": "class_closing", "training:take_back": "class_archived",
    **dict.fromkeys(
        ("training:archive", "training:archive_briefing", "training:archive_certificates", "training:archive_zip"), "class"
    ),
    **dict.fromkeys(("training:archive_summary", "training:archive_settle", "training:archive_close"), "class_closing"),
    **dict.fromkeys(
        ("training:roll", "training:roll_enrol", "training:roll_add", "training:roll_outsider", "training:roll_rule",
         "training:roll_list", "training:roll_export", "training:sign_in_sheet"), "class",
    ),
    **dict.fromkeys(("training:enrolment", "training:enrolment_withdraw", "training:enrolment_substitute"), "enrolment"),
    **dict.fromkeys(("training:enrolment_remove", "training:enrolment_replace"), ("enrolment_of_root", "enrolment_of_a", "enrolment_of_b")),
    **dict.fromkeys(("training:session", "training:session_edit", "training:session_remove"), "class_session"),
    **dict.fromkeys(("training:teacher", "training:teacher_edit"), "teacher"),
    "training:of_member": "member", "training:of_member_export": "member",
    **dict.fromkeys(
        ("training:other_hours_detail", "training:other_hours_edit", "training:other_hours_file", "training:other_hours_confirm",
         "training:other_hours_return", "training:other_hours_withdraw"), "other_hours",
    ),
    **dict.fromkeys(("training:file", "training:file_thumbnail", "training:file_remove", "training:handout"), "class_file"),
    "branches:dossier": "branch", "branches:governance_edit": "branch", "branches:seven": "branch",
    **dict.fromkeys(("branches:contact", "branches:contact_visit", "branches:contact_end"), "contact"),
    "branches:instructor_end": "instructor", "branches:duty4_edit": "duty_line",
    **dict.fromkeys(("branches:title", "branches:title_edit", "branches:title_move"), "title"),
    "members:dual_leader": "secretary_post", "members:dual_beside": "branch",
    "members:letter_branch": "branch", "members:letter_sign": "branch", "members:letter_print": "branch",
    "members:letters_beside": "branch", "members:letter": "letter", "members:letter_file": "letter",
    "members:letter_edit": "letter", "members:letter_withdraw": "letter",
    "meetings:decision": "decision", "meetings:decision_edit": "decision",
    "meetings:decisions_beside": "branch",
    "members:reveal": "member", "members:correction": "correction",
    **dict.fromkeys(("branches:visit", "branches:visit_start", "branches:visit_finish"), ("judging", "screening")),
    **dict.fromkeys(("branches:screening_approve", "branches:screening_return"), "submitted_screening"),
    "branches:screening": ("screening", "judging", "submitted_screening", "approved_screening"),
    "branches:screening_letter": ("screening", "approved_screening"),
    "branches:screening_compare": ("look_back", "submitted_screening"),
    "branches:mark_evidence": ("issued_mark", "mark"), "branches:letters": "screening_campaign",
    "branches:letters_pack": "screening_campaign",
    "branches:file": ("attachment", "title_file", "weak_file", "inspection_file", "screening_file"),
    "branches:file_thumbnail": ("attachment", "title_file", "weak_file", "inspection_file", "screening_file"),
    "branches:file_remove": ("attachment", "title_file"),
    "branches:file_add": "rectification", "branches:catalogue_edit": "catalogue_entry",
    "branches:catalogue_act": "catalogue_entry",
    **dict.fromkeys(
        ("branches:rectification", "branches:rectification_plan", "branches:rectification_submit", "branches:rectification_print",
         "branches:rectification_step"), "rectification",
    ),
    **dict.fromkeys(
        ("branches:weak_case", "branches:weak_paper", "branches:weak_report", "branches:weak_measure", "branches:weak_accept",
         "branches:weak_do", "branches:weak_run", "branches:weak_approve"), "weak_case",
    ),
    "branches:standard": "standard", "branches:standard_act": "standard",
    **dict.fromkeys(
        ("branches:standard_edit", "branches:standard_move", "branches:standard_drop", "branches:standard_group_add"),
        "standard_draft",
    ),
    **dict.fromkeys(("branches:standard_group", "branches:standard_item_add"), "standard_group"),
    "branches:standard_item": "standard_item",
    **dict.fromkeys(("branches:campaign", "branches:campaign_export"), ("screening_campaign", "campaign_draft")),
    **dict.fromkeys(
        ("branches:campaign_edit", "branches:campaign_act", "branches:campaign_assessors", "branches:campaign_look_back"),
        "screening_campaign",
    ),
    "branches:campaign_open": "campaign_draft",
    "branches:detail": "branch", "branches:edit": "branch", "members:detail": "member", "members:edit": "member",
    "meetings:detail": "meeting", "meetings:edit": "meeting", "meetings:submit": "meeting",
    "meetings:send_back": "meeting", "assessment:sheet": "scored", "assessment:points": "graded", "portal:account": "account",
    "portal:import_batch": "batch", "portal:import_columns": "batch", "portal:import_undo": "batch",
    "portal:import_annotated": "batch",
    "portal:export": "export", "portal:export_decide": "export", "portal:export_file": "own_export",
    "portal:export_drop": "own_export", "portal:definition_drop": "export_columns",
    "portal:saved_report_drop": "saved_report",
    "portal:job": "job", "portal:job_stop": "job", "portal:job_file": "job_file",
    "meetings:print_signin": "meeting", "meetings:print_appraisal": "meeting", "meetings:print_ballot": "meeting",
    "meetings:print_tally": "meeting", "meetings:file": "meeting_file", "meetings:file_thumbnail": "meeting_file",
    "meetings:file_remove": "meeting_file",
    "meetings:activity": "activity", "meetings:activity_edit": "activity", "meetings:activity_withdraw": "activity",
    "meetings:plan": "plan", "meetings:plan_edit": "plan", "meetings:campaign": "campaign",
    "meetings:campaign_edit": "campaign", "meetings:campaign_file": "campaign", "meetings:campaign_move": "campaign",
    "meetings:campaign_guidance": "campaign",
    "meetings:campaign_finish": "campaign", "meetings:campaign_find": "campaign", "meetings:finding_edit": "finding",
    "meetings:campaign_branch": "campaign", "members:exemption_add": "member", "members:exemption_end": "exemption",
    "members:cadre_add": "member", "members:cadre_end": "cadre", "members:backbone_add": "member",
    "members:backbone_end": "backbone", "members:group_assign": "branch", "members:group_open": "branch",
    "members:group_close": "group",
    "duties:month": "branch", "duties:duty": "duty", "duties:filing": "duty", "duties:hand": "duty",
    "duties:unlock_ask": "duty", "duties:unlock_decide": "unlock", "duties:notice": ("notice", "criticism", "criticism_draft"),
    "duties:notice_edit": "notice", "duties:notice_issue": "notice", "duties:notice_withdraw": "notice",
    "duties:notice_marks": "notice", "duties:receipt": "receipt",
    "reminders:bulletin": "bulletin", "reminders:bulletin_edit": "bulletin", "reminders:bulletin_redraft": "bulletin",
    "reminders:bulletin_sign": "bulletin",
    "reminders:bulletin_reopen": "bulletin", "reminders:bulletin_publish": "bulletin",
    "reminders:bulletin_word": "bulletin", "reminders:bulletin_pdf": "bulletin",
    "reminders:ladder_branch": "branch", "reminders:ladder_take": "branch", "reminders:ladder_answer": "ladder_step",
    "portal:handbook": "graded", "portal:disclosure": "graded",
    "reminders:ladder_hand": "ladder_step", "reminders:ladder_close": "ladder_step",
    "members:transfer": "transfer", "members:transfer_edit": "transfer", "members:transfer_letter": "transfer",
    "members:transfer_agree": "transfer", "members:transfer_issue": "transfer",
    "members:transfer_reissue": "transfer", "members:transfer_receive": "transfer",
    "members:transfer_settle": "transfer", "members:transfer_confirm": "transfer",
    "members:transfer_send_back": "transfer", "members:transfer_refuse_issue": "transfer",
    "members:transfer_refuse": "transfer", "members:transfer_withdraw": "transfer",
    "members:transfer_list": "transfer_list", "members:transfer_list_issue": "transfer_list",
    "members:transfer_list_confirm": "transfer_list",
    "members:appraisal": "appraisal", "members:appraisal_edit": "appraisal", "members:appraisal_submit": "appraisal",
    "members:appraisal_approve": "appraisal", "members:appraisal_return": "appraisal",
    "members:appraisal_tell": "appraisal", "members:poll": "branch", "members:honour_revoke": "honour",
    "members:honour_round": "honour_round", "members:honour_round_edit": "honour_round",
    "members:honour_round_move": "honour_round", "members:honour_publish": "honour_round",
    "members:honour_confer": "honour_round", "members:honour_nominate": "honour_round",
    "members:honour_notice": "honour_round", "members:honour_board": "honour_round",
    "members:honour_word": "honour_round", "members:honour_pdf": "honour_round", "members:nomination": "nomination",
    "members:nomination_edit": "nomination", "members:nomination_withdraw": "nomination",
    "members:nomination_decide": "nomination", "members:nomination_photo": "nomination",
    **dict.fromkeys(
        ("members:dues_year", "members:dues_month", "members:dues_enter", "members:dues_bases", "members:dues_public",
         "members:dues_public_export", "members:dues_consent", "members:dues_handover"), "branch",
    ),
    "members:dues_receive": "dues_handover", "members:dues_waiver_decide": "dues_waiver", "members:dues_waiver_add": "member",
    "members:term_extend": "serving_term", "members:post_end": "post", "members:election": "election",
    "members:election_step": "election", "members:election_answer": "election", "members:election_nominate": "election",
    "members:nominee_remove": "nominee", "members:election_result": "election", "members:election_finish": "election",
    "members:election_cancel": "election", "members:paper_request": "election", "members:paper_candidates": "election",
    **dict.fromkeys(
        ("members:whereabouts_add", "members:standing_add", "members:leave", "members:sanction_add", "members:birthday_card",
         "members:photo", "members:photo_upload"), "member",
    ),
    **dict.fromkeys(("members:whereabouts_contact", "members:whereabouts_end"), "whereabouts"),
    "members:standing_end": "standing", "members:sanction_end": "sanction", "members:restore": "gone",
    **dict.fromkeys(
        ("members:community_branch", "members:community_link", "members:community_serve", "members:community_report",
         "members:wall", "members:pledges"), "graded",
    ),
    "members:community_link_end": "community_link", "members:community_service": "community_service",
    "members:community_service_edit": "community_service",
    "members:paper_result": "election", "members:split": "branch", "members:move": "branch",
    **dict.fromkeys(
        ("members:change", "members:change_rename", "members:change_upgrade", "members:change_dissolve"), "branch"
    ),
    "duties:notice_sign": "criticism_draft",
    **dict.fromkeys(
        ("branches:inspection_plan", "branches:inspection_plan_edit", "branches:inspection_plan_issue",
         "branches:inspection_line_add"), "inspection_plan",
    ),
    "branches:inspection_line_edit": "inspection_line", "branches:inspection_line_drop": "inspection_line",
    "branches:inspection": "inspection",
    **dict.fromkeys(
        ("branches:inspection_edit", "branches:inspection_find", "branches:inspection_notice", "branches:inspection_close",
         "branches:inspection_reopen"), "inspection_of_root",
    ),
    "branches:talk": "talk", "branches:talk_edit": "talk", "branches:form_count_drop": "form_count",
    **dict.fromkeys(("branches:risk", "branches:risk_edit", "branches:risk_review", "branches:risk_close"), "risk"),
}  # fmt: skip
QUERY_TARGETS = {"meetings:add": "branch", "duties:list": "branch"}  # the same by ?branch=
QUERY_KINDS = {
    "meetings:add": "branch",
    "duties:list": "branch",
}  # every organisation owes something and holds meetings
FIXED = {"field": "phone", "year": 2025, "month": 11, "kind": "roster", "key": "resolution", "answer": "notice"}
FIXED_OF = {**routes_recruitment.FIXED_OF, **routes_assessment.FIXED_OF, **routes_exchange.FIXED_OF,
            **routes_calls.FIXED_OF, **routes_settings.FIXED_OF, "training:exam_act": {"act": "open"},
            "branches:weak_do": {"act": "apply"}, "branches:weak_run": {"act": "review"}, "branches:weak_approve": {"act": "extend"},
            "portal:export_new": {"key": "members"},
            "portal:help_guide": {"key": "secretary"}, "portal:manual_chapter": {"key": "branch"},
            **{key: {"key": "roster"} for key in ("portal:report", "portal:report_file", "portal:report_job", "portal:report_keep")},
            "portal:report_figure": {"key": "lectures"}, "branches:file_add": {"kind": "rectification"},
            "branches:rectification_step": {"act": "accept"}, "branches:catalogue_add": {"kind": "title"}}  # fmt: skip
_FILES = {
    "attachment": "rectify.see", "title_file": "file.see", "weak_file": "weak.see", "inspection_file": "inspection.see",
    "screening_file": "screening.see",
}  # fmt: skip
OF_OWNER = {  # routes whose rows are opened by another verb than the route itself asks: one, or by what the key points at
    **routes_assessment.OF_OWNER,
    "branches:file": _FILES, "branches:file_thumbnail": _FILES,
    "branches:file_remove": {"attachment": "rectify.do", "title_file": "file.edit"},
    "branches:file_add": "rectify.do", "branches:screening": "screening.see", "branches:mark_evidence": "screening.see",
    "branches:campaign_export": "screening.see",
}  # fmt: skip
POST_ONLY = {
    *routes_recruitment.POST_ONLY, *routes_assessment.POST_ONLY, *routes_calls.POST_ONLY,
    "training:call_again", "training:type_code", "training:other_hours_confirm", "training:other_hours_confirm_all",
    "training:archive_settle", "training:archive_zip",
    "training:survey_open", "training:survey_close", "training:exam_lines", "training:exam_act", "training:question_retire",
    "training:question_samples",
    "training:begin", "training:finish", "training:session_remove", "training:file_add", "training:file_remove",
    "branches:visit_start",
    "branches:standard_act", "branches:standard_move", "branches:standard_drop", "branches:campaign_act",
    "branches:titles_report", "branches:title_move", "branches:duties4_carry",
    "branches:file_remove", "branches:file_add", "branches:rectifications_settle",
    "branches:catalogue_act",
    "portal:export_decide", "portal:export_drop", "portal:definition_drop",
    "portal:report_job", "portal:report_keep", "portal:saved_report_drop",
    "portal:own_reveal", "portal:own_archive",
    "members:appraisal_submit", "members:appraisal_approve", "members:appraisal_return", "members:appraisal_tell",
    "members:honour_round_move", "members:honour_publish", "members:honour_confer", "members:nomination_withdraw",
    "members:nomination_decide",
    "members:transfer_agree", "members:transfer_list_issue", "members:transfer_list_confirm",
    "accounts:sign_out", "accounts:large", "meetings:submit", "meetings:send_back", "meetings:campaign_move",
    "meetings:campaign_finish", "meetings:campaign_find", "meetings:file_remove",
    "duties:hand", "duties:unlock_ask", "duties:unlock_decide", "duties:notice_issue", "duties:notice_withdraw",
    "duties:notice_marks", "duties:receipt",
    "reminders:bulletin_add", "reminders:bulletin_redraft", "reminders:bulletin_sign", "reminders:bulletin_reopen",
    "reminders:bulletin_publish", "reminders:ladder_take", "reminders:ladder_answer", "reminders:ladder_hand",
    "reminders:ladder_close", "portal:job_stop",
    "members:nominee_remove",
    "duties:notice_sign", "branches:inspection_line_drop", "branches:form_count_drop",
}  # fmt: skip
BOTH = {
    *routes_recruitment.BOTH, *routes_assessment.BOTH, *routes_exchange.BOTH, *routes_calls.BOTH, *routes_settings.BOTH,
    "training:other_hours_add", "training:other_hours_edit", "training:other_hours_return", "training:other_hours_withdraw",
    "training:passes", "training:marks", "training:mark_undo", "training:scan", "training:open_pass",
    "training:archive_summary", "training:archive_close",
    "training:survey_answer", "training:exam_add", "training:exam_edit", "training:exam_choose", "training:exam_draw",
    "training:exam_points", "training:sit", "training:question_add", "training:question_edit", "training:question_import",
    "training:roll_enrol", "training:roll_add", "training:roll_outsider", "training:roll_rule", "training:roll_list",
    "training:enrolment_withdraw", "training:enrolment_substitute", "training:enrolment_remove", "training:enrolment_replace",
    "training:add", "training:edit", "training:open", "training:cancel", "training:reopen", "training:take_back",
    "training:quotas", "training:sessions_add", "training:session_edit", "training:teacher_add", "training:teacher_edit",
    "branches:visit", "branches:visit_finish", "branches:approvals", "branches:screening_approve",
    "branches:screening_return", "branches:letters",
    "branches:standard_add", "branches:standard_edit", "branches:standard_group_add", "branches:standard_group",
    "branches:standard_item_add", "branches:standard_item", "branches:campaign_add", "branches:campaign_edit",
    "branches:campaign_open", "branches:campaign_assessors", "branches:campaign_look_back",
    "branches:inspection_add", "branches:inspection_edit", "branches:inspection_find", "branches:inspection_notice",
    "branches:inspection_close", "branches:inspection_reopen", "branches:inspection_plan_add", "branches:inspection_plan_edit",
    "branches:inspection_plan_issue", "branches:inspection_line_add", "branches:inspection_line_edit", "branches:talk_add",
    "branches:talk_edit", "branches:risk_add", "branches:risk_edit", "branches:risk_review", "branches:risk_close",
    "branches:form_count_add",
    "members:dual_leader",
    "branches:weak_add", "branches:weak_report", "branches:weak_measure", "branches:weak_accept", "branches:weak_do",
    "branches:weak_run", "branches:weak_approve",
    "branches:governance_edit", "branches:seven", "branches:contact_visit", "branches:contact_add", "branches:contact_end",
    "branches:instructor_add", "branches:instructor_end", "branches:title_add", "branches:title_edit",
    "branches:duty4_add", "branches:duty4_edit",
    "branches:catalogue_add", "branches:catalogue_edit",
    "branches:rectification_add", "branches:rectification_plan", "branches:rectification_submit", "branches:rectification_step",
    "members:letter_sign", "members:letter_edit", "members:letter_withdraw", "meetings:decision_add",
    "meetings:decision_edit",
    "portal:export_new",
    "members:appraisal_add", "members:appraisal_edit", "members:poll", "members:honour_add", "members:honour_revoke",
    "members:honour_round_add", "members:honour_round_edit", "members:honour_nominate", "members:nomination_edit",
    "members:transfer_add", "members:transfer_arrive", "members:transfer_edit", "members:transfer_list_add",
    "members:transfer_issue", "members:transfer_reissue", "members:transfer_receive", "members:transfer_settle",
    "members:transfer_confirm", "members:transfer_send_back", "members:transfer_refuse_issue",
    "members:transfer_refuse", "members:transfer_withdraw",
    "portal:own_correct", "members:reveal", "members:correction", "portal:audit_verify",
    "accounts:sign_in", "accounts:code", "accounts:confirm", "accounts:second_factor", "accounts:change_password", "accounts:sessions",
    "branches:edit", "members:edit", "meetings:add", "meetings:edit",
    "meetings:review",
    "reminders:bulletin_edit", "reminders:list", "reminders:calls", "reminders:settings", "reminders:channels",
    "assessment:judge", "portal:import_upload", "portal:import_batch", "portal:import_columns", "portal:import_undo",
    "portal:account_add", "portal:account",
    "meetings:activity_add", "meetings:activity_edit", "meetings:activity_withdraw",
    "meetings:plan_add", "meetings:plan_edit", "meetings:campaign_add", "meetings:campaign_edit",
    "meetings:campaign_guidance", "meetings:finding_edit", "members:exemption_add", "members:exemption_end",
    "members:cadre_add", "members:cadre_end", "members:add", "members:find", "members:backbone_add",
    "members:backbone_end", "members:group_assign", "members:group_open", "members:group_close",
    "duties:filing", "duties:notice_add", "duties:notice_edit",
    "members:dues_enter", "members:dues_bases", "members:dues_consent", "members:dues_handover", "members:dues_receive",
    "members:dues_waiver_decide", "members:dues_waiver_add",
    "members:term_extend", "members:post_end", "members:election_add", "members:election_step",
    "members:election_answer", "members:election_nominate", "members:election_result", "members:election_finish",
    "members:whereabouts_add", "members:whereabouts_contact", "members:whereabouts_end", "members:standing_add",
    "members:standing_end", "members:leave", "members:restore", "members:sanction_add", "members:sanction_end",
    "members:community_link", "members:community_link_end", "members:community_serve", "members:community_service_edit",
    "members:community_report", "members:pledges", "members:photo_upload",
    "members:election_cancel", "members:merge", "members:split", "members:move",
    "members:change_found", "members:change_rename", "members:change_upgrade", "members:change_dissolve",
}  # fmt: skip
STRANGE = ("above", "beside", "elsewhere", "shut")  # relations that open next to nothing


@dataclass(frozen=True)
class Route:
    name: str
    view: Any
    args: tuple

    @property
    def policy(self):
        return getattr(self.view, "policy", None)

    @property
    def methods(self):
        return ("post",) if self.name in POST_ONLY else ("get", "post") if self.name in BOTH else ("get",)

    def url(self, pk=None):
        return reverse(self.name, kwargs={arg: (FIXED | FIXED_OF.get(self.name, {})).get(arg, pk) for arg in self.args})


def routes(patterns=None, prefix=""):
    """Every route of the pages, also one that somebody added a minute ago."""
    for pattern in patterns or routes_exchange.of_pages():
        if hasattr(pattern, "url_patterns"):
            yield from routes(pattern.url_patterns, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        else:
            yield Route(f"{prefix}{pattern.name}", pattern.callback, tuple(pattern.pattern.regex.groupindex))


def targets(name):
    """What the key of a route may point at."""
    found = TARGETS[name]
    return (found,) if isinstance(found, str) else found


def verb_of(route, what):
    """The verb that opens the row: that of the route, unless the row says another."""
    found = OF_OWNER.get(route.name, route.policy)
    return found[what] if isinstance(found, dict) else found


def person_for(county, route):
    """Whoever may call it: the administrator, else the branch itself, else who has a task or a post of few verbs."""
    verb = verb_of(route, targets(route.name)[0]) if "pk" in route.args else route.policy
    may = (
        person for person in ("admin", "secretary a1", "assessor", "grader", "discipline") if county.reach(person, verb)
    )
    return next(may, "admin") if verb in VERBS else "admin"


def keys_of(county, what):
    """(organisation that owns the row, key): one row of each organisation, and one that does not exist.

    Of a route's several kinds of rows the first.
    """
    what = what if isinstance(what, str) else what[0]
    rows = {
        "branch": county.branches.items(),
        "graded": county.branches.items(),
        "member": [(name, rows[-1]) for name, rows in county.members.items()],
        "meeting": [(name, row) for name, rows in county.meetings.items() for row in (rows[0], rows[-1])],
        "account": [(None, county.people["secretary a1"]), (None, county.people["staff"])],
        "batch": county.batches.items(),
        **county.rows,
    }[what]
    return [*((name, row.pk) for name, row in rows), ("nobody", NOBODY)]


def cases(county, person, *, each=None, among=None):
    """(route, method, url, what its key points at, owner of the row): every route, with rows of each relation to `person`.

    `each=1` draws one row of each relation of the suite's dice, and two of the relations of strangers; None asks them all.
    """
    for route in among or routes():
        for method in ("get", "post"):
            if "pk" in route.args:
                for what in targets(route.name):
                    keys = _chosen(county, person, verb_of(route, what), keys_of(county, what), each)
                    for owner, pk in keys if method in route.methods else keys[:1]:
                        yield route, method, route.url(pk), what, owner
            else:
                yield route, method, route.url(), "", None
            if route.name in QUERY_TARGETS and method in route.methods:
                what = QUERY_TARGETS[route.name]
                for owner, pk in _chosen(county, person, route.policy, keys_of(county, what), each):
                    yield route, method, f"{route.url()}?{what}={pk}", QUERY_KINDS[route.name], owner


def _chosen(county, person, verb, keys, each):
    """Two rows of each relation; one is enough when the verb is closed to the person whatever the row."""
    if not county.reach(person, verb):
        return _drawn(keys[:1] + keys[-1:], each)
    found = {}
    for owner, pk in keys:
        found.setdefault(county.relation(person, owner), []).append((owner, pk))
    strange = [relation for relation in STRANGE if relation in found]
    left_out = set(strange) - set(_drawn(strange, each and 2 * each))
    return [key for relation, rows in found.items() if relation not in left_out for key in _drawn(rows[:2], each)]


def _drawn(rows, each):
    return rows if each is None or len(rows) <= each else random.sample(rows, each)
