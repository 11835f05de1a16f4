"""What recruitment knows for others, one file a matter."""

from recruitment.facts.due import (
    approval_words,
    conversion_words,
    oath_words,
    replies_overdue,
    reply_words,
    review_words,
    steps_due,
    talk_words,
    vote_words,
)
from recruitment.facts.people import activists, candidates, years_without
from recruitment.facts.score import backbone_share, unlawful

__all__ = [
    "activists",
    "approval_words",
    "backbone_share",
    "candidates",
    "conversion_words",
    "oath_words",
    "replies_overdue",
    "reply_words",
    "review_words",
    "steps_due",
    "talk_words",
    "unlawful",
    "vote_words",
    "years_without",
]
