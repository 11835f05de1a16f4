from django.core.management.base import BaseCommand

from files.word_templates import FOLDER
from recruitment.management.word_forms_after import AFTER
from recruitment.management.word_forms_before import BEFORE

FORMS = BEFORE | AFTER


class Command(BaseCommand):
    help = "把系统自带的发展党员表样重新写到 templates/word/recruitment"

    def handle(self, *args, **options):
        folder = FOLDER / "recruitment"
        folder.mkdir(parents=True, exist_ok=True)
        for key, form in FORMS.items():
            (folder / f"{key}.docx").write_bytes(form().bytes())
        self.stdout.write(f"{len(FORMS)} 份表样")
