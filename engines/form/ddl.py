# ruff: noqa: S608 - names come from checked documents and are quoted
"""From one revision's tables to the next: a list of statements in three phases (D8).

- *prepare*, outside the lock while people go on writing: everything that only adds. New tables and columns, what comes
  back from the trash, shadow columns with converted values, indexes CONCURRENTLY. Every step has an `undo`.
- *switch*, in one transaction: renames and drops of the catalog, and the last converted values.
- *finish*: validation, indexes of what was switched, values of new formulas. Every statement may run twice.

Nothing that people entered is dropped: a removed or converted column is renamed to `_x{revision}_{key}`, a table to
`_x{revision}_{name}`. The planner compares compiled forms and never asks the database.
"""

from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from engines.form.carry import carried, carry_sql, counted, derived_fields
from engines.form.compile import collect, needed
from engines.form.conversions import carry_to_column, carry_to_links, conversion, recompute_sql, told
from engines.form.derive.graph import field_of
from engines.form.fields.base import Field
from engines.form.form import Forms
from engines.form.names import LINK_SOURCE, PARENT
from engines.form.places import (
    DIALECT,
    Place,
    about_place,
    ddl,
    derives_anew,
    fits,
    foreign_keys,
    index_map,
    is_entered,
    meaning,
    places_of,
    pointers,
    quote,
    rename_if_there,
    repeated_values,
    same_values,
    sealed_anew,
    target_of,
    trash_name,
    with_field,
)  # fmt: skip
from engines.form.steps import DdlStep, Phase, Trash, Trashed
from engines.form.tables import short

__all__ = ["DdlStep", "Phase", "Trash", "Trashed", "plan_tables"]


def plan_tables(old: Forms | None, new: Forms, *, trash: Trash | None = None) -> list[DdlStep]:
    """The steps that lead from the tables of one revision to those of another; empty when they are alike."""
    return _Planner(old, new, trash or {}).plan()


