"""What the keys of the routes of 临时收表 point at, and what they take: read by tests/routes.py."""

TARGETS = {
    **dict.fromkeys(
        ("datacalls:detail", "datacalls:columns", "datacalls:open", "datacalls:deadline", "datacalls:close", "datacalls:drop",
         "datacalls:merged", "datacalls:form"), "call",
    ),
    "datacalls:of_notice": "call_notice",
    **dict.fromkeys(("datacalls:answer", "datacalls:fill"), "call_answer"), "datacalls:return": "call_answer",
}  # fmt: skip
POST_ONLY = {"datacalls:close", "datacalls:drop"}
BOTH = {
    "datacalls:add",
    "datacalls:columns",
    "datacalls:open",
    "datacalls:deadline",
    "datacalls:fill",
    "datacalls:return",
}
