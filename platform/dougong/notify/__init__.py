"""Telling people: rows of `_notification` that the bell in the page shows. Mails and messengers will hang on here."""
