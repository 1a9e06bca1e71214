"""The stages of a write that derived values of other records need: `parents` before the record, `rollups` after it."""

from engines.form.derive.follow import Following
from engines.form.derive.graph import graph_of
from engines.form.derive.locks import lock_pointed, targets_in
from engines.form.fields.link import part_of, part_values
from engines.form.fields.rollup import RollupField
from engines.form.nested import row_fields
from engines.form.write.draft import Draft


def begun(draft: Draft) -> None:
    """Roll-ups of a new record stand at what they are over no rows."""
    for one in draft.form.maintained:
        if not isinstance(one.type, RollupField):
            continue
        if one.subform is not None:
            for row in draft.values.get(one.subform) or ():
                if row.get("id") is None:
                    row[one.key] = one.type.initial(one)
        elif draft.operation == "create":
            draft.values[one.key] = one.type.initial(one)


def parents(draft: Draft) -> None:
    """Lock the records that count this one, those that it counts among now too."""
    sources = graph_of(draft.form.forms).of(draft.form)
    if not sources.pointing:
        return
    values = {**draft.system, **draft.values, **part_values(draft.form.fields.values(), draft.values)}
    wanted = {key: targets_in(values, key) for key in sources.pointing}
    if draft.operation == "update":
        wanted = {key: ids for key, ids in wanted.items() if ids != targets_in(draft.old, key)}
    lock_pointed(draft.tx, draft.form, wanted)


def rollups(draft: Draft) -> None:
    """Kept values that hang on this record follow: those of others, and its own that are not computed with it."""
    form, sources = draft.form, graph_of(draft.form.forms).of(draft.form)
    if not (sources.leaves or form.maintained) or draft.record_id is None:
        return
    created = draft.operation == "create"
    values = {**draft.values, **part_values(form.fields.values(), draft.values)}
    keys = [key for key, value in values.items() if value not in (None, [], ())] if created else draft.changed
    if not created:
        keys = [*keys, *(key for key, part in form.parts.items() if part_of(part) in keys)]
    following = Following(draft.tx, form.forms)
    for key in sources.pointing:
        after = targets_in({**draft.system, **values}, key)
        before = set() if created else targets_in(draft.old, key)
        following.pointed(form, key, before ^ after)
    if not created:
        following.changed(form, [draft.record_id], keys)
    if form.maintained:
        inner = [one.path for key in keys if key in form.subforms for one in row_fields(form.subforms[key])]
        following.own(form, [draft.record_id], [*keys, *inner], maintained=True)
    following.run()
