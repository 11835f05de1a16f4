"""A training class and what it is made of: quotas, timetable, teachers, files."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.models import Versioned
from branches import rights
from branches.models import Branch, above, within
from files.models import StoredFile
from members.models import Member


class TrainingClassQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="training.see"):
        """Classes of one's own organisations, and those opened to them by an organisation above.

        A class of the restricted kind is for those alone who may `training.closed` where it is held.
        """
        places = rights.places(user, verb)
        uppers = {upper for path, _ in places for upper in above(path)}
        own = Q(pk__in=[])
        for path, below in places:  # a quota given to 党委 is for the branches below it as well
            own |= Q(branch__path__in=[path, *above(path)])
            if below:
                own |= Q(branch__path__startswith=path)
        quotas = ClassQuota.objects.filter(training_class=OuterRef("pk"))
        to_me = Exists(quotas.filter(own)) | ~Exists(quotas)
        opened = Q(branch__path__in=uppers) & ~Q(state=TrainingClass.State.PLANNED) & to_me
        seen = within(places, "branch__path") | (opened if verb == "training.see" else Q(pk__in=[]))
        closed = Q(kind=TrainingClass.Kind.REMEDIAL)
        return self.filter(seen).filter(~closed | within(rights.places(user, "training.closed"), "branch__path"))

    def in_order(self):
        return self.order_by("-starts_on", "-pk")


class TrainingClass(Versioned):
    """A training class (培训班次) from its plan to its archive."""

    class Kind(models.TextChoices):
        ACTIVIST = "activist", "入党积极分子培训"
        CANDIDATE = "candidate", "发展对象培训"
        AFFAIRS = "affairs", "党务干部培训"
        SECRETARY = "secretary", "党组织书记培训"
        PARTY_SCHOOL = "party_school", "万名党员进党校"
        NIGHT_SCHOOL = "night_school", "夜校"
        TOPIC = "topic", "专题培训"
        LECTURE = "lecture", "宣讲"
        VISIT = "visit", "观摩（现场会）"
        REMEDIAL = "remedial", "思想素质提升班"

    class State(models.TextChoices):
        PLANNED = "planned", "筹备"
        OPEN = "open", "报名中"
        RUNNING = "running", "开班中"
        CLOSING = "closing", "结班归档中"
        ARCHIVED = "archived", "已归档"
        CANCELLED = "cancelled", "已取消"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    branch = models.ForeignKey(Branch, verbose_name="主办党组织", on_delete=models.PROTECT, related_name="classes")
    kind = models.CharField("班次类型", max_length=14, choices=Kind)
    title = models.CharField("班次名称", max_length=120)
    number = models.CharField("通知文号", max_length=80, blank=True)
    organiser = models.CharField("承办单位", max_length=100, blank=True)
    place = models.CharField("地点", max_length=100, blank=True)
    starts_on = models.DateField("开班日期")
    ends_on = models.DateField("结班日期")
    enrols_until = models.DateField("报名截止", null=True, blank=True)
    is_party_school = models.BooleanField("计入“万名党员进党校”", default=False)
    team = models.CharField("宣讲团队", max_length=100, blank=True)
    topic = models.CharField("主题", max_length=200, blank=True)
    plan = models.TextField("培训方案", blank=True)
    summary = models.TextField("总结", blank=True)
    state = models.CharField("状态", max_length=10, choices=State, default=State.PLANNED)
    cancel_reason = models.CharField("取消原因", max_length=200, blank=True)
    gap_reason = models.CharField("六个有不全仍归档的理由", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="拟定人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("拟定时间", auto_now_add=True)
    archived_by = models.ForeignKey(
        "accounts.User", verbose_name="归档人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    archived_at = models.DateTimeField("归档时间", null=True, blank=True)

    objects = TrainingClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "培训班次"
        indexes = [models.Index(fields=["starts_on"]), models.Index(fields=["branch", "starts_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="trainingclass_ends_after_start",
                violation_error_message="结班日期不能早于开班日期。",
            ),
            models.CheckConstraint(
                condition=Q(enrols_until=None) | Q(enrols_until__lte=F("starts_on")),
                name="trainingclass_enrols_before_it_starts",
                violation_error_message="报名截止不能晚于开班日期。",
            ),
            models.CheckConstraint(
                condition=Q(state="archived", archived_by__isnull=False, archived_at__isnull=False)
                | (~Q(state="archived") & Q(archived_by=None, archived_at=None)),
                name="trainingclass_archived_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="cancelled") | ~Q(cancel_reason=""), name="trainingclass_cancelled_with_reason",
                violation_error_message="取消班次须写明原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("training:detail", args=[self.pk])

    @property
    def is_restricted(self):
        return self.kind == self.Kind.REMEDIAL


class ClassQuota(models.Model):
    """An organisation that a class is for, and how many it may send. A class without any is for all below its owner."""

    training_class = models.ForeignKey(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="quotas"
    )
    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="+")
    places = models.PositiveSmallIntegerField("名额", null=True, blank=True, help_text="空着为不限")

    class Meta:
        verbose_name = verbose_name_plural = "名额"
        constraints = [
            models.UniqueConstraint(
                "training_class", "branch", name="classquota_once", violation_error_message="这个党组织已经分配了名额。"
            )
        ]


class TeacherQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="training.see"):
        """The library of one's own organisations and of those above."""
        places = rights.places(user, verb)
        uppers = {upper for path, _ in places for upper in above(path)} if verb == "training.see" else set()
        return self.filter(within(places, "branch__path") | Q(branch__path__in=uppers))


