"""Stages of records: the ways they went, the tasks that were done, and where they may go."""
