import uuid

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, ScopedQuerySet, within
from files.models import StoredFile
from office.values import parse_id_number
from rulebook import codes
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

    CLASSIFIED = frozenset({"id_number", "phone", "address"})

    class Sex(models.TextChoices):
        MALE = "1", "男"
        FEMALE = "2", "女"

    class PartySchool(models.TextChoices):
        CENTRAL = "central", "中央党校"
        PROVINCIAL = "provincial", "省级党校"

    class Staffing(models.TextChoices):
        PUBLIC = "public", "事业编制"
        CIVIL = "civil", "行政编制"
        CONTRACT = "contract", "聘用制（无编制）"
        PRIVATE = "private", "民办学校聘用"
        RETIRED = "retired", "离退休"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    name = models.CharField("姓名", max_length=50)
    initials = models.CharField("拼音首字母", max_length=50, blank=True, editable=False)
    initials_given = models.CharField(
        "拼音首字母（多音字）",
        max_length=50,
        blank=True,
        help_text="名字有多音字、系统认错时填写，如 sxm",
        validators=[RegexValidator(r"^[a-z]*$", "只用小写字母，如 sxm。")],
    )
    strokes = models.CharField("姓氏笔画序", max_length=150, blank=True, editable=False)
    former_name = models.CharField("曾用名", max_length=50, blank=True)
    sex = models.CharField("性别", max_length=1, choices=Sex, blank=True)
    ethnicity = models.CharField("民族", max_length=2, choices=codes.ethnicity, blank=True)
    native_place = models.CharField("籍贯", max_length=60, blank=True)
    birth_on = models.DateField("出生日期", null=True, blank=True)
    id_number = SealedTextField("公民身份号码", index="id_number_index", normalise=parse_id_number, blank=True)
    id_number_index = models.CharField(max_length=64, blank=True, editable=False)
    education = models.CharField("学历", max_length=2, choices=codes.education, blank=True)
    degree = models.CharField("学位", max_length=1, choices=codes.degree, blank=True)
    party_school = models.CharField("党校学历", max_length=10, choices=PartySchool, blank=True)
    graduated_from = models.CharField("毕业院校及专业", max_length=100, blank=True)
    # Offices know it to the month, seldom to the day: kept as far as it is known, no day is invented.
    work_began = models.CharField(
        "参加工作时间",
        max_length=10,
        blank=True,
        help_text="到年、月或日，如 1998-07",
        validators=[
            RegexValidator(r"^(19|20)\d\d(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$", "请写成 1998-07 的样子。")
        ],
    )
    work = models.CharField("工作岗位", max_length=2, choices=codes.work, blank=True)
    position = models.CharField("职务", max_length=60, blank=True, help_text="行政或业务职务，如 副校长、教研组长")
    title = models.CharField("职称", max_length=40, blank=True)
    subject = models.CharField("任教学科", max_length=40, blank=True)
    teaching_stage = models.CharField("任教学段", max_length=20, choices=Branch.Stage, blank=True)
    staffing = models.CharField("编制", max_length=10, choices=Staffing, blank=True)
    retired_on = models.DateField("退休日期", null=True, blank=True)
    phone = SealedTextField("手机", blank=True)
    address = SealedTextField("家庭住址", blank=True)
    photo = models.ForeignKey(
        StoredFile, verbose_name="照片", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    joined_on = models.DateField("入党日期", null=True, blank=True)
    converted_on = models.DateField("转正日期", null=True, blank=True)
    introducers = models.CharField("入党介绍人", max_length=60, blank=True)
    note = models.CharField("备注", max_length=200, blank=True)
    user = models.OneToOneField(
        "accounts.User", verbose_name="账号", null=True, blank=True, on_delete=models.PROTECT, related_name="member"
    )

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党员"
        indexes = [
            models.Index(fields=["name"]), models.Index(fields=["initials"]), models.Index(fields=["strokes"])
        ]  # fmt: skip
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

    def gone(self):
        """The last stay of those who left the Party or died, and belong to no branch since."""
        back = Membership.objects.filter(member=OuterRef("member"), started_on__gt=OuterRef("ended_on"))
        return self.filter(~Exists(back), end_reason__in=Membership.LEAVING)


class Membership(models.Model):
    """A person's time in one branch, as full member or on probation. Both days belong to it."""

    class Kind(models.TextChoices):
        FULL = "full", "正式党员"
        PROBATIONARY = "probationary", "预备党员"

    class End(models.TextChoices):
        CONVERTED = "converted", "转为正式党员"
        TRANSFERRED = "transferred", "组织关系转出"
        ADJUSTED = "adjusted", "支部调整"
        DIED = "died", "死亡"
        RESIGNED = "resigned", "退党"
        STRUCK = "struck", "党内除名"
        EXPELLED = "expelled", "开除党籍"
        CANCELLED = "cancelled", "取消预备党员资格"

    # Why somebody left the Party is for those who deal with it; to others the person has left.
    CLOSED = frozenset({End.RESIGNED, End.STRUCK, End.EXPELLED, End.CANCELLED})
    LEAVING = (End.DIED, End.RESIGNED, End.STRUCK, End.EXPELLED, End.CANCELLED)

    member = models.ForeignKey(Member, verbose_name="党员", on_delete=models.PROTECT, related_name="memberships")
    branch = models.ForeignKey(Branch, verbose_name="所在党组织", on_delete=models.PROTECT, related_name="memberships")
    kind = models.CharField("人员类别", max_length=14, choices=Kind)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    start_estimated = models.BooleanField("起始日期为推定", default=False)
    end_reason = models.CharField("结束原因", max_length=12, choices=End, blank=True)
    end_basis = models.CharField("结束依据", max_length=80, blank=True)

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

    def clean(self):
        """Days in the wrong order, said before the database would fail to make a stretch of them."""
        if self.started_on and self.ended_on and self.ended_on < self.started_on:
            raise ValidationError({"ended_on": "止日不能早于起日。"})


class PersonalQuerySet(models.QuerySet):
    """Rows of a person: who may see the person today may see them."""

    def visible_to(self, user, *, verb="member.see"):
        return self.filter(member__in=Member.objects.visible_to(user, verb=verb))

    def on(self, day):
        return self.filter(started_on__lte=day).exclude(ended_on__lt=day)
