"""`make bench`: the product through its public API, each figure beside the same work in raw SQL in the same run.

    .venv/bin/python -m bench [--records 100000] [--rounds 3] [--seconds 2] [--workers 2] [--port 0] [--only create]

Prints a table and writes `bench/out/latest.json`: a list of {"name", "clients", "value", "unit", "floor", "ratio"}.
API and raw SQL take turns, and every figure is the median of the rounds, so that a busy machine troubles both alike.
"""

import argparse
import json
import socket
import statistics
from pathlib import Path
from typing import Any, Final

from bench import browser, derived, report, saving
from bench.cases import CASES, Case, raw_bulk
from bench.clients import Measure, drive
from bench.world import EMAIL, HOST, PASSWORD, World, load, world

OUT: Final = Path(__file__).parent / "out" / "latest.json"
CLIENTS: Final = (1, 8)
BULK_ROWS: Final = 50_000


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure through the public API")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--workers", type=int, default=2, help="web processes")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument(
        "--no-engine", action="store_true", help="leave out what is measured without HTTP or in a browser"
    )
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with world(options.records, workers=options.workers, port=options.port or _free_port()) as (made, rate):
        print(f"{options.records} records of 11 fields, {options.workers} web processes, fsync on", flush=True)
        if options.only in "bulk load":
            rows += _show([_bulk(made, options.records, rate)])
        for case in CASES:
            if options.only in case.name:
                for clients in CLIENTS:
                    rows += _show(_case(made, case, clients, options))
        if not options.no_engine and options.only in "browser":
            rows += _show(browser.rows(f"http://{HOST}:{made.port}/a/bench/wide/new", EMAIL, PASSWORD))
    if not options.no_engine and not options.only:
        rows += _show(report.rows())
        rows += _show(derived.rows())
        rows += _show(saving.rows())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n")
    print(f"written to {OUT}")


def _case(made: World, case: Case, clients: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    pairs: list[tuple[Measure, Measure]] = []
    for _ in range(options.rounds):
        api = drive(case.api(made, options.records), clients, options.seconds)
        pairs.append((api, drive(case.raw(made, options.records), clients, options.seconds / 2)))
    found = []
    for name, unit in (("rate", "requests/s"), ("p50", "ms"), ("p95", "ms")):
        value = statistics.median(getattr(api, name) for api, _ in pairs)
        floor = statistics.median(getattr(raw, name) for _, raw in pairs)
        label = case.name if name == "rate" else f"{case.name}: {name}"
        found.append(_row(label, clients, value, unit, floor))
    return found


def _bulk(made: World, records: int, first: float) -> dict[str, Any]:
    """The load that made the records is one run; two smaller ones and their raw counterparts follow."""
    rates = [first, *(load(made, BULK_ROWS, records * (n + 2)) for n in range(2))]
    floors = [raw_bulk(made, BULK_ROWS) for _ in range(3)]
    return _row("bulk load", 1, statistics.median(rates), "rows/s", statistics.median(floors))


def _row(name: str, clients: int, value: float, unit: str, floor: float) -> dict[str, Any]:
    ratio = value / floor if floor else 0.0
    figures = {"value": round(value, 2), "unit": unit, "floor": round(floor, 2), "ratio": round(ratio, 3)}
    return {"name": name, "clients": clients, **figures}


def _show(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for one in rows:
        value, floor = f"{one['value']:,.2f} {one['unit']}", f"raw {one['floor']:,.2f}"
        print(f"{one['name']:50} {one['clients']:2}  {value:>22}  {floor:>18}  x{one['ratio']}", flush=True)
    return rows


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    main()
