"""What one more report costs in a log of so many: the newest, one that is months late, a correction; and the whole.

    python benchmarks/live.py [--events 1000 3000 10000] [--rules peace-plan-28] [--seed 1]

In memory, without storage: rows in, answers out, beside evaluating everything from nothing in the same run. The made-up
log is the one of `hundred_thousand.py`, in the order of time: every event concerns some norm, and hits far more norms,
and moves far more states, than events of the world do. Times are of one processor.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterable
from dataclasses import replace

from hundred_thousand import DAYS, START, concerning

from engine import monitor
from engine.events import Row
from engine.intake import parse_rows
from engine.language import Rulebook
from engine.live.verdicts import LiveVerdicts
from engine.matchers import matcher
from engine.time import DAY, Instant

TRIED = 15


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, nargs="+", default=[1_000, 3_000, 10_000])
    asked.add_argument("--rules", default="peace-plan-28")
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args()
    book = monitor.load(options.rules)
    print(
        f"{'rows':>8} {'all, from nothing':>18} {'newest':>16} {'late':>16} {'correction':>16}   median and worst, ms"
    )
    for count in options.events:
        print(measured(book, count, options.seed), flush=True)


def measured(book: Rulebook, count: int, seed: int) -> str:
    raw = sorted(concerning(book, count + 2 * TRIED, seed), key=lambda row: (row["at"], row["id"]))
    rows, _ = parse_rows(((row, str(number)) for number, row in enumerate(raw)), book.vocabulary)
    events = [row for row in rows if row.kind == "event"]
    late = events[count // 100 : count // 5][:: max(1, count // 5 // TRIED)][:TRIED]
    newest = events[-TRIED:]
    held_back = {row.id for row in (*late, *newest)}
    end = START + (DAYS + 1) * DAY
    live = LiveVerdicts(book, matcher("compiled"))
    live.add(row for row in rows if row.id not in held_back)
    live.judge(end)
    corrections = [
        replace(row, id=f"of {row.id}", kind="correction", target=row.id, event=None, known=row.known + DAY, span=None)
        for row in events[count // 2 : count // 2 + TRIED]
    ]
    clock = time.process_time()
    monitor.evaluate(book, [row for row in rows if row.id not in held_back], as_of=end)
    whole = time.process_time() - clock
    costs = [_each(live, some) for some in (newest, late, corrections)]
    return f"{count:>8,} {whole * 1000:>15,.0f} ms" + "".join(
        f" {statistics.median(cost):>8,.0f} {max(cost):>7,.0f}" for cost in costs
    )


def _each(live: LiveVerdicts, rows: Iterable[Row]) -> list[float]:
    """Milliseconds for each, taken in and judged an instant later."""
    found = []
    for row in rows:
        clock = time.process_time()
        live.add([row])
        live.judge(_next(live.horizon))
        found.append((time.process_time() - clock) * 1000)
    return found


def _next(horizon: Instant) -> Instant:
    return horizon + 1


if __name__ == "__main__":
    main()
