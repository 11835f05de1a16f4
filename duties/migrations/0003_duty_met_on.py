"""The day on which a duty was met stands with the duty, kept by the database: every table and figure asks for it."""

from django.db import migrations, models

FORWARDS = """
UPDATE duties_duty SET met_on = first.day
    FROM (SELECT duty_id, min("on") AS day FROM duties_fulfilment GROUP BY duty_id) first WHERE id = first.duty_id;
CREATE FUNCTION duties_duty_met() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- First the duties, in order: of two who meet the same duty at once the second sees what the first wrote.
    PERFORM 1 FROM duties_duty WHERE id IN (SELECT duty_id FROM changed) ORDER BY id FOR NO KEY UPDATE;
    UPDATE duties_duty SET met_on = first.day
        FROM (
            SELECT touched.duty_id, min(record."on") AS day
            FROM (SELECT DISTINCT duty_id FROM changed) touched
            LEFT JOIN duties_fulfilment record ON record.duty_id = touched.duty_id
            GROUP BY touched.duty_id
        ) first
        WHERE id = first.duty_id AND met_on IS DISTINCT FROM first.day;
    RETURN NULL;
END $$;
CREATE TRIGGER fulfilment_added AFTER INSERT ON duties_fulfilment
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duties_duty_met();
CREATE TRIGGER fulfilment_changed AFTER UPDATE ON duties_fulfilment
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duties_duty_met();
CREATE TRIGGER fulfilment_moved AFTER UPDATE ON duties_fulfilment
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duties_duty_met();
CREATE TRIGGER fulfilment_taken_back AFTER DELETE ON duties_fulfilment
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION duties_duty_met();
"""
BACKWARDS = """
DROP TRIGGER fulfilment_added ON duties_fulfilment;
DROP TRIGGER fulfilment_changed ON duties_fulfilment;
DROP TRIGGER fulfilment_moved ON duties_fulfilment;
DROP TRIGGER fulfilment_taken_back ON duties_fulfilment;
DROP FUNCTION duties_duty_met();
"""


class Migration(migrations.Migration):
    dependencies = [("duties", "0002_filing_unlock")]
    operations = [
        migrations.AddField(
            "duty", "met_on", models.DateField("办结日期", null=True, blank=True, editable=False)
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
        migrations.AddIndex(
            "duty", models.Index(fields=["ends_on"], condition=models.Q(met_on=None), name="duty_unmet")
        ),
    ]
