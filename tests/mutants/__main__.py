"""Which small changes of engine/evaluation does no test notice? `python -m tests.mutants --share 0.15`."""

from __future__ import annotations

import argparse
import ast
import copy
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
import types
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.mutants.changes import Change, changes_of, parsed
from tests.mutants.checks import ROOT, Check, all_checks, forget_what_was_imported

PACKAGE = ROOT / "engine" / "evaluation"
MOST_MEMORY = 4 * 2**30
_TREES: dict[str, ast.Module] = {}
"""Of each module: the one that a change is put into."""
Covered = dict[tuple[str, int], set[int]]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--modules", nargs="*", help="run, kinds.must.run, …; left out: all of engine/evaluation")
    parser.add_argument("--share", type=float, default=1.0, help="of all changes, chosen by --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="of tests for one change; beyond, it counts as survived"
    )
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--record", type=Path, help="a file of results, taken up again where it ends")
    parser.add_argument("--again", action="store_true", help="of the record, only what survived, with all tests")
    asked = parser.parse_args(arguments)
    changes = chosen(asked.modules, asked.share, asked.seed)
    record = read_record(asked.record)
    todo = [c for c in changes if (record.get(c.name) == "survived" if asked.again else c.name not in record)]
    print(f"{len(changes)} changes, {len(todo)} to try", flush=True)
    checks = all_checks()
    known = read_lines_run(asked.record)
    try:
        checks = [check for check in checks if check.name in known or passes(check, known)]
    finally:
        if asked.record:
            lines_file(asked.record).write_text(json.dumps(known), encoding="utf-8")
    covered, seconds = ready(checks, known)
    print(f"{len(checks)} tests, {sum(seconds):.0f} seconds", flush=True)
    tryer = Tryer(checks, covered, seconds, asked.seconds)
    record |= tryer.run_all(todo, asked.processes, asked.record)
    report(changes, record)
    return 0


def module_of(path: Path) -> str:
    """`kinds.must.run` of engine/evaluation/kinds/must/run.py."""
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


def path_of(module: str) -> Path:
    return PACKAGE.joinpath(*module.split(".")).with_suffix(".py")


def imported_as(module: str) -> str:
    return f"engine.evaluation.{module}".removesuffix(".__init__")


def chosen(modules: Sequence[str] | None, share: float, seed: int) -> list[Change]:
    """A change keeps its draw, whatever else is asked for."""
    names = modules or sorted(module_of(path) for path in PACKAGE.rglob("*.py"))
    for name in names:
        _TREES[name] = parsed(path_of(name))
    changes = unlike([c for name in names for c in changes_of(name, _TREES[name])])
    return [c for c in changes if random.Random(f"{seed} {c.name}").random() < share]


def unlike(changes: list[Change]) -> list[Change]:
    """Two that read alike on one line get a number."""
    seen: Counter[str] = Counter()
    found = []
    for change in changes:
        seen[change.name] += 1
        number = seen[change.name]
        told = change.told if number == 1 else f"{change.told} (the {number}. on this line)"
        found.append(Change(change.module, change.line, change.lines, change.function, told, change.apply))
    return found


def read_record(path: Path | None) -> dict[str, str]:
    if path is None or not path.exists():
        return {}
    lines = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return {line["change"]: line["outcome"] for line in lines}


def lines_file(record: Path) -> Path:
    return record.with_suffix(".lines.json")


def read_lines_run(record: Path | None) -> dict[str, Any]:
    """For the same code only: a record is of one state of the package."""
    if record is None or not lines_file(record).exists():
        return {}
    found: dict[str, Any] = json.loads(lines_file(record).read_text(encoding="utf-8"))
    return found


def passes(check: Check, known: dict[str, Any]) -> bool:
    """Note how long it takes and which lines of the package it runs; one that fails before anything is changed can
    notice nothing."""
    try:
        known[check.name] = [timed(check), sorted(lines_run(check))]
    except Exception as error:
        print(f"left out, it fails on the code as it is: {check.name}: {error!r}", flush=True)
        return False
    return True


