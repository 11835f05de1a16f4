"""Empty seats of a leadership, from the posts on record: who left and was not followed."""

from dataclasses import dataclass
from datetime import date, timedelta

from branches.models import Term
from members.models import Post

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Vacancy:
    """Empty since when; a day is None where no post says it. `seats` counts committee members, the secretary among them."""

    has_no_secretary: bool = False
    secretary_since: date | None = None
    seats: int = 0
    seats_since: date | None = None

    def __bool__(self):
        return self.has_no_secretary or self.seats > 0

    @property
    def since(self):
        return min(filter(None, (self.secretary_since, self.seats_since)), default=None)

    @property
    def words(self):
        found = ["书记空缺"] if self.has_no_secretary else []
        if self.seats:
            found.append(f"委员空缺 {self.seats} 名")
        return "、".join(found)

    def days(self, on):
        return (on - self.since).days + 1 if self.since else None


NONE = Vacancy()


def of(branch, on):
    """The empty seats of one organisation on that day."""
    return found(Term.objects.filter(branch=branch), on).get(branch.pk, NONE)


def found(terms, on):
    """branch id → Vacancy, of those with an empty seat in the term that serves on that day. Two queries.

    A seat counts as empty only when somebody is known to have sat there: a register that names two of five members
    says nothing about the other three. A term that names its secretary is not vacant before a post says so.
    """
    serving = {term.branch_id: term for term in terms.on(on)}
    posts = Post.objects.filter(term__in=[term.pk for term in serving.values()], started_on__lte=on)
    held = {}
    for post in posts.exclude(office=Post.Office.GROUP_LEADER):
        held.setdefault(post.term_id, []).append(post)
    rows = ((branch, _vacancy(term, held.get(term.pk, []), on)) for branch, term in serving.items())
    return {branch: vacancy for branch, vacancy in rows if vacancy}


def _vacancy(term, posts, on):
    open_posts = [post for post in posts if post.ended_on is None or post.ended_on >= on]
    sitting = {post.member_id for post in open_posts}
    led = [post for post in posts if post.office == Post.Office.SECRETARY]
    has_no_secretary = not any(post in open_posts for post in led) and (bool(led) or not term.secretary_name)
    left = sorted(
        (max(post.ended_on for post in posts if post.member_id == member)
         for member in {post.member_id for post in posts} - sitting),
        reverse=True,
    )  # fmt: skip
    seats = max(0, min(term.committee_size, len(sitting) + len(left)) - len(sitting))
    return Vacancy(
        has_no_secretary,
        max(post.ended_on for post in led) + DAY if has_no_secretary and led else None,
        seats,
        left[seats - 1] + DAY if seats else None,
    )
