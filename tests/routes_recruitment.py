"""What the keys of the routes of 发展党员 point at, and what they take: read by tests/routes.py."""

_FILES = ("application", "prospect")
TARGETS = {
    **dict.fromkeys(
        ("recruitment:detail", "recruitment:record", "recruitment:documents", "recruitment:zip"), (*_FILES, "ended_road"),
    ),
    **dict.fromkeys(
        ("recruitment:edit", "recruitment:redate", "recruitment:close",
         "recruitment:decline", "recruitment:transfer", "recruitment:step", "recruitment:step_above", "recruitment:step_review",
         "recruitment:undo", "recruitment:undo_above", "recruitment:publicity", "recruitment:review", "recruitment:propose",
         "recruitment:decide", "recruitment:guide_add", "recruitment:document",
         "recruitment:document_word", "recruitment:file_add", "recruitment:file_add_above"), _FILES,
    ),
    **dict.fromkeys(
        ("recruitment:file", "recruitment:file_thumbnail", "recruitment:file_remove", "recruitment:file_remove_above"),
        ("application_file", "prospect_file"),
    ),
    "recruitment:guide_replace": ("application_guide", "prospect_guide"),
    "recruitment:quota_edit": "recruitment_quota", "recruitment:quota_issue": "recruitment_quota",
}  # fmt: skip
_RECEIPT, _TALK, _FILING = {"key": "apply-receipt"}, {"key": "initial_talk"}, {"key": "activist_filing"}
FIXED_OF = {
    **dict.fromkeys(
        ("recruitment:document", "recruitment:document_word", "recruitment:file_add", "recruitment:file_add_above",
         "recruitment:template", "recruitment:template_word"), _RECEIPT,
    ),
    **dict.fromkeys(("recruitment:step", "recruitment:undo"), _TALK),
    **dict.fromkeys(("recruitment:step_above", "recruitment:undo_above"), _FILING),
    "recruitment:step_review": {"key": "political_review"}, "recruitment:publicity": {"key": "confirm_prospect"},
    "recruitment:propose": {"kind": "extension"}, "recruitment:guide_add": {"role": "mentor"},
}  # fmt: skip
POST_ONLY = {
    "recruitment:file_add", "recruitment:file_add_above", "recruitment:file_remove", "recruitment:file_remove_above",
}  # fmt: skip
BOTH = {
    "recruitment:add", "recruitment:batch", "recruitment:batch_above", "recruitment:edit", "recruitment:redate",
    "recruitment:close", "recruitment:decline", "recruitment:transfer", "recruitment:step", "recruitment:step_above",
    "recruitment:step_review", "recruitment:undo", "recruitment:undo_above", "recruitment:publicity", "recruitment:review",
    "recruitment:propose", "recruitment:decide", "recruitment:guide_add", "recruitment:guide_replace", "recruitment:template",
    "recruitment:quota_add", "recruitment:quota_edit", "recruitment:quota_issue",
}  # fmt: skip
