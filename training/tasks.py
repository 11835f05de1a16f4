from django.core.exceptions import ValidationError

from accounts import audit
from jobs import actions as jobs
from jobs.registry import work
from training import class_papers
from training.models import TrainingClass


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
