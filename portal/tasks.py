from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from accounts import audit, chain
from accounts.models import User
from branches.actions import root
from branches.rights import require
from jobs import actions as jobs
from jobs.models import Batch
from jobs.registry import work
from portal import actions, exports, packs, upkeep
from portal.models import Export, Pack
from portal.reports import making
from portal.settings import year_opening
from rulebook.book import value


@shared_task
def tend_duties():
    """Each night: this year's and last year's duties exist and are matched with the records. Safe to run twice or late."""
    year = timezone.localdate().year
    for each in (year - 1, year):
        actions.tend(each, by=User.objects.system())


@shared_task
def forget_uploads():
    """Each night: workbooks go with all that stands in them, never imported ones sooner, after the days of the rules."""
    now, on = timezone.now(), timezone.localdate()
    days = {name: timedelta(days=value(f"import.{name}_days", on=on)["days"]) for name in ("waiting", "kept")}
    actions.forget(waiting_before=now - days["waiting"], kept_before=now - days["kept"])


@shared_task
def forget_exports():
    """Each hour: lists taken along go from the portal after the hours of the rule; the record of them stays."""
    exports.forget(by=User.objects.system(), now=timezone.now(), on=timezone.localdate())


@shared_task(time_limit=50 * 60)  # less than the queue's patience, after which it would hand the task out again
def back_up():
    """Each night, where settings name a folder: a backup, and those that are too old go. Safe to run twice or late."""
    if settings.BACKUP_DIR:
        upkeep.back_up(settings.BACKUP_DIR, recipient=settings.BACKUP_RECIPIENT, tidy=True, now=timezone.now())


# --- long work


@work("portal.tend", label="按新的设置重排应办事项")
def tend_again(job, progress):
    """A rule or a holiday was decided otherwise: the duties of the year that runs and of the one before follow."""
    require(job.created_by, "setting.edit", at=root())
    year = timezone.localdate().year
    for done, each in enumerate((year - 1, year)):
        progress(done, 2, f"{each} 年")
        actions.tend(each, by=job.created_by)


@work(
    "portal.year_open", label="年初启用", leads_to=lambda job: f"{reverse('portal:year_open')}?year={job.args['year']}"
)
def open_year(job, progress):
    progress(0, 1, "正在启用")
    return year_opening.open_year(job.args["year"], by=job.created_by, on=timezone.localdate())


def _export_page(job):
    return reverse("portal:export", args=[job.args["export"]])


@work("portal.export", label="导出名册", leads_to=_export_page, leads_label="去下载")
def make_export(job, progress):
    export = Export.objects.select_related("created_by", "branch").get(pk=job.args["export"])
    return {"rows": exports.make(export, on=timezone.localdate(), tell=progress)}


@work("portal.report", label="生成报表")
def make_report(job, progress):
    """A report over many organisations, left for its owner to fetch."""
    progress(0, 1, "正在汇总")
    return {"bytes": making.make(job, today=timezone.localdate())}


def _check_page(job):
    return reverse("portal:audit_verify")


@work("portal.audit_verify", label="校验操作记录", leads_to=_check_page, leads_label="看校验结果")
def verify_audit(job, progress):
    """The whole chain, when it is too long for a page to wait for."""
    require(job.created_by, "audit.see", at=root())
    last = chain.head()
    total = last.position if last else 0
    found = chain.verify(heads=chain.kept_heads(), progress=lambda links: progress(links, total, "逐环核对"))
    return chain.as_result(found)


# --- long work of the imports


def _batch_page(job):
    return reverse("portal:import_batch", args=[job.args["batch"]])


@work("portal.import_plan", label="预检工作簿", leads_to=_batch_page, leads_label="看预检结果")
def plan_import(job, progress):
    batch, found = actions.prepare(_batch(job), by=job.created_by, on=timezone.localdate(), tell=progress)
    return {"rows": len(found.rows) if found else 0, "state": batch.state}


@work("portal.import_commit", label="导入工作簿", leads_to=_batch_page, leads_label="看导入结果")
def commit_import(job, progress):
    done, _ = actions.commit(
        _batch(job), only_valid=job.args["only_valid"], by=job.created_by, on=timezone.localdate(),
        shown=job.args["shown"], tell=progress,
    )  # fmt: skip
    return {"added": done.added, "changed": done.changed, "skipped": done.skipped} if done else {"has_changed": True}


@work("portal.import_undo", label="撤销导入", leads_to=_batch_page, leads_label="看批次")
def undo_import(job, progress):
    actions.undo(_batch(job), by=job.created_by, on=timezone.localdate(), tell=progress)


def _batch(job):
    return Batch.objects.get(pk=job.args["batch"], created_by=job.created_by)


@work("portal.pack", label="编制迎检资料包")
def make_pack(job, progress):
    """The pack as one sealed file, for whoever still may when the work is done."""
    pack = Pack.objects.visible_to(job.created_by).select_related("branch").filter(pk=job.args["pack"]).first()
    if pack is None:
        raise ValidationError("这份资料包已经不在您的权限范围内。")
    data, papers, lacking = packs.build(pack, job.created_by, on=timezone.localdate(), tell=progress)
    jobs.leave(job, packs.name_of(pack), data)
    audit.record("pack.make", pack, by=job.created_by, papers=papers, lacking=len(lacking), size=len(data))
    return {"papers": papers, "lacking": len(lacking)}
