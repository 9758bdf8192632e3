"""The command `accord`: arguments in, text out, exit codes; one file a command."""

from engine.cli.app import main

__all__ = ["main"]
