"""What the register of members knows for others, one file a matter; schemes name a fact as `members.facts.setting`."""

from members.facts.appraisal import appraised, mass_poll
from members.facts.community import reported_in
from members.facts.dual import dual_cultivation
from members.facts.dues import arrears_words, dues_arrears, dues_on_time, dues_unpaid, dues_words
from members.facts.election import months_late_electing, months_late_filling
from members.facts.honour import titles
from members.facts.letter import dual_leaders, letter_left_words, letters_left, letters_signed
from members.facts.register import records_amiss
from members.facts.setting import adjusted, days_without_secretary, full_members, setting, setting_return
from members.facts.standing import whereabouts_due, whereabouts_words
from members.facts.transfer import letter_words, letters_in_transit, transfers_late

__all__ = [
    "adjusted",
    "appraised",
    "arrears_words",
    "days_without_secretary",
    "dual_cultivation",
    "dual_leaders",
    "dues_arrears",
    "dues_on_time",
    "dues_unpaid",
    "dues_words",
    "full_members",
    "letter_left_words",
    "letter_words",
    "letters_in_transit",
    "letters_left",
    "letters_signed",
    "mass_poll",
    "months_late_electing",
    "months_late_filling",
    "records_amiss",
    "reported_in",
    "setting",
    "setting_return",
    "titles",
    "transfers_late",
    "whereabouts_due",
    "whereabouts_words",
]
