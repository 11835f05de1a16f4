"""What of a first day is done already, read from the records; nobody's visits are counted."""

from accounts.models import SecondFactor
from assessment.models import Judgement, Round, Scheme
from branches.models import Appointment, Branch, Receipt, Screening, Term
from branches.rights import Role
from duties.models import Fulfilment
from meetings.models import Meeting
from members.models import Membership
from reminders.models import Channel
from rulebook.book import is_calendar_known

WITH_ASSESSOR = (Screening.State.WAITING, Screening.State.JUDGING, Screening.State.RETURNED)


def password(user, on):
    return not user.must_change_password


def second_factor(user, on):
    return SecondFactor.objects.filter(user=user, confirmed_at__isnull=False).exists()


def roster(user, on):
    """A roster is there, and this year's check of the setting (which goes through it) was handed in."""
    duties = Fulfilment.objects.filter(duty__rule="setting_check", duty__year=on.year)
    return duties.filter(duty__branch__in=Branch.objects.visible_to(user)).exists()


def members(user, on):
    return Membership.objects.visible_to(user).exists()


def term(user, on):
    return Term.objects.visible_to(user).on(on).exists()


def meeting(user, on):
    return Meeting.objects.visible_to(user).counted().filter(created_by=user).exists()


def notices(user, on):
    """Something was sent, and all of it is signed for."""
    mine = Receipt.objects.visible_to(user, verb="notice.receive")
    return mine.exists() and not mine.filter(received_at=None).exists()


def branches(user, on):
    return Branch.objects.visible_to(user).filter(parent__isnull=False).exists()


def secretaries(user, on):
    """Every branch that is not dissolved has somebody who can sign in for it."""
    served = Appointment.objects.serving(on).filter(role=Role.SECRETARY).values("branch")
    owing = Branch.objects.visible_to(user).graded()
    return owing.exists() and not owing.exclude(pk__in=served).exists()


def holidays(user, on):
    return is_calendar_known(on.year)


def channels(user, on):
    return Channel.objects.visible_to(user).exists()


def scheme(user, on):
    return Scheme.objects.visible_to(user).filter(year=on.year).exclude(published_at=None).exists()


def assessment_round(user, on):
    return Round.objects.visible_to(user).exists()


def screened(user, on):
    """What this person was sent to judge is handed in."""
    mine = Screening.objects.visible_to(user, verb="screening.judge").filter(assessor=user)
    return mine.exists() and not mine.filter(state__in=WITH_ASSESSOR).exists()


def judged(user, on):
    return Judgement.objects.visible_to(user).filter(assessor=user).exists()


TICKS = {
    act.__name__: act
    for act in (
        password, second_factor, roster, members, term, meeting, notices, branches, secretaries, holidays, channels, scheme,
        assessment_round, screened, judged,
    )
}  # fmt: skip
