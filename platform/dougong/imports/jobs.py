"""The jobs of the import: read the file, try it, run it, take it back. Each goes on where a killed attempt stopped."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dougong.apps import store as apps
from dougong.imports import applying, store
from dougong.imports import people as staff
from dougong.imports.analysis import put_by, stored_rows
from dougong.imports.choices import add_choices
from dougong.imports.reading import Source
from dougong.imports.uploads import source_of
from dougong.jobs.context import JobContext
from engines.form.events import IMPORTED, consumers_of, publish
from engines.form.form import Form
from engines.form.importing import Importer, entries_of, undo_records
from engines.form.importing.undo import touched_records
from engines.form.transaction import Transaction
from engines.kernel.problems import Conflict, Problem, Rejected

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "read": {"zh-CN": "读取文件", "en": "Reading the file"},
    "check": {"zh-CN": "逐行检查", "en": "Checking every row"},
    "choices": {"zh-CN": "新增选项", "en": "Adding choices"},
    "run": {"zh-CN": "写入记录", "en": "Writing records"},
    "links": {"zh-CN": "关联本文件中的记录", "en": "Linking rows of the file"},
    "undo": {"zh-CN": "撤销导入", "en": "Taking the import back"},
}
UNDO_CHUNK: Final = 200


def run_read(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Read the uploaded file and find out what its columns hold."""
    with job.begin(origin="import") as tx:
        found = store.get_import(tx, params["import"])
        job.report(tx, 0, None, WORDS["read"])
    folder = store.folder_of(job.settings, job.workspace.key, found.id)
    source = Source(source_of(folder), found.sheet)
    about = put_by(folder, source.rows())
    about |= {"sheets": source.sheets, "sheet": source.sheet, "encoding": source.encoding}
    about |= {"delimiter": source.delimiter}
    with job.begin(origin="import") as tx:
        store.keep(tx, found.id, file=about, settings={})
        store.note(tx, found.id, total=about["rows"])
        store.clear_rows(tx, found.id)
        job.report(tx, about["rows"], about["rows"], WORDS["read"])
    return {"import": found.id}


