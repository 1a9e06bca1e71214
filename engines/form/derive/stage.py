"""Stage `rollups` of a write."""

from engines.form.write.draft import Draft


def rollups(draft: Draft) -> None:
    """Place of roll-ups: stored values of other records that depend on this one."""
