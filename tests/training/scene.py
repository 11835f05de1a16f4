"""What several tests of training do in the same way."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from office.writer import Workbook
from tests.factories import ClassQuotaFactory, ClassSessionFactory, TrainingClassFactory
from training.models import Enrolment


def planned(upper, **fields):
    """A class with plan and timetable: all that it needs to be opened."""
    row = TrainingClassFactory(branch=upper, plan="方案全文", **fields)
    ClassSessionFactory(training_class=row)
    return row


def shown(client, url, status=200):
    response = client.get(url)
    assert response.status_code == status, url
    return response.content.decode()


def page(name, row):
    return reverse(f"training:{name}", args=[row.pk])


def text_of(response):
    return response.content.decode()


def workbook(rows, headers=("姓名", "党组织", "职务")):
    book = Workbook(title="名单")
    book.add_table("名单", list(headers), rows)
    return SimpleUploadedFile("名单.xlsx", book.close())


def names(training_class):
    return sorted(Enrolment.objects.on_roll().filter(training_class=training_class).values_list("name", flat=True))


def quota(held, branch, places):
    return ClassQuotaFactory(training_class=held, branch=branch, places=places)
