"""A year's grades worked out once more from the rows of the database, the scheme's file and the rule files alone.

It shares no line with the portal: psycopg2, yaml and decimal, and the documents. `python -m tests.proofs.recompute 2025
--on 2026-03-31` prints the same as JSON; DATABASE_URL says where.
"""