def ready(checks: Sequence[Check], known: dict[str, Any]) -> tuple[Covered, list[float]]:
    """Which tests run which line, and how long each takes."""
    covered: Covered = defaultdict(set)
    for number, check in enumerate(checks):
        for file, line in known[check.name][1]:
            covered[file, line].add(number)
    return covered, [known[check.name][0] for check in checks]


def timed(check: Check) -> float:
    started = time.process_time()
    check.run()
    return time.process_time() - started


def lines_run(check: Check) -> set[tuple[str, int]]:
    lines: set[tuple[str, int]] = set()
    inside = str(PACKAGE) + os.sep

    def in_line(frame: types.FrameType, _event: str, _: Any) -> Any:
        lines.add((frame.f_code.co_filename, frame.f_lineno))
        return in_line

    def on_call(frame: types.FrameType, event: str, _: Any) -> Any:
        return in_line(frame, event, _) if frame.f_code.co_filename.startswith(inside) else None

    sys.settrace(on_call)
    try:
        check.run()
    finally:
        sys.settrace(None)
    return {(module_of(Path(file)), line) for file, line in lines}


class Tryer:
    """Tries changes, each in a child process that has everything imported and read already."""

    def __init__(self, checks: Sequence[Check], covered: Covered, seconds: Sequence[float], most: float):
        self.checks, self.covered, self.seconds, self.most = checks, covered, seconds, most
        self.noticed: dict[tuple[str, tuple[str, ...]], Counter[int]] = defaultdict(Counter)

    def run_all(self, changes: Sequence[Change], processes: int, record: Path | None) -> dict[str, str]:
        gc.collect()
        gc.freeze()
        outcomes: dict[str, str] = {}
        for change, outcome in self._spread(changes, processes):
            outcomes[change.name] = outcome
            if record is not None:
                with record.open("a", encoding="utf-8") as file:
                    file.write(json.dumps({"change": change.name, "outcome": outcome}) + "\n")
        return outcomes

    def _spread(self, changes: Sequence[Change], processes: int) -> Iterator[tuple[Change, str]]:
        running: dict[int, tuple[Change, int]] = {}
        waiting = random.Random(1).sample(list(changes), len(changes))  # stopped early, what is done is a fair sample
        while waiting or running:
            while waiting and len(running) < processes:
                change = waiting.pop()
                reading, writing = os.pipe()
                child = os.fork()
                if child == 0:
                    os.close(reading)
                    self._child(change, writing)
                os.close(writing)
                running[child] = change, reading
            child, status = os.wait()
            change, reading = running.pop(child)
            with os.fdopen(reading) as pipe:
                yield change, self._outcome(change, pipe.read(), status)

    def _outcome(self, change: Change, said: str, status: int) -> str:
        if os.WIFSIGNALED(status):
            return f"killed: ended by signal {os.WTERMSIG(status)}"
        if not said:
            return "killed: the child ended"
        if said.isdigit():
            number = int(said)
            self.noticed[change.module, change.function][number] += 1
            return f"killed: {self.checks[number].name}"
        return said

    def _child(self, change: Change, writing: int) -> None:
        """Ends the process: with the number of the test that noticed, or with what was found instead."""
        said = "killed: the module cannot be imported"
        try:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
            checks = self.checks
            self._limit(30)
            if not put_in_place(change):
                checks = imported_changed(change)
            said = self._try(change, checks)
        except BaseException as error:
            said = f"{said} ({type(error).__name__})"
        finally:
            os.write(writing, said.encode())
            os._exit(0)

    def _try(self, change: Change, checks: Sequence[Check]) -> str:
        started = time.process_time()
        for number in self._in_order(change):
            if time.process_time() - started > self.most:
                return "survived"
            self._limit(2 + 10 * self.seconds[number])
            try:
                checks[number].run()
            except BaseException:
                return str(number)
        return "survived"

    def _limit(self, seconds: float) -> None:
        """Of computing: a change that runs for ever is noticed."""
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds)

    def _in_order(self, change: Change) -> list[int]:
        """What noticed other changes of the function first, then the quickest; only tests that run the line."""
        run_it = {n for line in change.lines for n in self.covered.get((change.module, line), ())}
        if not change.function:
            run_it = set(range(len(self.checks)))
        noticed = self.noticed[change.module, change.function]
        return sorted(run_it, key=lambda n: (-noticed[n], self.seconds[n], n))


