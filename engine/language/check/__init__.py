"""Every static check, in one list: a family a module."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.draft import Draft
from engine.problems import Problem


def every_check(draft: Draft) -> Iterator[Problem]:
    """Everything that can be said about a rule book before it runs."""
    yield from ()
