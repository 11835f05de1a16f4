from django.db import models
from django.db.models import F, Q

from branches.models import ScopedQuerySet, Term
from members.models.person import Member


class PostQuerySet(ScopedQuerySet):
    branch_lookup = "term__branch"
    see = "member.see"


class Post(models.Model):
    """A member's office in a term of a branch's leadership (党内职务)."""

    class Office(models.TextChoices):
        SECRETARY = "secretary", "书记"
        DEPUTY = "deputy", "副书记"
        ORGANISATION = "organisation", "组织委员"
        PUBLICITY = "publicity", "宣传委员"
        DISCIPLINE = "discipline", "纪检委员"
        YOUTH = "youth", "青年委员"
        COMMITTEE = "committee", "委员"
        GROUP_LEADER = "group_leader", "党小组长"

    term = models.ForeignKey(Term, verbose_name="届次", on_delete=models.PROTECT, related_name="posts")
    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="posts")
    office = models.CharField("党内职务", max_length=14, choices=Office)
    started_on = models.DateField("任职日期")
    ended_on = models.DateField("免职日期", null=True, blank=True)
    is_dual_leader = models.BooleanField("双带头人", default=False, help_text="书记同时是教学、学术带头人")
    dual_basis = models.CharField("双带头人的依据", max_length=80, blank=True, help_text="如 学科带头人文件的文号")

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党内职务"
        constraints = [
            models.UniqueConstraint(
                "term",
                "member",
                "office",
                condition=Q(ended_on__isnull=True),
                name="post_once",
                violation_error_message="这位同志本届已任这一职务。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="post_ends_after_start",
                violation_error_message="免职日期不能早于任职日期。",
            ),
            models.CheckConstraint(
                condition=Q(is_dual_leader=False) | Q(office="secretary") & ~Q(dual_basis=""),
                name="post_dual_leader_by_paper",
                violation_error_message="“双带头人”只在书记任职上登记，并写明依据。",
            ),
        ]
