"""The list of commands; each is imported as a thin file that loads the engine only when it runs."""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer

from engine.cli import (
    activate,
    check,
    compare,
    coverage,
    deadlines,
    decisions,
    demo,
    evaluate,
    explain,
    history,
    import_file,
    init,
    later_words,
    log,
    moving,
    prove,
    read,
    schema,
    status,
    test,
    verify,
    violations,
)
from engine.cli.options import TakesEventFiles
from engine.cli.output import ENVIRONMENT, say, speak_utf8

app = typer.Typer(
    name="accord",
    help="Rules of an agreement in, reports of events in; verdicts with their reasons out.",
    epilog="Start with: accord demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)

app.command("demo")(demo.demo)
app.command("check")(check.check)
app.command("test")(test.run_tests)
app.command("evaluate", cls=TakesEventFiles)(evaluate.evaluate)
app.command("explain", cls=TakesEventFiles)(explain.explain)
app.command("deadlines", cls=TakesEventFiles)(deadlines.deadlines)
app.command("compare", cls=TakesEventFiles)(compare.compare)
app.command("coverage")(coverage.coverage)
app.command("read")(read.read)
app.command("schema")(schema.schema)

app.command("init")(init.init)
app.command("activate")(activate.activate)
app.command("log")(log.log)
app.command("import")(import_file.import_files)
app.command("correct")(later_words.correct)
app.command("retract")(later_words.retract)
app.command("confirm")(later_words.confirm)
app.command("extend")(decisions.extend)
app.command("waive")(decisions.waive)
app.command("ruling")(decisions.ruling)
app.command("status")(status.status)
app.command("violations", cls=TakesEventFiles)(violations.violations)
app.command("history")(history.history)
app.command("verify")(verify.verify)
app.command("prove")(prove.prove)
app.command("verify-proof")(prove.verify_proof)
app.command("export")(moving.export)
app.command("backup")(moving.backup)
app.command("restore")(moving.restore)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"accord {version('accordwatch')}")
        except PackageNotFoundError:
            typer.echo("accord, run from a source tree that is not installed")
        raise typer.Exit


@app.callback()
def accord(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    speak_utf8()


def main() -> None:
    """The entry point. What a user did wrong is told in lines by the commands; the rest ends here."""
    try:
        app()
    except OSError as error:
        say(f"accord: the machine refused: {error}")
        sys.exit(ENVIRONMENT)
    except Exception:
        say(traceback.format_exc())
        say("accord: this is a fault in accord itself, not in your input; please report it with the lines above")
        sys.exit(ENVIRONMENT)
