"""What the keys of the routes of the yearly assessment point at, and what they take: read by tests/routes.py."""

TARGETS = {
    **dict.fromkeys(
        ("assessment:round_branch", "assessment:round_verdict", "assessment:judge_branch", "assessment:settle",
         "assessment:self_check", "assessment:self_check_return", "assessment:contest", "assessment:adjust"), "in_round",
    ),
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
    "assessment:round_move", "assessment:objection_withdraw",
    "assessment:renew",
    "assessment:secretary_review_start", "assessment:secretary_review_refill", "assessment:secretary_review_accept",
    "assessment:secretary_review_enlist",
}  # fmt: skip
BOTH = {
    "assessment:round_open", "assessment:round_dates", "assessment:round_publish", "assessment:round_final",
    "assessment:graders", "assessment:round_verdict", "assessment:judge_branch", "assessment:settle", "assessment:self_check",
    "assessment:self_check_return", "assessment:contest", "assessment:adjust", "assessment:objection_answer",
    "assessment:veto_add", "assessment:veto_confirm", "assessment:veto_lift",
    "assessment:secretary_review_open", "assessment:secretary_review_year", "assessment:secretary_review_write",
    "assessment:secretary_review_upload", "assessment:secretary_review_return", "assessment:secretary_review_hold",
    "assessment:secretary_review_grade", "assessment:secretary_review_tell",
}  # fmt: skip
