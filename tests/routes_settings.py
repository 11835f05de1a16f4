"""What the keys of the routes of the settings pages point at, and what they take: read by tests/routes.py."""

TARGETS = {
    "portal:term": "school_term", "portal:branch_posts": "branch",
    **dict.fromkeys(("portal:handover", "portal:handover_word"), "appointment"),
}  # fmt: skip
BOTH = {
    "portal:decision", "portal:calendar", "portal:term_add", "portal:term", "portal:branch_posts", "portal:handover",
    "portal:year_open",
}  # fmt: skip
FIXED_OF = {"portal:decision": {"key": "term.grace_months"}, "portal:month_records": {"matter": "told"}}
