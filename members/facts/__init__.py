"""What the register of members knows for others, one file a matter; schemes name a fact as `members.facts.setting`."""

from members.facts.appraisal import appraised, mass_poll
from members.facts.election import months_late_electing, months_late_filling
from members.facts.honour import titles
from members.facts.setting import setting
from members.facts.dues import dues_on_time

__all__ = ["appraised", "mass_poll", "dues_on_time", "months_late_electing", "months_late_filling", "setting", "titles"]
