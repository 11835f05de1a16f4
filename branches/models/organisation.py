import uuid
from functools import reduce
from operator import or_

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import BigIntegerField, BooleanField, CharField, Exists, F, Func, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Versioned
from branches import rights
from vault.fields import SealedTextField


class BranchQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="branch.see"):
        """The Party organisations in which `user` may do `verb` today: by the posts held, own or own and below."""
        return self.filter(within(rights.places(user, verb), "path"))

    def at_work(self, start, end=None):
        """Organisations that exist at some day of the stretch."""
        return self.filter(founded_on__lte=end or start).exclude(closed_on__lt=start)

    def graded(self, *, on=None):
        """The organisations that owe the branch duties and get a grade; `on`: by the kind that they had on that day."""
        kinds = [Branch.Kind.BRANCH, Branch.Kind.JOINT]
        return self.filter(kind__in=kinds) if on is None else self.of_kind(kinds, on)

    def of_kind(self, kinds, day):
        """Those that were of one of these kinds on a day, whatever they became by 升格 since."""
        from branches.models.change import OrgChange  # a change points at its organisation

        later = OrgChange.objects.filter(branch=OuterRef("pk"), kind=OrgChange.Kind.UPGRADED, on__gt=day).order_by("on")
        then = Coalesce(Subquery(later.values("before")[:1]), F("kind"))
        return self.alias(kind_then=then).filter(kind_then__in=kinds)

    def owing(self):
        """The organisations that owe any periodic duty: all but those that end with their task."""
        return self.exclude(kind=Branch.Kind.TEMPORARY)

    def among(self, keys):
        """Those with one of these keys: one parameter however many there are, where `pk__in` has one for each."""
        listed = Cast(Value("{" + ",".join(map(str, keys)) + "}"), ArrayField(BigIntegerField()))
        among = Func(F("pk"), listed, template="%(expressions)s)", arg_joiner=" = ANY(", output_field=BooleanField())
        return self.filter(among)

    def in_order(self):
        """单位序."""
        return self.order_by("order", "pk")


def within(places, lookup):
    """A filter for rows whose organisation lies in `places`: pairs (path, whether what lies below counts too).

    All lie below the one root (`branch_one_root`, `branch_below_the_root`): whoever reaches so far is asked for no path, and no
    table is joined for it.
    """
    whole = [path for path, below in places if below]
    if any(path.count("/") <= 2 for path in whole):
        return Q(**{f"{lookup.removesuffix('path') or 'pk__'}isnull": False})
    tests = [
        Q(**{f"{lookup}__startswith" if below else lookup: path})
        for path, below in places
        if not any(path.startswith(above) and (path, below) != (above, True) for above in whole)
    ]
    return reduce(or_, tests, Q(pk__in=[]))


def above(path):
    """The paths of every organisation above that of `path`, the highest first."""
    steps = path.split("/")
    return ["/".join(steps[:end]) + "/" for end in range(2, len(steps) - 1)]


class ScopedQuerySet(models.QuerySet):
    """Rows owned by a branch. Views and the API enter only through `visible_to`."""

    branch_lookup = "branch"
    see = "branch.see"

    def visible_to(self, user, *, verb=None):
        return self.filter(within(rights.places(user, verb or self.see), f"{self.branch_lookup}__path"))


