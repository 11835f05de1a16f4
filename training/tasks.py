"""What happens to classes without anybody asking, and the long work that somebody asked for."""

from celery import shared_task
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts import audit
from accounts.models import User
from jobs import actions as jobs
from jobs.registry import work
from training import class_papers, surveys
from training.models import TrainingClass


@shared_task
def close_surveys():
    """Each hour: a survey whose last day is over ends and throws away what too few gave. Safe to run twice or late."""
    surveys.close_overdue(by=User.objects.system(), on=timezone.localdate())


# --- long work


@work("training.pack", label="打包培训档案")
def pack_class(job, progress):
    """The six folders of a class as one zip, for whoever still runs it when the work is done."""
    rows = TrainingClass.objects.visible_to(job.created_by, verb="training.run").select_related("branch")
    training_class = rows.filter(pk=job.args["class"]).first()
    if training_class is None:
        raise ValidationError("这个班次已经不在您的权限范围内。")
    data = class_papers.pack(training_class, tell=progress)
    jobs.leave(job, class_papers.zip_name(training_class), data)
    audit.record("training.pack", training_class, by=job.created_by, size=len(data))
    return {"size": len(data)}
