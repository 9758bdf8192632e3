"""Many inputs through one parser: counted, bounded in time and memory, each kind of failure kept once."""

from __future__ import annotations

import resource
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from tests.fuzz.canonical import Broken
from tests.fuzz.targets import TARGETS, a_folder

BLOCK = 2_000
"""Executions that share one source of chance: a block is the same whichever worker runs it."""
CPU_SECONDS = 5.0
"""Of the processor, for one input: a busy machine makes no failure."""
MEMORY = 1024 * 1024 * 1024
"""Bytes beyond which a worker gets no more."""


class Hangs(BaseException):
    """An input took longer than it may. No Exception, so that nothing under test can catch it."""


@dataclass
class Outcome:
    """`failures`: {what failed and where: (how often, the first input)}."""

    executions: int = 0
    taken: int = 0
    slowest: float = 0.0
    slowest_input: str = ""
    memory: int = 0
    failures: dict[str, tuple[int, str]] = field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        self.executions += other.executions
        self.taken += other.taken
        self.memory = max(self.memory, other.memory)
        if other.slowest > self.slowest:
            self.slowest, self.slowest_input = other.slowest, other.slowest_input
        for key, (count, first) in other.failures.items():
            before, kept = self.failures.get(key, (0, first))
            self.failures[key] = before + count, kept


@dataclass(frozen=True)
class Block:
    target: str
    seed: int
    number: int
    executions: int


def run_block(block: Block) -> Outcome:
    outcome = Outcome()
    with a_folder() as folder, time_bound():
        inputs = TARGETS[block.target].made(Random(f"{block.seed} {block.target} {block.number}"))
        for _ in range(block.executions):
            _run_one(block.target, next(inputs), folder, outcome)
    outcome.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return outcome


def _run_one(target: str, given: Any, folder: Path, outcome: Outcome) -> None:
    began = time.thread_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        outcome.taken += TARGETS[target].tried(given, folder)
    except (Exception, Hangs) as error:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        key = told(error)
        count, first = outcome.failures.get(key, (0, repr(given)))
        outcome.failures[key] = count + 1, first
    took = time.thread_time() - began
    outcome.executions += 1
    if took > outcome.slowest:
        outcome.slowest, outcome.slowest_input = took, repr(given)[:400]


def told(error: BaseException) -> str:
    """The kind of failure: its type, and the last line of the project that it came through."""
    if isinstance(error, Broken):
        return f"not canonical: {str(error).partition(':')[0]}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "engine" in Path(frame.filename).parts]
    where = f"{Path(frames[-1].filename).name}:{frames[-1].name}" if frames else "the fuzzer itself"
    return (
        f"{type(error).__name__} in {where}: {str(error)[:120]}" if not frames else f"{type(error).__name__} in {where}"
    )


@contextmanager
def time_bound() -> Iterator[None]:
    before = signal.signal(signal.SIGVTALRM, _ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _ring(number: int, frame: FrameType | None) -> None:
    raise Hangs(f"longer than {CPU_SECONDS:g} seconds")


def limit_memory() -> None:
    """For a worker only: a process that goes on to other things would keep the limit."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
