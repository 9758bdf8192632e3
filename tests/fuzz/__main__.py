"""The command: `python -m tests.fuzz --target rows --executions 100000 --seed 1 --workers 2`."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from multiprocessing import get_context

from tests.fuzz.run import BLOCK, MEMORY, Block, Outcome, limit_memory, run_block
from tests.fuzz.targets import TARGETS

_SHOWN = 3000
_EVERY = 30.0
"""Seconds between two lines of progress."""


def main() -> int:
    asked = _arguments()
    failed = 0
    for target in asked.target or list(TARGETS):
        outcome = fuzz(target, asked.executions, asked.seed, asked.workers)
        failed += len(outcome.failures)
    return 1 if failed else 0


def fuzz(target: str, executions: int, seed: int, workers: int) -> Outcome:
    total, began = Outcome(), time.monotonic()
    said = began
    with get_context("spawn").Pool(workers, limit_memory) as pool:
        for outcome in pool.imap_unordered(run_block, _blocks(target, executions, seed)):
            new = outcome.failures.keys() - total.failures.keys()
            total.add(outcome)
            for key in sorted(new):
                print(f"{target}: {key}\n    {total.failures[key][1][:_SHOWN]}", flush=True)
            if time.monotonic() - said > _EVERY:
                said = time.monotonic()
                _say(target, total, said - began)
    _say(target, total, time.monotonic() - began, last=True)
    return total


def _blocks(target: str, executions: int, seed: int) -> Iterator[Block]:
    for number in range((executions + BLOCK - 1) // BLOCK):
        yield Block(target, seed, number, min(BLOCK, executions - number * BLOCK))


def _say(target: str, total: Outcome, seconds: float, *, last: bool = False) -> None:
    said = (
        f"{total.executions:,} executions in {seconds:.0f} s, {total.executions / seconds:,.0f} a second",
        f"{total.taken:,} with something taken",
        f"slowest {total.slowest * 1000:.0f} ms",
        f"memory {total.memory // 1024} of {MEMORY // 2**20} MiB",
        f"{len(total.failures)} kinds of failure",
    )
    print(f"{target}: {', '.join(said)}", flush=True)
    if last:
        for key, (count, first) in sorted(total.failures.items()):
            print(f"  {count:,} x {key}\n    {first[:_SHOWN]}", flush=True)
        print(f"  slowest: {total.slowest_input}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", action="append", choices=list(TARGETS), help="may be given again; else every one")
    parser.add_argument("--executions", type=int, default=10_000, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
