from django.db import migrations

FORWARDS = """
CREATE FUNCTION assessment_seal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER seal_no_change BEFORE UPDATE OR DELETE ON assessment_seal
    FOR EACH ROW EXECUTE FUNCTION assessment_seal_refuse();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON assessment_seal
    FOR EACH STATEMENT EXECUTE FUNCTION assessment_seal_refuse();
CREATE TRIGGER sealedscore_no_change BEFORE UPDATE OR DELETE ON assessment_sealedscore
    FOR EACH ROW EXECUTE FUNCTION assessment_seal_refuse();
CREATE TRIGGER sealedscore_no_truncate BEFORE TRUNCATE ON assessment_sealedscore
    FOR EACH STATEMENT EXECUTE FUNCTION assessment_seal_refuse();
"""
BACKWARDS = """
DROP TRIGGER sealedscore_no_truncate ON assessment_sealedscore;
DROP TRIGGER sealedscore_no_change ON assessment_sealedscore;
DROP TRIGGER seal_no_truncate ON assessment_seal;
DROP TRIGGER seal_no_change ON assessment_seal;
DROP FUNCTION assessment_seal_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("assessment", "0004_one_scheme_in_force")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
