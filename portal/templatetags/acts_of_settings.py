"""What each act on the settings is called on the pages."""

ACTS = {
    "rule.decide": "对规则作出决定",
    "calendar.lay_down": "录入节假日",
    "appointment.hand_over": "办理交接",
    "year.open": "年初启用",
}