# --- putting a change into a running program --------------------------------------------------------------------------


def put_in_place(change: Change) -> bool:
    """Gives the function new code; False for what happens at import only."""
    if not change.function:
        return False
    module = importlib.import_module(imported_as(change.module))
    live = live_function(module, change.function)
    tree = _TREES[change.module]
    change.apply()
    made = made_again(module, tree, change.function)
    if live is None or made is None:
        return False
    try:
        live.__code__ = made.__code__
    except ValueError:  # it closes over something else
        return False
    live.__defaults__, live.__kwdefaults__ = made.__defaults__, made.__kwdefaults__
    return True


def live_function(module: types.ModuleType, names: tuple[str, ...]) -> types.FunctionType | None:
    found: Any = module
    for name in names:
        found = vars(found).get(name)
        if found is None:
            return None
    found = getattr(found, "fget", None) or getattr(found, "func", None) or getattr(found, "__func__", found)
    found = getattr(found, "__wrapped__", found)
    return found if isinstance(found, types.FunctionType) else None


def made_again(module: types.ModuleType, tree: ast.Module, names: tuple[str, ...]) -> types.FunctionType | None:
    body: list[ast.stmt] = tree.body
    classes: list[ast.ClassDef] = []
    for name in names[:-1]:
        classes.append(next(n for n in body if isinstance(n, ast.ClassDef) and n.name == name))
        body = classes[-1].body
    function: ast.stmt = next(n for n in body if isinstance(n, ast.FunctionDef) and n.name == names[-1])
    assert isinstance(function, ast.FunctionDef)
    function = copy.copy(function)
    function.decorator_list = []
    for outer in reversed(classes):
        function = ast.ClassDef(outer.name, [], [], [function], [], lineno=1, col_offset=0)
    future = ast.parse("from __future__ import annotations").body
    whole = ast.fix_missing_locations(ast.Module([*future, function], []))
    names_there = dict(vars(module))
    exec(compile(whole, str(module.__file__), "exec"), names_there)
    found: Any = names_there[names[0]]
    for name in names[1:]:
        found = vars(found)[name]
    return found if isinstance(found, types.FunctionType) else None


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its changed tree."""

    def __init__(self, name: str, tree: ast.Module, path: Path):
        self.name, self.tree, self.path = name, tree, path

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        is_package = self.path.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            name, self.path, loader=self, submodule_search_locations=[str(self.path.parent)] if is_package else None
        )

    def exec_module(self, module: types.ModuleType) -> None:
        exec(compile(self.tree, str(self.path), "exec"), vars(module))


def imported_changed(change: Change) -> list[Check]:
    """Everything above the evaluation imported again, with the change in it."""
    if not change.function:
        change.apply()
    sys.meta_path.insert(0, _Changed(imported_as(change.module), _TREES[change.module], path_of(change.module)))
    forget_what_was_imported()
    return all_checks()


# --- the answer -------------------------------------------------------------------------------------------------------


def report(changes: Sequence[Change], record: dict[str, str]) -> None:
    of_module: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        if change.name in record:
            of_module[change.module].append(change)
    print(f"{'module':<14}{'changes':>8}{'noticed':>8}{'survived':>9}")
    whole = [change for some in of_module.values() for change in some]
    for module, some in [*sorted(of_module.items()), ("all", whole)]:
        survived = sum(record[c.name] == "survived" for c in some)
        share = 100 * (len(some) - survived) / max(len(some), 1)
        print(f"{module:<14}{len(some):>8}{len(some) - survived:>8}{survived:>9}  {share:.1f} %")
    for change in changes:
        if record.get(change.name) == "survived":
            print(change.name)


if __name__ == "__main__":
    sys.exit(main())
