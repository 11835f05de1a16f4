"""A model field whose column holds nothing but ciphertext.

    class Member(models.Model):
        row_key = models.UUIDField(default=uuid4, unique=True, editable=False)
        id_number = SealedTextField("身份证号", index="id_number_index", blank=True)
        id_number_index = models.CharField(max_length=64, blank=True, editable=False)

Assign a str and save; read it back with `vault.reveal(member, "id_number")`; search with
`Member.objects.filter(id_number_index=vault.index_for(Member, "id_number", text))`.
The index column follows the value by itself; `save(update_fields=…)` and `bulk_update` must name both columns or they
refuse. `row_key` must never change once the row is saved.
"""

from django.core import checks
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.db.models import signals
from django.db.models.query_utils import DeferredAttribute

from vault.cipher import ALGORITHM, VERSION, blind_index, seal, unseal

HIDDEN = "••••••"
PREFIX = f"{VERSION}|{ALGORITHM}|"


class Sealed:
    """A sealed value as an instance holds it: true when there is one, and silent about what it is."""

    __slots__ = ("_for_row", "_owner", "_plain", "_token", "indexed")

    def __init__(self, token="", *, plain=None, owner=None):
        self._token, self._plain, self._owner = token, plain, owner
        self._for_row = None
        self.indexed = False  # whether the index that goes with a new value is on its way to the database too

    def __bool__(self):
        return bool(self._plain or (self._token and not self.is_new))

    def __str__(self):
        return HIDDEN if self else ""

    def __repr__(self):
        return f"<Sealed {self}>"

    def __reduce__(self):
        if self.is_new:
            raise TypeError("a value just assigned is not written to a cache or a queue; load the row again")
        return Sealed, (self._token,)

    @property
    def is_new(self):
        """Whether it was assigned in this process, so that its text is at hand."""
        return self._plain is not None

    def held_by(self, instance):
        """The same new value for another instance, such as a copy."""
        return Sealed(plain=self._plain, owner=instance) if self.is_new and self._owner is not instance else self

    def text(self, field, instance):
        """The plain text; raises vault.Broken."""
        if self.is_new or not self._token:
            return self._plain or ""
        return unseal(self._token, field.context(instance))

    def token(self, field):
        """What the column stores; made once for a row, so that saving twice stores the same."""
        if self._plain and self._for_row != self._owner.row_key:
            self._token, self._for_row = seal(self._plain, field.context(self._owner)), self._owner.row_key
        return self._token


class SealedAttribute(DeferredAttribute):
    """Takes a str in and gives a Sealed out."""

    def __set__(self, instance, value):
        if isinstance(value, str):
            value = Sealed(plain=value, owner=instance)
        if value is not None and not isinstance(value, Sealed):
            raise TypeError(f"{self.field.name} takes text, not {type(value).__name__}")
        instance.__dict__[self.field.attname] = value and value.held_by(instance)


class IndexAttribute(DeferredAttribute):
    """The index column: follows a newly assigned value, whatever was put there by hand."""

    def __init__(self, field, sealed):
        super().__init__(field)
        self.sealed = sealed

    def __get__(self, instance, cls=None):
        if instance is None or self.sealed.attname not in instance.__dict__:
            return super().__get__(instance, cls)
        value = instance.__dict__[self.sealed.attname]
        if value is not None and value.is_new:
            value.indexed = True
        if not value:
            return self.field.get_default()
        return (
            self.sealed.index_of(value.text(self.sealed, instance)) if value.is_new else super().__get__(instance, cls)
        )

    def __set__(self, instance, value):
        # Without a setter, a value in the instance would hide __get__.
        instance.__dict__[self.field.attname] = value