class School(models.Model):
    """A school or other unit that a Party organisation covers."""

    name = models.CharField("单位名称", max_length=100, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "所在单位"

    def __str__(self):
        return self.name


class Branch(Versioned):
    """A Party organisation, from the county's work committee down to a branch.

    `path` holds the keys from the root, `/1/7/42/`; the trailing slash keeps `/1/5/` from matching `/1/55/`.
    """

    CLASSIFIED = frozenset({"contact_phone"})

    class Kind(models.TextChoices):
        WORK_COMMITTEE = "work_committee", "党工委"
        COMMITTEE = "committee", "党委"
        GENERAL = "general", "党总支"
        BRANCH = "branch", "党支部"
        JOINT = "joint", "联合党支部"
        TEMPORARY = "temporary", "临时党支部"

    class Stage(models.TextChoices):
        KINDERGARTEN = "kindergarten", "幼儿园"
        PRIMARY = "primary", "小学"
        JUNIOR = "junior", "初中"
        NINE_YEAR = "nine_year", "九年一贯"
        SENIOR = "senior", "高中"
        COMPLETE = "complete", "完全中学"
        VOCATIONAL = "vocational", "职业"
        SPECIAL = "special", "特殊教育"
        OFFICE = "office", "机关"
        OTHER = "other", "其他"

    class Area(models.TextChoices):
        CITY = "city", "城区"
        TOWN = "town", "镇区"
        VILLAGE = "village", "乡村"

    class Nature(models.TextChoices):
        PUBLIC = "public", "公办"
        PRIVATE = "private", "民办"
        NEW = "new", "两新组织"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    name = models.CharField("党组织名称", max_length=100, help_text="与印章一致的全称")
    kind = models.CharField("组织类别", max_length=20, choices=Kind, default=Kind.BRANCH)
    parent = models.ForeignKey(
        "self", verbose_name="上级党组织", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(max_length=200, unique=True, editable=False)
    order = models.PositiveIntegerField("单位序", default=0)
    schools = models.ManyToManyField(School, verbose_name="所在单位", blank=True, related_name="branches")
    stage = models.CharField("学段", max_length=20, choices=Stage, blank=True)
    area = models.CharField("城乡", max_length=10, choices=Area, blank=True)
    nature = models.CharField("办学性质", max_length=10, choices=Nature, blank=True)
    founded_on = models.DateField("成立日期")
    closed_on = models.DateField("撤销日期", null=True, blank=True)
    contact_phone = SealedTextField("联系电话", blank=True)
    note = models.CharField("备注", max_length=200, blank=True)

    objects = BranchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党组织"
        # Lists go by 单位序; by this index a page reads the branches it shows and not all of them.
        indexes = [models.Index(fields=["order", "id"], name="branch_in_order")]
        constraints = [
            models.UniqueConstraint(
                "name",
                condition=Q(closed_on__isnull=True),
                name="branch_one_open_per_name",
                violation_error_message="已有同名的党组织。",
            ),
            models.UniqueConstraint(
                "kind",
                condition=Q(parent__isnull=True),
                name="branch_one_root",
                violation_error_message="全县只有一个党工委，其他党组织须填上级党组织。",
            ),
            models.CheckConstraint(  # whose path is that of the root is asked for no other (`within`)
                condition=Q(parent__isnull=True) | ~Q(path__regex=r"^/[^/]*/$"),
                name="branch_below_the_root",
                violation_error_message="只有县党工委的路径是一级。",
            ),
            models.CheckConstraint(
                condition=Q(parent__isnull=False) | Q(kind="work_committee"),
                name="branch_below_something",
                violation_error_message="请填上级党组织。",
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("founded_on")),
                name="branch_closed_after_founded",
                violation_error_message="撤销日期不能早于成立日期。",
            ),
        ]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("branches:detail", args=[self.pk])

    def name_on(self, day):
        """The name on that day. One query."""
        return self.changes.names_on(day).get(self.pk, self.name)


class PlacementQuerySet(ScopedQuerySet):
    def on(self, day):
        return self.filter(started_on__lte=day).exclude(ended_on__lt=day)


class Placement(models.Model):
    """Under which organisation another one stood, from the first to the last day: the tree of any day."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="placements")
    parent = models.ForeignKey(Branch, verbose_name="上级党组织", on_delete=models.PROTECT, related_name="+")
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "隶属关系"
        constraints = [
            models.UniqueConstraint("branch", condition=Q(ended_on=None), name="placement_one_open"),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="placement_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(branch=F("parent")), name="placement_below_another"),
        ]


class SuccessionQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="branch.see"):
        """Both sides see it."""
        places = rights.places(user, verb)
        return self.filter(within(places, "old__path") | within(places, "new__path"))


class Succession(models.Model):
    """One organisation followed another by merger or split: what later apps follow, so that no history is rewritten."""

    class Kind(models.TextChoices):
        MERGED = "merged", "合并"
        SPLIT = "split", "拆分"

    old = models.ForeignKey(Branch, verbose_name="原党组织", on_delete=models.PROTECT, related_name="successors")
    new = models.ForeignKey(Branch, verbose_name="新党组织", on_delete=models.PROTECT, related_name="predecessors")
    on = models.DateField("生效日期", help_text="新党组织的第一天")
    kind = models.CharField("方式", max_length=8, choices=Kind)
    number = models.CharField("批准文号", max_length=80)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = SuccessionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党组织沿革"
        constraints = [
            models.UniqueConstraint("old", "new", "on", name="succession_once"),
            models.CheckConstraint(condition=~Q(old=F("new")), name="succession_of_another"),
        ]


class TermQuerySet(ScopedQuerySet):
    def on(self, day):
        """Per branch the term that serves on `day`: a committee stays until its successor begins (届满未换届的继续履职)."""
        return self.filter(started_on__lte=day).order_by("branch", "-started_on").distinct("branch")


class Term(models.Model):
    """One 届 of a Party organisation's leadership. `committee_size` 0: no committee is formed, only a secretary."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="terms")
    started_on = models.DateField("换届日期")
    expires_on = models.DateField("届满日期", null=True, blank=True)
    committee_size = models.PositiveSmallIntegerField("支委数", default=0)
    secretary_name = models.CharField("书记", max_length=50, blank=True)

    objects = TermQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "届次"
        ordering = ["branch", "started_on"]
        constraints = [
            models.UniqueConstraint(
                "branch", "started_on", name="term_one_per_start", violation_error_message="这一天已登记过换届。"
            ),
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True) | Q(expires_on__gt=F("started_on")),
                name="term_expires_after_start",
                violation_error_message="届满日期应晚于换届日期。",
            ),
        ]


