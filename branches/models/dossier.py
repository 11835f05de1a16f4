"""A branch's file (支部档案): who looks after it, how it leads the school, what it strives for, what hangs on its walls."""

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Versioned
from branches import rights
from branches.models.catalogue import CatalogueEntry
from branches.models.organisation import Branch, ScopedQuerySet, above, within


class DossierQuerySet(ScopedQuerySet):
    see = "file.see"

    def on(self, day):
        return self.filter(started_on__lte=day).exclude(ended_on__lt=day)


class Dated(Versioned):
    """Somebody looks after a branch from the first to the last day, by a paper."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="%(class)ss")
    user = models.ForeignKey(
        "accounts.User", verbose_name="账号", null=True, blank=True, on_delete=models.PROTECT, related_name="+",
        help_text="有账号的选上，本人就能看到所联系的党组织",
    )  # fmt: skip
    name = models.CharField("姓名", max_length=50)
    position = models.CharField("单位和职务", max_length=80)
    started_on = models.DateField("起")
    ended_on = models.DateField("止", null=True, blank=True)
    number = models.CharField("依据文号", max_length=80, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ["branch", "-started_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "branch", "name", condition=Q(ended_on=None), name="%(class)s_once",
                violation_error_message="这位同志已经联系这个党组织。",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="%(class)s_ends_after_start",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}：{self.name}"


class ContactPoint(Dated):
    """A leader's 联系点 (挂点联系学校): the branch that he or she looks after."""

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "联系点"

    def get_absolute_url(self):
        return reverse("branches:contact", args=[self.pk])


class ContactVisitQuerySet(ScopedQuerySet):
    branch_lookup = "contact__branch"
    see = "file.see"


class ContactVisit(models.Model):
    """A leader's visit to the own 联系点."""

    contact = models.ForeignKey(ContactPoint, verbose_name="联系点", on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField("到点日期")
    topic = models.CharField("做了什么", max_length=200)
    helped = models.CharField("帮助解决的问题", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = ContactVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "到联系点"
        ordering = ["-visited_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                "contact", "visited_on", name="contactvisit_once", violation_error_message="这一天的走访已经登记。"
            )
        ]

    def get_absolute_url(self):
        return self.contact.get_absolute_url()


class Instructor(Dated):
    """A 党建指导员 sent to a private school."""

    class Meta(Dated.Meta):
        verbose_name = verbose_name_plural = "党建指导员"

    def get_absolute_url(self):
        return reverse("branches:dossier", args=[self.branch_id])


class Governance(Versioned):
    """How the Party organisation leads the school: 党组织领导的校长负责制, both 议事规则, the charter of a private school.

    Source: 《关于建立中小学校党组织领导的校长负责制的意见（试行）》（中办，2022-01）.
    """

    class Stage(models.TextChoices):
        WAITING = "waiting", "尚未启动"
        PREPARING = "preparing", "正在准备"
        RUNNING = "running", "已经实行"
        EXEMPT = "exempt", "不适用"

    class Leaders(models.TextChoices):
        SEPARATE = "separate", "书记、校长分设"
        ONE = "one", "书记、校长一人担任"

    branch = models.OneToOneField(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="governance")
    stage = models.CharField("党组织领导的校长负责制", max_length=10, choices=Stage, default=Stage.WAITING)
    stage_on = models.DateField("进入这一阶段的日期", null=True, blank=True)
    leaders = models.CharField("书记和校长", max_length=10, choices=Leaders, blank=True)
    has_deputy = models.BooleanField("配有专职副书记", default=False)
    party_rules_on = models.DateField("党组织会议议事规则印发日期", null=True, blank=True)
    party_rules_number = models.CharField("党组织会议议事规则文号", max_length=80, blank=True)
    office_rules_on = models.DateField("校长办公会议（校务会议）议事规则印发日期", null=True, blank=True)
    office_rules_number = models.CharField("校长办公会议（校务会议）议事规则文号", max_length=80, blank=True)
    charter_on = models.DateField("党建工作写入章程的日期", null=True, blank=True)
    charter_number = models.CharField("章程核准文号", max_length=80, blank=True)
    number = models.CharField("实行的依据文号", max_length=80, blank=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "领导体制"
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage="running") | Q(stage_on__isnull=False), name="governance_runs_since",
                violation_error_message="已经实行的，请填从哪天起实行。",
            )
        ]  # fmt: skip

    def __str__(self):
        return f"{self.branch}领导体制"

    def get_absolute_url(self):
        return reverse("branches:dossier", args=[self.branch_id])


