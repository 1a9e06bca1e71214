"""Files that people keep with records: stored once, found by an unguessable token, served after the record's policy."""
