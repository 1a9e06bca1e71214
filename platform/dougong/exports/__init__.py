"""Exporting lists: files in two formats, the ledger of every export, and the job that makes the large ones."""
