"""Which pages each demo account opens, for the tests and for the pictures."""

PAGES = {
    "shuji": ["/", "/duties/", "/duties/notices/", "/meetings/", "/meetings/add/?kind=theme_party_day", "/members/", "/branches/",
        "/settings/rules/", "/meetings/activities/", "/meetings/activities/add/", "/meetings/activities/add/?kind=heart_talk",
        "/meetings/activities/ledger/", "/meetings/activities/talks/", "/meetings/plans/", "/meetings/plans/add/",
        "/meetings/campaigns/", "/members/exemptions/", "/members/transfers/", "/members/transfers/add/", "/members/transfers/arrive/",
        "/branches/rectifications/", "/branches/inspections/"],
    "shuji2": ["/branches/visits/"],
    "dangwei": ["/", "/duties/", "/duties/notices/", "/duties/answers/", "/meetings/", "/members/", "/branches/", "/assessment/"],
    "gongwei": [
        "/", "/duties/", "/duties/?only=missing", "/duties/?rule=theme_party_day", "/duties/?group=ideology", "/duties/answers/",
        "/duties/unlocks/", "/duties/notices/", "/duties/notices/add/",
        "/meetings/", "/members/", "/members/?q=zzzz", "/branches/", "/assessment/",
        "/meetings/activities/", "/meetings/activities/?group=ideology", "/meetings/activities/add/?find=1",
        "/meetings/activities/talks/", "/meetings/activities/leaders/", "/meetings/campaigns/", "/meetings/campaigns/add/",
        "/members/exemptions/", "/members/leading/", "/members/transfers/?tab=all", "/members/transfers/lists/",
        "/members/transfers/lists/add/",
        "/members/appraisals/", "/members/polls/", "/members/honours/", "/members/honours/rounds/", "/members/honours/rounds/add/",
        "/branches/campaigns/", "/branches/rectifications/", "/branches/weak/", "/branches/inspections/", "/branches/dossiers/",
        "/members/setting/", "/members/letters/", "/meetings/decisions/",
        "/training/questions/", "/training/questions/import/", "/training/questions/add/",
        "/imports/", "/imports/roster/", "/reports/", "/settings/rights/",
    ],
    "gongwei-admin": ["/settings/accounts/", "/settings/accounts/add/"],
    "ducha": ["/", "/duties/", "/assessment/"],
    "jijian": ["/", "/branches/", "/branches/integrity/"],
}  # fmt: skip
