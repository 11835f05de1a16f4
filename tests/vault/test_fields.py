import pickle
from unittest import mock
from uuid import uuid4

import pytest
from django.core.exceptions import FieldError
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.migrations.writer import MigrationWriter
from django.db.models import F, Value
from django.forms import modelform_factory

import vault
from office.values import parse_id_number
from vault.fields import HIDDEN, Sealed, SealedTextField

NUMBER, OTHER = "99049319710915481X", "990885199210110054"


class Person(models.Model):
    """A table for these tests; its index column stands before the value on purpose."""

    id_number_index = models.CharField(max_length=64, blank=True)
    id_number = SealedTextField("身份证号", index="id_number_index", normalise=parse_id_number, blank=True)
    phone = SealedTextField("手机", blank=True)
    note = models.CharField(max_length=20, blank=True)
    row_key = models.UUIDField(default=uuid4, unique=True, editable=False)

    class Meta:
        app_label = "vault_tests"

    def __str__(self):
        return str(self.pk)


@pytest.fixture(autouse=True)
def _table(db):
    with connection.schema_editor() as editor:
        editor.create_model(Person)  # rolled back with the test


def stored(person):
    """The bare columns of a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, id_number_index, phone FROM vault_tests_person WHERE id = %s", [person.pk])
        return cursor.fetchone()


def expected_index(text):
    return vault.index_for(Person, "id_number", text)


def saved(person):
    person.save()
    return person


def bulk_created(person):
    return Person.objects.bulk_create([person])[0]


def saved_by_fields(person):
    given = person.id_number, person.phone
    person.id_number = person.phone = ""
    person.save()
    person.id_number, person.phone = given
    person.save(update_fields=["id_number", "id_number_index", "phone"])
    return person


def bulk_updated(person):
    number, phone = vault.reveal(person, "id_number"), vault.reveal(person, "phone")
    person.id_number = person.phone = ""
    person.save()
    person.id_number, person.phone = number, phone
    Person.objects.bulk_update([person], ["id_number", "id_number_index", "phone"])
    return person


@pytest.mark.parametrize("write", [saved, bulk_created, saved_by_fields, bulk_updated])
def test_whatever_way_it_is_written_only_ciphertext_is_stored_and_the_index_follows(write):
    person = write(Person(id_number=NUMBER, phone="13812345678"))

    id_number, index, phone = stored(person)
    assert id_number.startswith("v1|A256GCM|1|")
    assert phone.startswith("v1|A256GCM|1|")
    assert NUMBER not in id_number + index + phone
    assert "13812345678" not in id_number + index + phone
    assert index == expected_index(NUMBER)

    loaded = Person.objects.get(id_number_index=expected_index("99049319710915481x"))
    assert loaded == person
    assert vault.reveal(loaded, "id_number") == NUMBER
    assert vault.reveal(loaded, "phone") == "13812345678"


def test_many_rows_at_once_are_each_bound_to_their_own():
    people = Person.objects.bulk_create([Person(id_number=number) for number in (NUMBER, OTHER)])
    for person, number in zip(people, (OTHER, NUMBER), strict=True):
        person.id_number = number
    Person.objects.bulk_update(people, ["id_number", "id_number_index"])
    for person, number in zip(people, (OTHER, NUMBER), strict=True):
        assert vault.reveal(Person.objects.get(pk=person.pk), "id_number") == number
        assert stored(person)[1] == expected_index(number)


# --- what an instance shows

LOADS = {"new": lambda person: person, "loaded": lambda person: Person.objects.get(pk=saved(person).pk)}


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_a_value_does_not_show_itself(load):
    value = load(Person(phone="13812345678")).phone
    assert isinstance(value, Sealed)
    assert (str(value), repr(value), f"{value}") == (HIDDEN, f"<Sealed {HIDDEN}>", HIDDEN)
    assert value


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS)
def test_no_value_is_false_and_blank(load):
    person = load(Person())
    assert not person.phone
    assert str(person.phone) == ""
    assert vault.reveal(person, "phone") == ""
    assert person.id_number_index == ""


def test_a_value_just_assigned_can_be_revealed_before_it_is_saved():
    person = Person(id_number=NUMBER)
    assert vault.reveal(person, "id_number") == NUMBER
    assert person.id_number_index == expected_index(NUMBER)


def test_text_just_assigned_is_not_pickled_and_a_loaded_value_is():
    person = Person(phone="13812345678")
    with pytest.raises(TypeError, match="not written to a cache"):
        pickle.dumps(person.phone)
    loaded = Person.objects.get(pk=saved(person).pk)
    loaded.phone = pickle.loads(pickle.dumps(loaded.phone))  # noqa: S301 our own bytes
    assert vault.reveal(loaded, "phone") == "13812345678"


def test_a_model_form_cannot_show_or_save_it():
    with pytest.raises(FieldError, match="non-editable"):
        modelform_factory(Person, fields=["phone"])


@pytest.mark.parametrize("value", [13812345678, b"138", F("note")], ids=repr)
def test_only_text_is_taken(value):
    with pytest.raises(TypeError, match="phone takes text"):
        Person(phone=value)


def test_full_clean_leaves_values_and_index_alone():
    person = Person(id_number=NUMBER, phone="13812345678")
    person.full_clean()
    assert vault.reveal(saved(person), "phone") == "13812345678"
    assert stored(person)[1] == expected_index(NUMBER)


# --- the index cannot be left behind


def test_the_index_follows_even_what_was_put_there_by_hand():
    person = saved(Person(id_number=NUMBER, id_number_index="forged"))
    assert stored(person)[1] == expected_index(NUMBER)


@pytest.mark.parametrize("number", [OTHER, ""], ids=["changed", "cleared"])
def test_one_column_without_the_other_is_refused(number):
    person = Person.objects.get(pk=saved(Person(id_number=NUMBER)).pk)
    person.id_number = number
    with pytest.raises(FieldError, match="together with id_number_index"), transaction.atomic():
        person.save(update_fields=["id_number"])
    with pytest.raises(FieldError, match="together with id_number_index"), transaction.atomic():
        Person.objects.bulk_update([person], ["id_number"])
    assert stored(person)[1] == expected_index(NUMBER)


def test_clearing_a_value_clears_its_index():
    person = Person.objects.get(pk=saved(Person(id_number=NUMBER)).pk)
    person.id_number = ""
    person.save()
    assert stored(person) == ("", "", "")


def test_saving_other_columns_neither_reads_nor_writes_the_sealed_ones():
    person = saved(Person(id_number=NUMBER))
    before = stored(person)
    light = Person.objects.defer("id_number", "id_number_index").get(pk=person.pk)
    light.note = "转入"
    light.save()
    assert stored(person) == before
    assert light.id_number_index == before[1]
    assert vault.reveal(light, "id_number") == NUMBER


def test_saving_twice_seals_once():
    person = saved(Person(phone="13812345678"))
    before = stored(person)
    person.save()
    assert stored(person) == before
    Person.objects.get(pk=person.pk).save()
    assert stored(person) == before


def test_what_the_normaliser_refuses_is_not_saved():
    with pytest.raises(ValueError, match="校验位错误"):
        Person(id_number="990493197109154810").save()


# --- bound to table, column and row


def test_ciphertext_moved_to_another_row_or_column_does_not_open():
    one, two = saved(Person(id_number=NUMBER, phone="13812345678")), saved(Person(id_number=OTHER, phone="13987654321"))
    swap = "UPDATE vault_tests_person SET {0} = (SELECT {1} FROM vault_tests_person WHERE id = %s) WHERE id = %s"
    for target, source in (("phone", "phone"), ("id_number", "phone")):
        with connection.cursor() as cursor:
            cursor.execute(swap.format(target, source), [one.pk, two.pk])
        with pytest.raises(vault.Broken):
            vault.reveal(Person.objects.get(pk=two.pk), target)


def test_a_loaded_value_given_to_another_row_is_refused_when_saved():
    one = Person.objects.get(pk=saved(Person(phone="13812345678")).pk)
    with pytest.raises(vault.Broken):
        Person(phone=one.phone).save()


def test_a_copy_seals_for_itself():
    original = Person(phone="13812345678")
    twin = Person(phone=original.phone)
    saved(original)
    twin.save()
    assert vault.reveal(Person.objects.get(pk=twin.pk), "phone") == "13812345678"
    assert stored(twin)[2] != stored(original)[2]


# --- ways round


@pytest.mark.parametrize("lookup", ["phone", "phone__contains", "phone__in", "phone__gt", "phone__length"])
def test_searching_the_column_is_refused_and_the_index_named(lookup):
    with pytest.raises(FieldError, match="cannot be searched"):
        Person.objects.filter(**{lookup: ["138"]})
    with pytest.raises(FieldError, match="use id_number_index"):
        Person.objects.filter(id_number=NUMBER)


def test_whether_there_is_a_value_at_all_may_be_asked():
    assert Person.objects.filter(phone__isnull=True).count() == 0


def test_an_update_of_the_column_is_refused():
    person = saved(Person(phone="13812345678"))
    with pytest.raises(FieldError, match="assign it to an instance"), transaction.atomic():
        Person.objects.update(phone="13987654321")
    for expression in (Value("13987654321", output_field=models.TextField()), F("note")):
        Person.objects.update(note="13987654321")
        with pytest.raises((IntegrityError, DataError)), transaction.atomic():
            Person.objects.update(phone=expression)
    assert vault.reveal(Person.objects.get(pk=person.pk), "phone") == "13812345678"


# --- migrations and checks


def test_a_migration_can_write_the_field_down():
    field = Person._meta.get_field("id_number")
    written, imports = MigrationWriter.serialize(field)
    assert "vault.fields.SealedTextField(" in written
    assert "index='id_number_index'" in written
    assert "normalise=office.values.parse_id_number" in written
    assert {"import vault.fields", "import office.values"} <= imports
    assert field.clone().deconstruct()[1:] == field.deconstruct()[1:]


def test_a_model_without_the_columns_it_needs_fails_its_check():
    assert Person._meta.get_field("id_number").check() == []
    with mock.patch.object(Person._meta.get_field("id_number"), "index", "elsewhere"):
        (error,) = Person._meta.get_field("id_number").check()
    assert "CharField named elsewhere" in error.msg
