import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, Term, within
from vault.fields import SealedTextField


class MemberQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="member.see"):
        """Persons whose membership of today lies in a branch that `user` may see: today's branch decides."""
        return self.filter(
            pk__in=Membership.objects.filter(
                within(rights.places(user, verb), "branch__path"), ended_on__isnull=True
            ).values("member")
        )

    def of(self, user):
        """The person whose account this is: a member sees the own record without any post."""
        return self.filter(user=user)


class Member(Versioned):
    """A person, in the Party or not yet. Only a dated `Membership` makes a Party member."""

    CLASSIFIED = frozenset({"id_number", "phone"})

    class Sex(models.TextChoices):
        MALE = "1", "男"
        FEMALE = "2", "女"

    class Status(models.TextChoices):
        NORMAL = "normal", "正常"
        SUSPENDED = "suspended", "停止党籍"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    name = models.CharField("姓名", max_length=50)
    initials = models.CharField("拼音首字母", max_length=50, blank=True, editable=False)
    former_name = models.CharField("曾用名", max_length=50, blank=True)
    sex = models.CharField("性别", max_length=1, choices=Sex, blank=True)
    ethnicity = models.CharField("民族", max_length=20, blank=True)
    birth_on = models.DateField("出生日期", null=True, blank=True)
    id_number = SealedTextField("公民身份号码", index="id_number_index", blank=True)
    id_number_index = models.CharField(max_length=64, blank=True, editable=False)
    education = models.CharField("学历", max_length=20, blank=True)
    title = models.CharField("职称", max_length=40, blank=True)
    backbone = models.CharField("骨干类别", max_length=40, blank=True)
    phone = SealedTextField("手机", blank=True)
    joined_on = models.DateField("入党日期", null=True, blank=True)
    converted_on = models.DateField("转正日期", null=True, blank=True)
    status = models.CharField("党籍状态", max_length=12, choices=Status, default=Status.NORMAL)
    note = models.CharField("备注", max_length=200, blank=True)
    user = models.OneToOneField(
        "accounts.User", verbose_name="账号", null=True, blank=True, on_delete=models.PROTECT, related_name="member"
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员"
        indexes = [models.Index(fields=["name"]), models.Index(fields=["initials"])]
        constraints = [
            models.UniqueConstraint(
                "id_number_index",
                condition=~Q(id_number_index=""),
                name="member_one_per_id_number",
                violation_error_message="这个身份证号已在系统中登记，请联系上级党组织核实。",
            ),
            models.CheckConstraint(
                condition=Q(converted_on__isnull=True)
                | Q(joined_on__isnull=True)
                | Q(converted_on__gte=F("joined_on")),
                name="member_converted_after_joining",
                violation_error_message="转正日期不能早于入党日期。",
            ),
        ]

    def __str__(self):
        return f"{self.name}同志"

    def get_absolute_url(self):
        return reverse("members:detail", args=[self.pk])


class DateRange(Func):
    """daterange(first day, last day), both inside."""

    function = "daterange"
    template = "%(function)s(%(expressions)s, '[]')"


class MembershipQuerySet(ScopedQuerySet):
    see = "member.see"

    def on(self, day):
        return self.filter(started_on__lte=day).exclude(ended_on__lt=day)

    def for_list(self):
        """All that one row of the register shows, in one query."""
        return self.select_related("member", "branch")


class Membership(models.Model):
    """A person's time in one branch, as full member or on probation. Both days belong to it."""

    class Kind(models.TextChoices):
        FULL = "full", "正式党员"
        PROBATIONARY = "probationary", "预备党员"

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="memberships")
    branch = models.ForeignKey(Branch, verbose_name="所在党组织", on_delete=models.PROTECT, related_name="memberships")
    kind = models.CharField("人员类别", max_length=14, choices=Kind)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    start_estimated = models.BooleanField("起始日期为推定", default=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员所在支部"
        constraints = [
            ExclusionConstraint(
                name="membership_one_at_a_time",
                expressions=[
                    (F("member"), RangeOperators.EQUAL),
                    (DateRange("started_on", "ended_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="这位同志同一时间只能在一个支部。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="membership_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
        ]
        indexes = [models.Index(fields=["branch", "started_on"])]


class PersonalQuerySet(models.QuerySet):
    """Rows of a person: who may see the person today may see them."""

    def visible_to(self, user, *, verb="member.see"):
        return self.filter(member__in=Member.objects.visible_to(user, verb=verb))

    def on(self, day):
        return self.filter(started_on__lte=day).exclude(ended_on__lt=day)


class Exemption(models.Model):
    """A stretch in which a member need not come (免于考勤), or is not counted among those who should (不计入应到会)."""

    class Scope(models.TextChoices):
        ATTENDANCE = "attendance", "免于考勤"
        QUORUM = "quorum", "不计入应到会有表决权人数"

    class Reason(models.TextChoices):
        INFIRM = "infirm", "年老体弱"
        LEAVE = "leave", "病假、产假"
        AWAY = "away", "支教、借调、外出学习"
        INCAPABLE = "incapable", "因病不能表达意志"
        ABROAD = "abroad", "出国半年以上"
        CUSTODY = "custody", "被采取强制措施"

    # Of illness of the mind and of custody only those know who answer for the member.
    CLOSED = frozenset({Reason.INCAPABLE, Reason.CUSTODY})

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="exemptions")
    scope = models.CharField("范围", max_length=10, choices=Scope)
    reason = models.CharField("原因", max_length=10, choices=Reason)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    basis = models.CharField("依据", max_length=120, blank=True, help_text="支部决定的日期，或上级同意的文号")
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "考勤豁免"
        constraints = [
            ExclusionConstraint(
                name="exemption_one_at_a_time",
                expressions=[
                    (F("member"), RangeOperators.EQUAL),
                    (F("scope"), RangeOperators.EQUAL),
                    (DateRange("started_on", "ended_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="这位同志在这段时间已经登记过。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="exemption_ends_after_start",
                violation_error_message="止日不能早于起日。",
            ),
            models.CheckConstraint(
                condition=~Q(scope="quorum") | ~Q(basis=""),
                name="exemption_from_the_quorum_has_a_basis",
                violation_error_message="不计入应到会人数的，须由支部决定并报上级同意，请填依据。",
            ),
        ]

    def told(self, *, knows=False):
        """(reason, basis) in words, as far as they are for everybody; `knows`: for those who answer for the member."""
        if self.reason in self.CLOSED and not knows:
            return "依规定", ""
        return self.get_reason_display(), self.basis

    def clean(self):
        """Days in the wrong order, said before the database would fail to make a stretch of them."""
        if self.started_on and self.ended_on and self.ended_on < self.started_on:
            raise ValidationError({"ended_on": "止日不能早于起日。"})


class LeadingCadre(models.Model):
    """A member who is a leading cadre (党员领导干部): owes 双重组织生活, as an ordinary member in the own branch."""

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="leading_posts")
    office = models.CharField("领导职务", max_length=60)
    started_on = models.DateField("任职日期")
    ended_on = models.DateField("免职日期", null=True, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = PersonalQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员领导干部"
        constraints = [
            models.UniqueConstraint(
                "member",
                condition=Q(ended_on__isnull=True),
                name="leading_cadre_once",
                violation_error_message="这位同志已登记为党员领导干部。",
            )
        ]


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
            )
        ]
