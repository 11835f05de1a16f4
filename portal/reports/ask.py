"""What somebody asked a report: for whom, for which year, as of which day, of which organisations."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from branches.models import Branch, OrgChange
from rulebook.facts import Period

VERB = "report.export"


@dataclass(frozen=True)
class Ask:
    """One question. `on` is the day as of which it is answered, `top` the organisation chosen (None: all in reach).

    A report reads as its reader: rows are those of organisations where `user` may both take reports along and see the
    matter, by the posts of today.
    """

    user: object
    year: int
    on: date
    today: date
    top: Branch | None = None
    part: str = ""
    month: int = 0
    words: tuple = field(default=(), compare=False)
    few: int = 0  # how many organisations a page looks at where all would take too long; 0: all

    @property
    def end(self):
        """The last day of the year that counts."""
        return min(self.on, date(self.year, 12, 31))

    @property
    def first(self):
        return date(self.year, 1, 1)

    @property
    def is_past(self):
        return self.on < self.today

    @property
    def period(self):
        return Period.of_year(self.year, on=self.end)

    def reach(self, verb):
        """The organisations whose rows the report may hold, closed ones among them."""
        found = Branch.objects.visible_to(self.user, verb=VERB)
        if verb != VERB:
            found = found & Branch.objects.visible_to(self.user, verb=verb)
        found = found.filter(path__startswith=self.top.path) if self.top else found
        return found.filter(pk__in=self._first(verb, found)) if self.few else found

    def _first(self, verb, found):
        kept = self._kept.setdefault("first", {})
        if verb not in kept:
            kept[verb] = list(found.at_work(self.first, self.end).in_order().values_list("pk", flat=True)[: self.few])
        return kept[verb]

    @cached_property
    def _kept(self):
        return {}

    def keys(self, verb):
        """Their keys, asked for once."""
        if verb not in self._kept:
            self._kept[verb] = list(self.reach(verb).order_by("order", "pk").values_list("pk", flat=True))
        return self._kept[verb]

    def at_work(self, verb):
        """Those at work on the day, in 单位序."""
        return self.reach(verb).at_work(self.on).in_order()

    def in_year(self, verb):
        """Those at work on some day of the year up to the day asked, in 单位序."""
        return self.reach(verb).at_work(self.first, self.end).in_order()

    @cached_property
    def former(self):
        """branch id → its name on the day, of those renamed since."""
        return OrgChange.objects.names_on(self.on)

    def name(self, branch):
        """The name on the day."""
        return "" if branch is None else self.former.get(branch.pk, branch.name)

    @cached_property
    def head(self):
        """The organisation that reports: the one chosen, else the highest."""
        return self.top or Branch.objects.visible_to(self.user, verb=VERB).order_by("path").first()

    @property
    def organ(self):
        return self.name(self.head)