class SealedTextField(models.TextField):
    """Text that is encrypted for its table, column and row; see the top of this file."""

    descriptor_class = SealedAttribute
    description = "加密文字"

    def __init__(self, *args, index=None, normalise=None, **kwargs):
        self.index, self.normalise = index, normalise
        kwargs.setdefault("editable", False)  # a model form would show the mask and save it
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {key: value for key in ("index", "normalise") if (value := getattr(self, key)) is not None}
        return name, path, args, kwargs

    def contribute_to_class(self, cls, name, private_only=False):
        super().contribute_to_class(cls, name, private_only=private_only)
        if self.index and not cls._meta.abstract:
            # The index column may be declared further down, hence not before the class is complete.
            signals.class_prepared.connect(self._follow, sender=cls)
            signals.pre_save.connect(self._both_or_none, sender=cls)

    def _follow(self, sender, **kwargs):
        setattr(sender, self.index, IndexAttribute(sender._meta.get_field(self.index), self))

    def _both_or_none(self, sender, update_fields, **kwargs):
        if update_fields and self.name in update_fields and self.index not in update_fields:
            self._refuse_alone()

    def _refuse_alone(self):
        raise FieldError(f"{self.name} is saved together with {self.index}: name both fields")

    def check(self, **kwargs):
        return [*super().check(**kwargs), *self._check_columns()]

    def _check_columns(self):
        for name, kind in {"row_key": models.UUIDField, self.index: models.CharField}.items():
            try:
                fits = name is None or isinstance(self.model._meta.get_field(name), kind)
            except FieldDoesNotExist:
                fits = False
            if not fits:
                yield checks.Error(f"{self.name} needs a {kind.__name__} named {name}.", obj=self, id="vault.E001")

    # --- the place and the index

    def context(self, instance):
        """Where the value of this field in `instance` belongs."""
        return f"{self.model._meta.db_table}|{self.column}|{instance.row_key}"

    def index_of(self, text):
        """The blind index of a text, normalised first; raises whatever `normalise` raises."""
        text = self.normalise(text) if self.normalise else text.strip()
        return blind_index(f"{self.model._meta.db_table}|{self.column}", text)

    # --- to and from the database

    def db_check(self, connection):
        """The last lock: neither an expression in `update()` nor SQL from elsewhere can leave plain text behind."""
        column = connection.ops.quote_name(self.column)
        return f"{column} = '' OR substr({column}, 1, {len(PREFIX)}) = '{PREFIX}'"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Sealed(value)

    def pre_save(self, model_instance, add):
        value = getattr(model_instance, self.attname)
        if value is not None:
            value = value.held_by(model_instance)
            setattr(model_instance, self.attname, value)
            value.text(self, model_instance)  # a value of another row is refused now, instead of unreadable later
            value.indexed = True  # an insert writes every column, and an update was seen by _both_or_none
        return value

    def get_prep_value(self, value):
        if value is None or value == "":  # "" is what a migration fills a new column with
            return value
        if not isinstance(value, Sealed):
            raise FieldError(f"{self.name} is encrypted for its row: assign it to an instance and save that")
        return value.token(self)

    def get_db_prep_save(self, value, connection):
        if self.index and isinstance(value, Sealed) and value.is_new and not value.indexed:
            self._refuse_alone()  # bulk_update sends no signal
        return super().get_db_prep_save(value, connection)

    def to_python(self, value):
        return Sealed(value) if isinstance(value, str) and value.startswith(PREFIX) else value

    def value_to_string(self, obj):
        return self.get_prep_value(self.value_from_object(obj)) or ""

    # --- never searched

    def get_lookup(self, lookup_name):
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else self._refuse_search()

    def get_transform(self, lookup_name):
        return self._refuse_search()

    def _refuse_search(self):
        raise FieldError(f"{self.name} is encrypted and cannot be searched; use {self.index or 'another column'}")


def reveal(instance, name):
    """The plain text of a sealed field, saved or just assigned; "" when there is none; raises vault.Broken."""
    field = instance._meta.get_field(name)
    value = getattr(instance, field.attname)
    return value.text(field, instance) if value else ""


def index_for(model, name, text):
    """What the index column of a sealed field holds for `text`; raises whatever the field's `normalise` raises."""
    return model._meta.get_field(name).index_of(text)
