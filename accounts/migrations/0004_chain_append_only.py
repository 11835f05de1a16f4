from django.db import migrations

FORWARDS = """
CREATE FUNCTION accounts_chain_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'accounts_auditlink is append-only: % refused', TG_OP USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER chain_no_change BEFORE UPDATE OR DELETE ON accounts_auditlink
    FOR EACH ROW EXECUTE FUNCTION accounts_chain_refuse();
CREATE TRIGGER chain_no_truncate BEFORE TRUNCATE ON accounts_auditlink
    FOR EACH STATEMENT EXECUTE FUNCTION accounts_chain_refuse();
"""
BACKWARDS = """
DROP TRIGGER chain_no_truncate ON accounts_auditlink;
DROP TRIGGER chain_no_change ON accounts_auditlink;
DROP FUNCTION accounts_chain_refuse();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_second_factor_lookups_chain")]
    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