class _Planner:
    def __init__(self, old: Forms | None, new: Forms, trash: Trash) -> None:
        self.old = old
        self.new = new
        self.trash = trash
        self.revision = new.revision
        self.steps: list[DdlStep] = []
        self.before = places_of(old) if old else {}
        self.after = places_of(new)
        self.fresh: set[str] = set()  # tables made by this plan
        self.untied: set[str] = set()  # tables that come back from the trash, where nothing holds other records
        self.carried = {one.target: one for one in carried(old, new)}
        self.late: set[tuple[str, str]] = set()  # table and column whose values come only with the switch

    def plan(self) -> list[DdlStep]:
        restored = self._restored_forms()
        for name, place in self.after.items():
            if name not in self.before and name not in restored and not self._restore_table(place):
                self._create(place)
        self.before = {**self.before, **restored}
        for name, place in self.after.items():
            if name in self.before:
                self._columns(self.before[name], place)
        self._carry()
        for name, place in self.before.items():
            if name not in self.after:
                self._trash_table(place)
        self._one_and_many()
        for name, place in self.after.items():
            self._foreign_keys(self.before.get(name), place)
            self._indexes(self.before.get(name), place)
        self._formulas()
        order = {"prepare": 0, "switch": 1, "finish": 2}
        return sorted(self.steps, key=lambda step: order[step.phase])

    def add(self, phase: Phase, sql: str, code: str, about: str, **more: Any) -> None:
        params = more.pop("params", {})
        self.steps.append(DdlStep(phase, sql, about, f"ddl.{code}", params, **more))

    # -- tables -------------------------------------------------------------------------------------------------

    def _create(self, place: Place) -> None:
        """A new table with its indexes; foreign keys follow when all tables are there."""
        name = quote(place.table.name)
        self.fresh.add(place.table.name)
        sql = ddl(CreateTable(place.table, if_not_exists=True, include_foreign_key_constraints=[]))
        about = f"Create the table {place.table.name}"
        self.add(
            "prepare",
            sql,
            "create_table",
            about,
            undo=f"DROP TABLE IF EXISTS {name} CASCADE",
            params=about_place(place),
        )

    def _restored_forms(self) -> dict[str, Place]:
        """The places of forms that come back from the trash, as they were when they went there."""
        known = {place.form.key for place in self.before.values()}
        back = {
            key: self.trash[key, ""]
            for key in self.new.by_key
            if key not in known and (key, "") in self.trash and not self.new.by_key[key].system
        }
        if not back:
            return {}
        documents = {**self.new.documents, **{("form", key): trashed.document for key, trashed in back.items()}}
        forms = collect(self.new.app, documents, revision=self.revision).forms
        places = {name: place for name, place in places_of(forms).items() if place.form.key in back}
        for place in places.values():
            self._rename_table_back(place, back[place.form.key].revision)
        return places

    def _restore_table(self, place: Place) -> bool:
        """Bring back the table of a sub-form or of links that lies in the trash, if it is still of the same kind."""
        trashed = self.trash.get((place.form.key, place.path)) or self._inside_trashed(place)
        if not place.path or trashed is None or trashed.document.get("type") != place.form.at(place.path).type.key:
            return False
        if trashed.document["type"] == "subform":
            documents = with_field(self.new, place.form.key, place.path, trashed.document)
            was = places_of(collect(self.new.app, documents, revision=self.revision).forms)[place.table.name]
            self.before[place.table.name] = was
        else:
            self.before[place.table.name] = place
        self._rename_table_back(place, trashed.revision)
        return True

    def _inside_trashed(self, place: Place) -> Trashed | None:
        """Links and rows of a sub-form's field lie in the trash with the sub-form, if it comes back with this plan."""
        outer, _, key = place.path.rpartition(".")
        above = self.trash.get((place.form.key, outer))
        if not outer or above is None or place.form.subforms[outer].table.name not in self.untied:
            return None
        inner = next((one for one in above.document.get("fields", ()) if one["key"] == key), None)
        return None if inner is None else Trashed(above.revision, inner)

    def _rename_table_back(self, place: Place, revision: int) -> None:
        name, kept = place.table.name, trash_name(revision, place.table.name)
        self.untied.add(name)
        self.add(
            "prepare",
            f"ALTER TABLE IF EXISTS {quote(kept)} RENAME TO {quote(name)}",
            "restore_table",
            f"Bring the table {name} back from the trash",
            undo=f"ALTER TABLE IF EXISTS {quote(name)} RENAME TO {quote(kept)}",
            params=about_place(place),
        )

    def _trash_table(self, place: Place) -> None:
        """Rename a table out of the way; its keys to other forms must not hold their records any longer."""
        name = place.table.name
        for key in foreign_keys(place.table).values():
            if key.ondelete == "RESTRICT":
                self._drop_key(place, str(key.name))
        self.add(
            "switch",
            f"ALTER TABLE IF EXISTS {quote(name)} RENAME TO {quote(trash_name(self.revision, name))}",
            "trash_table",
            f"Move the table {name} to the trash",
            destructive=True,
            rows_query=f"SELECT count(*) FROM {quote(name)}",
            params=about_place(place),
        )

    def _carry(self) -> None:
        """Move rows that become records, and records that become rows."""
        for one in self.carried.values():
            params = one.params()
            self.add("prepare", "SELECT 1", "carry", one.about(), params=params, **counted(one))
            for sql in carry_sql(one):
                self.add("switch", sql, "carry_rest", one.about(), params=params)
            for owner in derived_fields(one, self.new):
                self._refresh(owner)
            about = f"Fill the search texts of {params['form']}"
            self.add("finish", "SELECT 1", "search", about, params=params)

    # -- columns ------------------------------------------------------------------------------------------------

    def _columns(self, was: Place, place: Place) -> None:
        for key, owner in place.columns.items():
            if key not in place.table.c:
                continue
            if key not in was.table.c:
                self._new_column(place, key, owner)
            elif not same_values(was.columns.get(key), owner, key):
                self._convert(was, place, key)
            elif key != owner.key and derives_anew(was.columns.get(key), owner):
                self._refresh(owner)
            if key == owner.key and sealed_anew(was.columns.get(key), owner):
                self._seal(was.columns[key], place, owner)
        for key in was.columns:
            if key in was.table.c and key not in place.table.c:
                self._remove_column(was, key)

    def _new_column(self, place: Place, key: str, owner: Field) -> None:
        name, column = quote(place.table.name), place.table.c[key]
        trashed = self.trash.get((place.form.key, owner.path))
        if key == owner.key and trashed is not None and fits(place.form, trashed.document, owner):
            kept = trash_name(trashed.revision, key)
            if bool(trashed.document.get("encrypted")) != owner.encrypted:
                self._refresh(owner)
            self.add(
                "prepare",
                rename_if_there(place.table.name, kept, key),
                "restore_column",
                f"Bring {place.form.key}.{owner.path} back from the trash",
                undo=rename_if_there(place.table.name, key, kept),
                params=about_place(place, owner),
            )
            return
        self.add(
            "prepare",
            f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {ddl(CreateColumn(column))}",
            "add_column",
            f"Add the column {key} to {place.table.name}",
            undo=f"ALTER TABLE IF EXISTS {name} DROP COLUMN IF EXISTS {quote(key)}",
            params=about_place(place, owner),
        )
        if key != owner.key:
            self._refresh(owner)

    def _seal(self, before: Field, place: Place, owner: Field) -> None:
        """Seal the values, or open them; then those in the log, and search texts without (or with) them."""
        self._refresh(owner)
        table, to = quote(place.table.name), "sealed" if owner.encrypted else "opened"
        params = {**about_place(place, owner), "from": before.type.key, "to": to}
        about = f"{'Encrypt' if owner.encrypted else 'Decrypt'} the values of {place.form.key}.{owner.path}"
        rows = f"SELECT count(*) FROM {table} WHERE {quote(owner.key)} IS NOT NULL"
        more = {"rows_query": rows, "fails_query": "SELECT 0", "refresh": f"{place.form.key}.{owner.path}"}
        self.add("finish", "", f"seal_{to}", about, params=params, **more)

    def _remove_column(self, was: Place, key: str) -> None:
        """To the trash, if people entered it; what was derived is dropped."""
        owner, table = was.columns[key], was.table
        self._unbind(was, key)
        if key != owner.key or not is_entered(owner):
            self.add(
                "switch",
                f"ALTER TABLE {quote(table.name)} DROP COLUMN IF EXISTS {quote(key)}",
                "drop_derived",
                f"Drop the computed column {key} of {table.name}",
                params=about_place(was, owner),
            )
            return
        self.add(
            "switch",
            f"ALTER TABLE {quote(table.name)} RENAME COLUMN {quote(key)} TO {quote(trash_name(self.revision, key))}",
            "trash_column",
            f"Move {was.form.key}.{owner.path} to the trash",
            destructive=True,
            rows_query=f"SELECT count(*) FROM {quote(table.name)} WHERE {quote(key)} IS NOT NULL",
            params=about_place(was, owner),
        )

    def _convert(self, was: Place, place: Place, key: str) -> None:
        """A shadow column with the converted values takes the name; the old one goes to the trash."""
        before, owner = was.columns[key], place.columns[key]
        self.late.add((place.table.name, key))
        if key != owner.key:
            self._remove_column(was, key)
            self._new_column(place, key, owner)
            return
        table, shadow = quote(place.table.name), quote(short(f"_n{self.revision}_{key}"))
        kind = DIALECT.type_compiler_instance.process(place.table.c[key].type)
        undo = f"ALTER TABLE IF EXISTS {table} DROP COLUMN IF EXISTS {shadow}"
        self._unbind(was, key)
        params = about_place(place, owner)
        add = f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {shadow} {kind}"
        self.add("prepare", add, "add_column", f"Add a column for the new values of {key}", undo=undo, params=params)
        if is_entered(before) and is_entered(owner):
            value = conversion(before, owner, quote(key))
            filled = f"{quote(key)} IS NOT NULL"
            fails = filled if value is None else f"{filled} AND ({value}) IS NULL"
            fill = f"UPDATE {table} SET {shadow} = {value} WHERE {shadow} IS DISTINCT FROM {value}"
            record = PARENT if PARENT in place.table.c else "id"
            words = told(before, quote(key))
            queries = {
                "rows_query": f"SELECT count(*) FROM {table} WHERE {filled}",
                "fails_query": f"SELECT count(*) FROM {table} WHERE {fails}",
                "examples_query": f"SELECT id, {words} AS value FROM {table} WHERE {fails} ORDER BY id LIMIT 10",
                "values_query": f"SELECT id, {record} AS record, {words} AS value FROM {table} WHERE {fails}",
                "params": {**params, "from": before.type.key, "to": owner.type.key},
            }
            about = f"Convert {place.form.key}.{owner.path} from {before.type.key} to {owner.type.key}"
            self.add("prepare", fill if value else "SELECT 1", "convert", about, **queries)
            if value:
                self.add("switch", fill, "convert_rest", f"Convert what was entered meanwhile in {key}", params=params)
        old = quote(trash_name(self.revision, key))
        about = f"Keep the old values of {place.form.key}.{owner.path} in the trash"
        rename = f"ALTER TABLE {table} RENAME COLUMN {quote(key)} TO {old}"
        self.add("switch", rename, "trash_column", about, destructive=is_entered(before), params=params)
        about = f"Put the new values of {place.form.key}.{owner.path} in place"
        rename = f"ALTER TABLE {table} RENAME COLUMN {shadow} TO {quote(key)}"
        self.add("switch", rename, "use_column", about, params=params)

    def _one_and_many(self) -> None:
        """Carry what a field points at when it holds several from now on, or only one."""
        for name, place in self.after.items():
            was = self.before.get(name)
            if was is None or (place.path and place.path not in place.form.subforms):
                continue
            for before, owner in pointers(was, place):
                if before.storage == "column" and owner.links is not None:
                    self._to_many(place, before, owner, owner.links.name)
                elif before.links is not None and owner.storage == "column":
                    self._to_one(place, before, owner, before.links.name)

    def _to_many(self, place: Place, before: Field, owner: Field, links: str) -> None:
        table, old = place.table.name, trash_name(self.revision, owner.key)
        params = {**about_place(place, owner), "from": before.type.key, "to": owner.type.key}
        filled = f"FROM {quote(table)} WHERE {quote(owner.key)} IS NOT NULL"
        about = f"Let {place.form.key}.{owner.path} hold several"
        queries = {"rows_query": f"SELECT count(*) {filled}", "fails_query": "SELECT 0"}
        insert, clear = carry_to_links(table, owner.key, links)
        self.add("prepare", insert, "convert", about, params=params, **queries)
        insert, clear = carry_to_links(table, old, links)
        self.add("switch", clear, "convert_rest", about, params=params)
        self.add("switch", insert, "convert_rest", about, params=params)

    def _to_one(self, place: Place, before: Field, owner: Field, links: str) -> None:
        table = place.table.name
        params = {**about_place(place, owner), "from": before.type.key, "to": owner.type.key}
        about = f"Let {place.form.key}.{owner.path} hold one: the first"
        many = f"SELECT {LINK_SOURCE} AS id, count(*) AS value FROM {quote(links)} GROUP BY 1 HAVING count(*) > 1"
        self.add(
            "prepare",
            carry_to_column(table, owner.key, links),
            "convert",
            about,
            rows_query=f"SELECT count(DISTINCT {LINK_SOURCE}) FROM {quote(links)}",
            fails_query=f"SELECT count(*) FROM ({many}) several",
            examples_query=f"{many} ORDER BY 1 LIMIT 10",
            values_query=f"SELECT id, id AS record, value FROM ({many}) several ORDER BY 1",
            params=params,
        )
        rest = carry_to_column(table, owner.key, trash_name(self.revision, links))
        self.add("switch", rest, "convert_rest", about, params=params)

    def _unbind(self, was: Place, key: str) -> None:
        """Drop the indexes and foreign keys of a column that leaves."""
        for name, index in index_map(was.table).items():
            if key in [column.key for column in index.columns]:
                self._drop_index(was, name)
        for name, constraint in foreign_keys(was.table).items():
            if key in constraint.column_keys:
                self._drop_key(was, name)

    def _refresh(self, owner: Field, *, again: bool = False) -> None:
        path = f"{owner.form_key}.{owner.path}"
        if again or not any(step.refresh == path for step in self.steps):
            about = f"Fill the sorted and folded forms of {path}"
            self.add("finish", "", "refresh", about, refresh=path, params={"form": owner.form_key, "field": owner.path})

    # -- indexes and keys ---------------------------------------------------------------------------------------

    def _indexes(self, was: Place | None, place: Place) -> None:
        before = index_map(was.table) if was is not None else {}
        after = index_map(place.table)
        for name, index in before.items():
            if was is not None and (name not in after or ddl(CreateIndex(after[name])) != ddl(CreateIndex(index))):
                self._drop_index(was, name)
        for name, index in after.items():
            same = name in before and ddl(CreateIndex(before[name])) == ddl(CreateIndex(index))
            if not same or any((place.table.name, column.key) in self.late for column in index.columns):
                self._create_index(place, name, index)

    def _create_index(self, place: Place, name: str, index: Index) -> None:
        about, params = f"Index {place.table.name} by {', '.join(index.columns.keys())}", about_place(place)
        if place.table.name in self.fresh:
            sql = ddl(CreateIndex(index, if_not_exists=True))
            self.add("prepare", sql, "create_index", about, params=params, undo=f"DROP INDEX IF EXISTS {quote(name)}")
            return
        owners = [place.columns[column.key] for column in index.columns if column.key in place.columns]
        derived = any(step.refresh == f"{one.form_key}.{one.path}" for one in owners for step in self.steps)
        late = derived or any((place.table.name, column.key) in self.late for column in index.columns)
        phase: Phase = "finish" if late else "prepare"
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {quote(name)}"
        # An index that broke off half-way is there and invalid: IF NOT EXISTS would be content with it.
        self.add(phase, drop, "drop_index", f"Clear the place of the index {name}", concurrent=True, params=params)
        sql = ddl(CreateIndex(index, if_not_exists=True)).replace("INDEX ", "INDEX CONCURRENTLY ", 1)
        was = self.before[place.table.name].columns
        sealed = {one.key for one in owners if one.key in was and was[one.key].encrypted}
        more = repeated_values(place, index, owners, sealed) if index.unique else {}
        self.add(phase, sql, "create_index", about, concurrent=True, undo=drop, params=params, **more)

    def _drop_index(self, was: Place, name: str) -> None:
        sql = f"DROP INDEX IF EXISTS {quote(name)}"
        if not any(step.sql == sql and step.phase == "switch" for step in self.steps):
            self.add("switch", sql, "drop_index", f"Drop the index {name}", params=about_place(was))

    def _foreign_keys(self, was: Place | None, place: Place) -> None:
        before = foreign_keys(was.table) if was is not None else {}
        after = foreign_keys(place.table)
        for name, key in before.items():
            if was is not None and (name not in after or target_of(after[name]) != target_of(key)):
                self._drop_key(was, name)
        for name, key in after.items():
            same = name in before and target_of(before[name]) == target_of(key)
            untied = key.ondelete == "RESTRICT" and place.table.name in self.untied
            if not same or untied or any((place.table.name, column) in self.late for column in key.column_keys):
                self._foreign_key(place, key)

    def _foreign_key(self, place: Place, key: ForeignKeyConstraint) -> None:
        table, name, column = quote(place.table.name), quote(str(key.name)), key.column_keys[0]
        clause = (
            f"ADD CONSTRAINT {name} FOREIGN KEY ({quote(column)}) REFERENCES {quote(target_of(key)[0])} (id)"
            f" ON DELETE {key.ondelete}"
        )
        params = {**about_place(place), "target": target_of(key)[0]}
        about = f"Tie {place.table.name}.{column} to {target_of(key)[0]}"
        replace = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, {clause}"
        if place.table.name in self.fresh:
            undo = f"ALTER TABLE IF EXISTS {table} DROP CONSTRAINT IF EXISTS {name}"
            self.add("prepare", replace, "foreign_key", about, undo=undo, params=params)
            return
        if key.ondelete == "RESTRICT":
            clear = f"UPDATE {table} SET {quote(column)} = NULL" if column in place.columns else f"DELETE FROM {table}"
            gone = (
                f"{clear} WHERE {quote(column)} IS NOT NULL AND NOT EXISTS"
                f" (SELECT 1 FROM {quote(target_of(key)[0])} t WHERE t.id = {table}.{quote(column)})"
            )
            self.add("finish", gone, "clear_dangling", f"Empty what points at nothing in {column}", params=params)
        self.add("finish", f"{replace} NOT VALID", "foreign_key", about, params=params)
        self.add("finish", f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}", "validate", about, params=params)

    def _drop_key(self, was: Place, name: str) -> None:
        sql = f"ALTER TABLE IF EXISTS {quote(was.table.name)} DROP CONSTRAINT IF EXISTS {quote(name)}"
        if not any(step.sql == sql for step in self.steps):
            self.add("switch", sql, "drop_key", f"Untie {was.table.name}", params=about_place(was))

    # -- formulas -----------------------------------------------------------------------------------------------

    def _formulas(self) -> None:
        """Compute anew what is stored and was not, or was computed by another expression, and what builds on it."""
        dirty: set[tuple[str, str, str]] = set()
        for node in sorted(self.new.levels, key=self.new.levels.__getitem__):
            form, one = self.new.by_key[node[0]], field_of(self.new, node)
            was = self.old.by_key.get(form.key) if self.old else None
            if form.system:
                continue
            fresh = form.table.name in self.fresh and (form.key, "") not in self.carried
            changed = was is None or meaning(was, one.path) != meaning(form, one.path)
            if fresh or not (changed or any(other in dirty for other in needed(self.new, node, one))):
                continue
            dirty.add(node)
            if one.live:
                continue
            about = f"Compute {form.key}.{one.path} for all records"
            table = form.subforms[one.subform].table if one.subform else form.table
            rows = f"SELECT count(*) FROM {quote(table.name)}"
            params = {"form": form.key, "field": one.path}
            self.add(
                "finish", recompute_sql(form, one), "recompute", about, rows_query=rows, params=params, fill=one.path
            )
            if one.sort_by_name:
                self._refresh(one, again=True)
