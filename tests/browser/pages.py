"""Which pages each demo account opens, for the tests and for the pictures."""

PAGES = {
    "shuji": ["/", "/duties/", "/meetings/", "/meetings/add/?kind=theme_party_day", "/members/", "/branches/", "/settings/rules/"],
    "dangwei": ["/", "/duties/", "/meetings/", "/members/", "/branches/", "/assessment/"],
    "gongwei": [
        "/", "/duties/", "/duties/?only=missing", "/meetings/", "/members/", "/members/?q=zzzz", "/branches/", "/assessment/",
        "/imports/", "/imports/roster/", "/reports/", "/settings/rights/",
    ],
    "gongwei-admin": ["/settings/accounts/", "/settings/accounts/add/"],
    "ducha": ["/", "/duties/", "/assessment/"],
    "jijian": ["/", "/branches/"],
}  # fmt: skip