def run_check(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Try every row without writing one: what would be new, changed, unchanged, refused, and why."""
    with job.begin(origin="import") as tx:
        found = store.get_import(tx, params["import"], lock=True)
        if found.state != "staging":
            raise Conflict(Problem("import.begun", "", "This import has begun", {}))
        applying.restart(tx, found.id, found.total)
        store.note(tx, found.id, report={})
    if found.form == store.PEOPLE:
        return staff.check(job, found)
    importer, rows = _importer(job, found, trial=True)
    done = 0
    for number, entries in applying.chunks(entries_of(found.plan, rows)):
        with job.begin(origin="import") as tx:
            importer.form = _form(tx, found)
            outcomes = importer.chunk(tx, entries)
            applying.note_outcomes(tx, found.id, number, outcomes, found.headers, columns_of(found), mark=False)
            done += sum(len(entry.rows) for entry in entries)
            job.report(tx, done, found.total, WORDS["check"])
    with job.begin(origin="import") as tx:
        store.note(tx, found.id, report={"checked": True, "choices": applying.new_choices(tx, found.id)})
    return {"import": found.id}


def run_run(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write the records. Chunks that are committed are passed over, so a killed attempt is gone on with."""
    with job.begin(origin="import") as tx:
        found = store.get_import(tx, params["import"], lock=True)
        if found.state not in ("staging", "applying"):
            raise Conflict(Problem("import.begun", "", "This import has begun", {}))
        choices = found.report.get("choices") or {}
        if found.state == "staging":
            applying.restart(tx, found.id, found.total)
            store.note(tx, found.id, state="applying")
    result = staff.run(job, found) if found.form == store.PEOPLE else _run(job, found, choices)
    shutil.rmtree(
        store.folder_of(job.settings, job.workspace.key, found.id), ignore_errors=True
    )  # all of it is records
    return result


def _run(job: JobContext, found: store.Import, choices: Mapping[str, Any]) -> Mapping[str, Any]:
    if choices:
        job.progress(0, found.total, WORDS["choices"])
        add_choices(job.workspaces, job.workspace, job.actor, found.app, found.form, choices)
    importer, rows = _importer(job, found, trial=False)
    _write(job, found, importer, rows)
    _link(job, found, importer)
    with job.begin(origin="import") as tx:
        store.note(tx, found.id, state="done", finished_at=tx.now)
        ended = store.get_import(tx, found.id)
        _tell(tx, ended)
    return {"import": found.id, **{name: getattr(ended, name) for name in applying.RESULTS}}


def _tell(tx: Transaction, ended: store.Import) -> None:
    """One event for all new records of an import, with their range (D4); changed ones told of themselves."""
    first, last = store.span(tx, ended.id)
    payload = {"ledger": ended.id, "first": first, "last": last, "created": ended.created, "updated": ended.updated}
    form = _form(tx, ended)
    tx.cause = ended.cause
    publish(tx, ended.app, IMPORTED, form=form.key, payload=payload, consumers=consumers_of(form, IMPORTED))


def _write(job: JobContext, found: store.Import, importer: Importer, rows: Iterable[tuple[int, Sequence[Any]]]) -> None:
    done = 0
    with job.begin(origin="import", read_only=True) as tx:
        committed = store.applied(tx, found.id)
    for number, entries in applying.chunks(entries_of(found.plan, rows)):
        done += sum(len(entry.rows) for entry in entries)
        with job.begin(origin="import") as tx:
            importer.form = _form(tx, found)
            if number in committed:
                importer.passed(tx, entries)
                continue
            tx.cause = found.cause
            outcomes = importer.chunk(tx, entries)
            applying.note_outcomes(tx, found.id, number, outcomes, found.headers, columns_of(found), mark=True)
            job.report(tx, done, found.total, WORDS["run"])


def _link(job: JobContext, found: store.Import, importer: Importer) -> None:
    """Relations to rows that came later; setting one twice changes nothing, so this needs no marks."""
    with job.begin(origin="import", read_only=True) as tx:
        waiting = applying.waiting_rows(tx, found.id)
    for start in range(0, len(waiting), applying.CHUNK):
        batch = waiting[start : start + applying.CHUNK]
        with job.begin(origin="import") as tx:
            importer.form = _form(tx, found)
            tx.cause = found.cause
            failed = importer.finish(tx, [(row.record_id, row.extra["later"]) for row in batch])
            rows = {row.record_id: row.row for row in batch}
            told: dict[int, list[dict[str, Any]]] = {}
            for record_id, problem in failed:
                placed = applying.placed(problem, None, found.headers, columns_of(found))
                told.setdefault(rows[record_id], []).append(placed | {"row": rows[record_id], "written": True})
            applying.note_failed(tx, found.id, told)
            job.report(tx, start + len(batch), len(waiting), WORDS["links"])


def run_undo(job: JobContext, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Take back what an import wrote, the newest first; what others changed since stays and is reported."""
    with job.begin(origin="undo") as tx:
        found = store.get_import(tx, params["import"], lock=True)
        if found.state not in ("done", "applying"):
            raise Conflict(Problem("import.not_to_undo", "", "There is nothing to take back", {}))
        waiting = touched_records(tx, _form(tx, found), found.cause)
    kept: dict[int, dict[str, Any]] = {}
    back, total = 0, len(waiting)
    while waiting:
        again: list[int] = []
        before = len(waiting)
        for start in range(0, len(waiting), UNDO_CHUNK):
            batch = waiting[start : start + UNDO_CHUNK]
            with job.begin(origin="undo") as tx:
                for one in undo_records(tx, _form(tx, found), found.cause, batch):
                    if one.problem is None:
                        back += 1
                        kept.pop(one.record_id, None)
                        continue
                    kept[one.record_id] = one.problem.as_dict() | {"record": one.record_id, "title": one.title}
                    if one.retry:
                        again.append(one.record_id)
                job.report(tx, min(total, back + len(kept)), total, WORDS["undo"])
        waiting = again if len(again) < before else []  # those that another record of the import pointed at
    with job.begin(origin="undo") as tx:
        report = dict(found.report) | {
            "back": back,
            "kept": list(kept.values())[: store.SHOWN],
            "kept_count": len(kept),
        }
        store.note(tx, found.id, state="undone", undone_at=tx.now, report=report)
    shutil.rmtree(store.folder_of(job.settings, job.workspace.key, found.id), ignore_errors=True)
    return {"import": found.id, "back": back, "kept": len(kept)}


def columns_of(found: store.Import) -> dict[str, int | None]:
    """Which column of the file fills a field."""
    return {one.field: one.column for one in found.plan.targets}


def _form(tx: Transaction, found: store.Import) -> Form:
    return apps.forms(tx, found.app).get(found.form)


def _importer(
    job: JobContext, found: store.Import, *, trial: bool
) -> tuple[Importer, Iterable[tuple[int, Sequence[Any]]]]:
    folder = store.folder_of(job.settings, job.workspace.key, found.id)
    if found.file is None or not found.plan.targets:
        raise Rejected(Problem("import.nothing", "", "Choose a field for at least one column", {}))
    with job.begin(origin="import", read_only=True) as tx:
        importer = Importer(_form(tx, found), found.plan, trial=trial)
    importer.promise(cells for _, cells in stored_rows(folder))
    return importer, stored_rows(folder)
