"""What the keys of the routes of the yearly assessment point at, and what they take: read by tests/routes.py."""

_DRAFT = {
    f"assessment:{name}"
    for name in ("scheme_publish", "scheme_discard", "scheme_section", "scheme_move", "scheme_drop", "scheme_item_add",
                 "scheme_item", "scheme_part_add", "scheme_part", "what_if", "what_if_workbook")
}  # fmt: skip
TARGETS = {
    "assessment:seal": "seal",
    **dict.fromkeys(("assessment:reopening", "assessment:reopening_approve", "assessment:reopening_close"), "reopening"),
    "assessment:earned": "meeting",
    **dict.fromkeys(_DRAFT, "scheme_draft"), "assessment:scheme_close": "scheme",
    **dict.fromkeys(("assessment:scheme", "assessment:scheme_word"), ("scheme", "scheme_draft")),
    **dict.fromkeys(
        ("assessment:round_branch", "assessment:round_verdict", "assessment:judge_branch", "assessment:settle",
         "assessment:self_check", "assessment:self_check_return", "assessment:contest", "assessment:adjust"), "in_round",
    ),
    "assessment:over_years": "branch", "assessment:use_withdraw": "result_use",
    "assessment:objection_answer": "objection", "assessment:objection_withdraw": "objection",
    "assessment:veto_confirm": "veto", "assessment:veto_lift": "veto",
    **dict.fromkeys(
        ("assessment:secretary_review", "assessment:secretary_review_compare", "assessment:secretary_review_figures",
         "assessment:secretary_review_start", "assessment:secretary_review_write", "assessment:secretary_review_upload",
         "assessment:secretary_review_refill", "assessment:secretary_review_accept", "assessment:secretary_review_return",
         "assessment:secretary_review_hold", "assessment:secretary_review_grade", "assessment:secretary_review_tell"),
        "secretary_review",
    ),
    **dict.fromkeys(("assessment:secretary_report_file", "assessment:secretary_report_word"), "secretary_report"),
    **dict.fromkeys(("assessment:secretary_review_year", "assessment:secretary_review_enlist"), "review_campaign"),
}  # fmt: skip
POST_ONLY = {
    "assessment:renew",
    "assessment:scheme_close", "assessment:scheme_discard", "assessment:scheme_move", "assessment:scheme_drop",
    "assessment:round_move", "assessment:round_praise", "assessment:objection_withdraw",
    "assessment:secretary_review_start", "assessment:secretary_review_refill", "assessment:secretary_review_accept",
    "assessment:secretary_review_enlist",
}  # fmt: skip
BOTH = {
    "assessment:seal_verify", "assessment:reopen", "assessment:reopening_approve", "assessment:reopening_close",
    "assessment:use_add", "assessment:use_withdraw",
    "assessment:scheme_start", "assessment:scheme_publish", "assessment:scheme_section", "assessment:scheme_item_add",
    "assessment:scheme_item", "assessment:scheme_part_add", "assessment:scheme_part",
    "assessment:round_open", "assessment:round_dates", "assessment:round_publish", "assessment:round_final",
    "assessment:graders", "assessment:round_verdict", "assessment:judge_branch", "assessment:settle", "assessment:self_check",
    "assessment:self_check_return", "assessment:contest", "assessment:adjust", "assessment:objection_answer",
    "assessment:veto_add", "assessment:veto_confirm", "assessment:veto_lift",
    "assessment:secretary_review_open", "assessment:secretary_review_year", "assessment:secretary_review_write",
    "assessment:secretary_review_upload", "assessment:secretary_review_return", "assessment:secretary_review_hold",
    "assessment:secretary_review_grade", "assessment:secretary_review_tell",
}  # fmt: skip
FIXED_OF = {
    "assessment:earned": {"label": "meetings.Meeting"},
    "assessment:scheme_word": {"which": "details"}, "assessment:scheme_section": {"section": "grades"},
    **{key: {"code": "AT1"} for key in ("assessment:scheme_item", "assessment:scheme_part_add")},
    "assessment:scheme_part": {"code": "PF1", "key": "PF1.1"},
}  # fmt: skip
_EITHER = {"scheme": "scheme.see", "scheme_draft": "scheme.edit"}
OF_OWNER = {"assessment:scheme": _EITHER, "assessment:scheme_word": _EITHER}
