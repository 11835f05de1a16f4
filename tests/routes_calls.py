"""What the keys of the routes of 临时收表, 迎检资料包 and 抄录 point at, and what they take: read by tests/routes.py."""

TARGETS = {
    **dict.fromkeys(
        ("datacalls:detail", "datacalls:columns", "datacalls:open", "datacalls:deadline", "datacalls:close", "datacalls:drop",
         "datacalls:merged", "datacalls:form"), "call",
    ),
    "datacalls:of_notice": "call_notice",
    **dict.fromkeys(("datacalls:answer", "datacalls:fill"), "call_answer"), "datacalls:return": "call_answer",
    **dict.fromkeys(("portal:pack", "portal:pack_edit", "portal:pack_item_add", "portal:pack_make", "portal:pack_drop"), "pack"),
    **dict.fromkeys(("portal:pack_item", "portal:pack_item_act"), "pack_item"), "portal:copying_one": "member",
}  # fmt: skip
POST_ONLY = {
    "datacalls:close", "datacalls:drop", "portal:copying_mark", "portal:pack_make", "portal:pack_drop", "portal:pack_item_act",
}  # fmt: skip
FIXED_OF = {"portal:copying_one": {"matter": "member"}, "portal:copying_mark": {"matter": "member"}}
BOTH = {
    "portal:pack_add",
    "portal:pack_edit",
    "portal:pack_item_add",
    "portal:pack_item",
    "datacalls:add",
    "datacalls:columns",
    "datacalls:open",
    "datacalls:deadline",
    "datacalls:fill",
    "datacalls:return",
}