class Group(models.Model):
    """A 党小组 of a branch, while it exists."""

    branch = models.ForeignKey(Branch, verbose_name="党支部", on_delete=models.PROTECT, related_name="groups")
    name = models.CharField("党小组", max_length=40)
    started_on = models.DateField("成立日期")
    ended_on = models.DateField("撤销日期", null=True, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "党小组"
        constraints = [
            models.UniqueConstraint("branch", "name", name="group_one_per_name", condition=Q(ended_on__isnull=True)),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")), name="group_ends_after_start"
            ),
        ]

    def __str__(self):
        return self.name


class AppointmentQuerySet(ScopedQuerySet):
    see = "account.manage"

    def serving(self, on):
        return self.filter(started_on__lte=on).exclude(ended_on__lt=on)

    def lost_since(self, at, *, on):
        """Posts that gave rights at the instant `at` and give none on that day: run out, or ended by hand since."""
        dismissals = AuditEvent.objects.filter(
            action="appointment.end",
            label=self.model._meta.label,
            object_id=Cast(OuterRef("pk"), CharField()),
            at__gte=at,
        )
        ended = Q(ended_on__gte=timezone.localtime(at).date()) | Exists(dismissals)  # a day may be told afterwards
        return self.filter(ended, ended_on__lt=on)


class Appointment(models.Model):
    """A post that gives rights in an organisation from its first to its last day. Rights follow the post, not the person."""

    user = models.ForeignKey(
        "accounts.User", verbose_name="人员", on_delete=models.PROTECT, related_name="appointments"
    )
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="appointments")
    role = models.CharField("岗位", max_length=20, choices=rights.Role)
    started_on = models.DateField("任职日期", default=timezone.localdate)
    ended_on = models.DateField("免职日期", null=True, blank=True)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        ordering = ["branch__order", "role", "started_on"]
        constraints = [
            models.UniqueConstraint(
                "user",
                "branch",
                "role",
                condition=Q(ended_on__isnull=True),
                name="appointment_once",
                violation_error_message="这位同志已在该党组织担任这一岗位。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True) | Q(ended_on__gte=F("started_on")),
                name="appointment_ends_after_start",
                violation_error_message="免职日期不能早于任职日期。",
            ),
        ]

    def __str__(self):
        return f"{self.branch} {self.get_role_display()}"
