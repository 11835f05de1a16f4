"""Files, really kept: rows whose bytes lie sealed in the store."""

import hashlib
import io
from datetime import date

import factory
from django.core.files.uploadedfile import SimpleUploadedFile
from factory.django import DjangoModelFactory
from PIL import Image

from files import store
from files.models import StoredFile, WordTemplate


def photo(size=(320, 240), shade=0, form="JPEG", **options):
    """The bytes of a picture with some life in it."""
    image = Image.radial_gradient("L").rotate(shade * 37).resize(size)
    image = Image.merge(
        "RGB", [image, image.transpose(Image.Transpose.ROTATE_180), image.point(lambda value: 255 - value)]
    )
    stream = io.BytesIO()
    image.save(stream, form, **options)
    return stream.getvalue()


def upload(data=None, name="照片.jpg"):
    """What a form hands to an action."""
    return SimpleUploadedFile(name, photo() if data is None else data)


class StoredFileFactory(DjangoModelFactory):
    """A picture of its own; `data` are its bytes."""

    class Meta:
        model = StoredFile

    class Params:
        waiting = factory.Trait(state=StoredFile.State.QUARANTINED)

    name = factory.Sequence("照片{}.jpg".format)
    kind = StoredFile.Kind.IMAGE
    media_type = "image/jpeg"
    width, height = 320, 240
    created_by = factory.SubFactory("tests.factories.UserFactory")
    data = factory.LazyFunction(photo)

    @classmethod
    def _create(cls, model_class, *args, data, **fields):
        fields = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()} | fields
        stored = super()._create(model_class, *args, **fields)
        store.write(stored.row_key, data)
        if stored.kind == StoredFile.Kind.IMAGE:
            store.write(stored.row_key, data, store.SMALL)
        return stored


class WordTemplateFactory(DjangoModelFactory):
    """Ours again from a day on; with `file` the county's own."""

    class Meta:
        model = WordTemplate

    key = "recruitment/apply-receipt"
    from_on = date(2025, 1, 1)
    created_by = factory.SubFactory("tests.factories.UserFactory")
