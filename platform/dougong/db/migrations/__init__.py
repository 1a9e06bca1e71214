"""Migrations of the control schema. Imported by `dougong.db.migrate` only: no web process loads Alembic (D17)."""
