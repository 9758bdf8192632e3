"""`accord test`: the tests inside rule files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from engine.cli import options
from engine.cli.options import Format

if TYPE_CHECKING:
    from engine.monitor import TestReport


def run_tests(
    rulebooks: options.RuleBooks = None,
    matcher: options.Matcher = "compiled",
    format: options.AsTable = Format.table,
    quiet: options.Quiet = False,
) -> None:
    """Run the tests that stand in rule files.

    The last line is: N passed, N failed.

    Exit codes: 0 all passed, 1 some failed, 3 a rule book with errors.

    \b
    Example:
      accord test peace-plan-28
    """
    from engine import monitor
    from engine.cli.asking import check_matcher, matching
    from engine.cli.output import leave, show_json, show_text, tell
    from engine.cli.shipped import rulebook_paths

    check_matcher(matcher)
    reports: list[tuple[str, TestReport]] = []
    bad_rules = False
    for path in rulebook_paths(rulebooks, "RULEBOOK"):
        book, problems = monitor.check(str(path))
        bad_rules |= tell([problem for problem in problems if problem.severity == "error"], quiet=quiet)
        if book is not None:
            with matching():
                reports.append((path.resolve().name, monitor.run_tests(book, matcher=matcher)))
    passed, failed = sum(report.passed for _, report in reports), sum(report.failed for _, report in reports)
    if format is Format.json:
        show_json({"passed": passed, "failed": failed, "results": [r for name, t in reports for r in _json(name, t)]})
    else:
        show_text("".join(f"{line}\n" for name, report in reports for line in failure_lines(name, report)))
        show_text(f"{passed} passed, {failed} failed")
    leave(bad_input=bad_rules, failed=failed > 0)


def failure_lines(book: str, report: TestReport) -> list[str]:
    """Each failed test by name, and below it what was expected and what came instead."""
    lines: list[str] = []
    for result in report.results:
        if not result.passed:
            lines.append(f"FAILED {book} {result.provision}: {result.name}")
            lines += [f"  {line}" for failure in result.failures for line in str(failure).split("\n")]
    return lines


def _json(book: str, report: TestReport) -> list[dict[str, Any]]:
    return [
        {
            "rulebook": book,
            "provision": result.provision,
            "name": result.name,
            "place": result.place,
            "passed": result.passed,
            "failures": [failure.as_json() for failure in result.failures],
        }
        for result in report.results
    ]
