"""What the register of members knows for others, one file a matter; schemes name a fact as `members.facts.setting`."""

from members.facts.setting import setting

__all__ = ["setting"]
