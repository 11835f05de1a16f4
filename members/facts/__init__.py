"""What the register of members knows for others, one file a matter; schemes name a fact as `members.facts.setting`."""

from members.facts.election import months_late_electing, months_late_filling
from members.facts.setting import setting

__all__ = ["months_late_electing", "months_late_filling", "setting"]