class Title(Versioned):
    """What a branch strives for and gets: 示范创建, 文明学校, 勤廉单位, 星级, 一校一品, themed campaigns."""

    class State(models.TextChoices):
        RESERVE = "reserve", "储备"
        RECOMMENDED = "recommended", "推荐"
        REPORTED = "reported", "上报"
        NAMED = "named", "命名"
        ENDED = "ended", "未命名或撤销"

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="titles")
    entry = models.ForeignKey(
        CatalogueEntry, verbose_name="称号或主题", on_delete=models.PROTECT, related_name="titles"
    )
    level = models.CharField("级别", max_length=20, blank=True)
    year = models.PositiveSmallIntegerField("年度")
    name = models.CharField("品牌或项目名称", max_length=60, blank=True, help_text="一校一品填品牌名，其他可不填")
    idea = models.CharField("内涵", max_length=300, blank=True)
    results = models.TextField("做法和成效", max_length=2000, blank=True)
    stars = models.PositiveSmallIntegerField("星级", null=True, blank=True)
    state = models.CharField("进度", max_length=12, choices=State, default=State.RESERVE)
    state_on = models.DateField("进入这一步的日期")
    due_on = models.DateField("完成期限", null=True, blank=True)
    number = models.CharField("命名文号", max_length=80, blank=True)
    reported_by = models.ForeignKey(
        "accounts.User", verbose_name="上报人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    reported_at = models.DateTimeField("上报时间", null=True, blank=True)
    named_on = models.DateField("命名日期", null=True, blank=True)
    named_by = models.ForeignKey(
        "accounts.User", verbose_name="登记命名的人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    named_at = models.DateTimeField("登记命名的时间", null=True, blank=True)
    ended_why = models.CharField("未命名或撤销的原因", max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", verbose_name="登记人", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField("登记时间", auto_now_add=True)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "称号和主题创建"
        ordering = ["-year", "branch", "entry"]
        constraints = [
            models.UniqueConstraint(
                "branch", "entry", "level", "year", name="title_once",
                violation_error_message="这个党组织本年度已登记这一项。",
            ),
            models.CheckConstraint(
                condition=~Q(state="named") | ~Q(number=""), name="title_named_by_paper",
                violation_error_message="命名要有文号。",
            ),
            models.CheckConstraint(
                condition=~Q(state="named") | Q(named_on__isnull=False) & Q(named_by__isnull=False),
                name="title_named_on_a_day", violation_error_message="命名要有日期。",
            ),
            models.CheckConstraint(
                condition=Q(named_by=None) | Q(reported_by=None) | ~Q(named_by=F("reported_by")),
                name="title_named_by_another", violation_error_message="命名要由上报人以外的另一位同志登记。",
            ),
            models.CheckConstraint(
                condition=Q(stars=None) | Q(stars__range=(1, 5)), name="title_one_to_five_stars",
                violation_error_message="星级是一至五星。",
            ),
            models.CheckConstraint(
                condition=~Q(state="ended") | ~Q(ended_why=""), name="title_ended_says_why",
                violation_error_message="请写明未命名或撤销的原因。",
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.level}{self.entry}"

    def get_absolute_url(self):
        return reverse("branches:title", args=[self.pk])

    @property
    def held_on(self):
        """The day of the record, as lists of evidence sort and show it."""
        return self.named_on or self.state_on


class SevenOnes(Versioned):
    """One thing of 七个一 in a branch in a year: there or not."""

    branch = models.ForeignKey(Branch, verbose_name="党组织", on_delete=models.PROTECT, related_name="seven_ones")
    entry = models.ForeignKey(CatalogueEntry, verbose_name="项目", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    is_there = models.BooleanField("已有", default=False)
    note = models.CharField("说明", max_length=100, blank=True)
    checked_on = models.DateField("核对日期")
    checked_by = models.ForeignKey("accounts.User", verbose_name="核对人", on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField("核对时间", default=timezone.now)

    objects = DossierQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "七个一核对"
        constraints = [models.UniqueConstraint("branch", "entry", "year", name="sevenones_once")]

    def get_absolute_url(self):
        return reverse("branches:dossier", args=[self.branch_id])


class ResponsibilityLineQuerySet(models.QuerySet):
    def visible_to(self, user, *, verb="file.see"):
        """The lines of one's own organisations and of those above them."""
        places = rights.places(user, verb)
        upper = {path for place, _ in places for path in above(place)}
        return self.filter(within(places, "branch__path") | Q(branch__path__in=upper))


class ResponsibilityLine(Versioned):
    """One line of the 责任清单 of the 四责 (“四责”协同), laid down by an organisation for itself and those below it."""

    class Duty(models.TextChoices):
        MAIN = "main", "主体责任"
        FIRST = "first", "第一责任人责任"
        DUAL = "dual", "一岗双责"
        OVERSIGHT = "oversight", "监督责任"

    branch = models.ForeignKey(Branch, verbose_name="制定单位", on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年度")
    duty = models.CharField("哪一责", max_length=10, choices=Duty)
    post = models.CharField("责任岗位", max_length=60, help_text="如 党支部、书记、班子其他成员、纪检委员")
    text = models.CharField("责任内容", max_length=300)
    number = models.CharField("依据文号", max_length=80)
    order = models.PositiveSmallIntegerField("次序", default=0)

    objects = ResponsibilityLineQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "四责清单"
        ordering = ["-year", "duty", "order", "pk"]

    def __str__(self):
        return f"{self.get_duty_display()}：{self.text}"