class Teacher(Versioned):
    """Somebody who may be asked to teach (师资库)."""

    branch = models.ForeignKey(Branch, verbose_name="建库党组织", on_delete=models.PROTECT, related_name="teachers")
    member = models.ForeignKey(
        Member, verbose_name="系统内党员", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField("姓名", max_length=50)
    unit = models.CharField("单位", max_length=100, blank=True)
    position = models.CharField("职务、职称", max_length=100, blank=True)
    subjects = models.CharField("擅长专题", max_length=200, blank=True)
    is_retired = models.BooleanField("不再聘请", default=False)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = TeacherQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "师资"
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "name", "unit", name="teacher_once", violation_error_message="师资库里已经有这位同志。"
            )
        ]

    def __str__(self):
        return f"{self.name}同志"

    def get_absolute_url(self):
        return reverse("training:teacher", args=[self.pk])


class OfClassQuerySet(models.QuerySet):
    """Rows of a class: who may see the class may see them."""

    of_class = "training_class"

    def visible_to(self, user, *, verb="training.see"):
        return self.filter(**{f"{self.of_class}__in": TrainingClass.objects.visible_to(user, verb=verb)})


class ClassSession(Versioned):
    """One line of the timetable (课次): a day, from when to when, what, by whom, and how many hours (学时) it is worth."""

    class Form(models.TextChoices):
        LECTURE = "lecture", "课堂讲授"
        FIELD = "field", "现场教学"
        DISCUSSION = "discussion", "分组研讨"
        VISIT = "visit", "观摩"
        ONLINE = "online", "网络学习"
        OTHER = "other", "其他"

    row_key = models.UUIDField(default=uuid.uuid4, editable=False, unique=True)
    training_class = models.ForeignKey(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="sessions"
    )
    held_on = models.DateField("日期")
    begins = models.TimeField("开始")
    ends = models.TimeField("结束")
    topic = models.CharField("教学内容", max_length=200)
    form = models.CharField("形式", max_length=10, choices=Form, default=Form.LECTURE)
    place = models.CharField("地点", max_length=100, blank=True)
    teacher = models.ForeignKey(
        Teacher, verbose_name="授课人", null=True, blank=True, on_delete=models.PROTECT, related_name="sessions"
    )
    hours = models.DecimalField("学时", max_digits=4, decimal_places=1)
    is_signed = models.BooleanField("要签到", default=True)
    called_again_at = models.DateTimeField("二次点名开始", null=True, blank=True)
    called_again_until_at = models.DateTimeField("二次点名截止", null=True, blank=True)

    objects = OfClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "课次"
        ordering = ["held_on", "begins", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("begins")), name="classsession_ends_after_it_begins",
                violation_error_message="结束时间须晚于开始时间。",
            ),
            models.CheckConstraint(
                condition=Q(hours__gt=Decimal(0), hours__lte=Decimal(12)), name="classsession_hours_of_a_day",
                violation_error_message="一次课的学时须大于 0，最多 12。",
            ),
            models.CheckConstraint(
                condition=Q(called_again_at=None, called_again_until_at=None)
                | Q(called_again_until_at__gt=F("called_again_at")),
                name="classsession_second_call_ends",
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["held_on"])]

    def __str__(self):
        return self.topic

    def get_absolute_url(self):
        return reverse("training:session", args=[self.pk])


class ClassFile(models.Model):
    """A file of a class: one of its 六个有, or courseware that is handed out."""

    class Role(models.TextChoices):
        PLAN = "plan", "培训方案"
        TIMETABLE = "timetable", "教学日程表"
        ROLL = "roll", "学员名册"
        SIGN_IN = "sign_in", "学员签到表"
        PICTURE = "picture", "图片资料"
        SUMMARY = "summary", "总结简报"
        COURSEWARE = "courseware", "课件"
        OTHER = "other", "其他"

    training_class = models.ForeignKey(
        TrainingClass, verbose_name="班次", on_delete=models.PROTECT, related_name="files"
    )
    session = models.ForeignKey(
        ClassSession, verbose_name="课次", null=True, blank=True, on_delete=models.PROTECT, related_name="files"
    )
    role = models.CharField("用途", max_length=10, choices=Role)
    title = models.CharField("说明", max_length=120, blank=True)
    file = models.OneToOneField(StoredFile, verbose_name="文件", on_delete=models.PROTECT, related_name="class_file")
    # How often it was fetched, by nobody in particular: who fetched what is not kept.
    downloads = models.PositiveIntegerField("下载次数", default=0, editable=False)
    created_by = models.ForeignKey("accounts.User", verbose_name="上传人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    removed_at = models.DateTimeField("撤下时间", null=True, blank=True)

    objects = OfClassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "班次材料"
        ordering = ["role", "pk"]

    def __str__(self):
        return self.title or self.file.name

    def get_absolute_url(self):
        return reverse("training:file", args=[self.pk])
