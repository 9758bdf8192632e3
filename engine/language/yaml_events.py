"""YAML text to parse events with their marks: by libyaml where that is sure to read as ruamel.yaml does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

try:
    from yaml.cyaml import CParser
    from yaml.error import YAMLError
    from yaml.events import ScalarEvent
except ImportError:  # no wheel for this platform, or one without libyaml: slower, and the same
    CParser = None

_UNSURE = re.compile(r"""[\t\r\x85\u2028\u2029]|[|>][-+0-9]*#|:(?<![^"'\]}\[{,? \n]:)[^ \n]|\n +\n""")
"""Where libyaml takes what ruamel.yaml refuses, or marks it elsewhere: tabs, line breaks that are not "\\n", a comment
on the heels of "|", a colon that touches only what follows it (`"a":b`), a line of nothing but spaces."""


class Unsure(Exception):
    """Whether both parsers read the same is not known: ruamel.yaml is to be asked."""


def quick_events(text: str) -> Iterator[Any]:
    """The events as libyaml sees them, thirty times as fast. Raises Unsure, before the first event or at any later."""
    if CParser is None or not text.endswith("\n") or _UNSURE.search(text):
        raise Unsure
    parser = CParser(text)
    try:
        while parser.check_event():
            event = parser.get_event()
            if type(event) is ScalarEvent and not event.value and not event.style:
                raise Unsure  # an absent value: the one marks it behind its colon, the other before the next word
            yield event
    except YAMLError as error:
        raise Unsure from error
    finally:
        parser.dispose()


class NotYaml(Exception):
    """Why a text is no YAML, and its place (line and column, from 0); all of it is None where the parser cannot say."""

    def __init__(self, context: str | None = None, problem: str | None = None, mark: Any = None, opened: Any = None):
        super().__init__(context, problem)
        self.context = context
        self.problem = problem
        self.mark = mark
        self.opened = opened


def events(text: str) -> Iterator[Any]:
    """The events as ruamel.yaml sees them: its word counts. Raises NotYaml."""
    from ruamel.yaml import YAML  # a tenth of a second to import, for what few files need
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        yield from YAML(typ="safe", pure=True).parse(StringIO(text))
    except MarkedYAMLError as error:
        raise NotYaml(error.context, error.problem, error.problem_mark, error.context_mark) from error
    except (YAMLError, ValueError, OverflowError, IndexError, AttributeError, AssertionError) as error:
        # The scanner lets some of its own slips through, for example of an impossible "\\U" escape.
        raise NotYaml from error
