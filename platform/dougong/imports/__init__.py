"""Importing files: uploads, their analysis, the ledger of every import, and the jobs that read, check, run and undo."""
