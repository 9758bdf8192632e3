"""Family: the book against the agreement: vague words read, clauses encoded, event types used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from engine.language import models
from engine.language.check.parts import entries, measured_events, named
from engine.language.draft import Draft, ProvisionDraft
from engine.language.locate import Place
from engine.problems import Problem, nearest

VAGUE = ("upon", "without cause", "reasonable", "phased", "promptly")


def check(draft: Draft) -> Iterator[Problem]:
    for part in draft.provisions:
        yield from _vague_words(part)
    if draft.whole:
        yield from _uncovered(draft)
        yield from _unread_events(draft)
    yield from _rows(draft)


# --- vague words -----------------------------------------------------------------------------------------------------


def _vague_words(part: ProvisionDraft) -> Iterator[Problem]:
    texts = _texts(part.model.text)
    about = " ".join(word.lower() for reading in part.model.readings for word in reading.about)
    for word in VAGUE:
        if word in about or not any(_pattern(word).search(text) for text in texts):
            continue
        message = f'the vague word "{word}" stands in the text of "{part.model.provision}", and no reading is about it'
        hint = f"add a reading with about: [{word}]"
        yield _where(word, part).problem("vague-word", message, hint, severity="warning")


def _texts(text: Any) -> list[str]:
    return list(text.values()) if isinstance(text, dict) else [text or ""]


def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(r"\b" + r"\s+".join(word.split()) + r"\b", re.IGNORECASE)


def _where(word: str, part: ProvisionDraft) -> Place:
    """The line of the word; of words on two lines, that of the first."""
    node = part.model.node
    first, last = node.at("text").line, node.last_line.get("text", node.at("text").line)
    for pattern in (_pattern(word), _pattern(word.split()[0])):
        for _, place in part.document.lines_with(pattern, first, last):
            return place
    return node.at("text")


# --- coverage --------------------------------------------------------------------------------------------------------


def _uncovered(draft: Draft) -> Iterator[Problem]:
    encoded = {part.model.provision for part in draft.provisions}
    file = draft.vocabulary_file
    for clause, place in named(file, "clauses", file.clauses):
        if clause not in encoded:
            message = f'clause "{clause}" of the agreement has no file in "provisions/"'
            hint = "encode it, or say under declaratory why not"
            yield place.problem("uncovered-clause", message, hint, severity="warning")


def _rows(draft: Draft) -> Iterator[Problem]:
    """Where the vocabulary lists the rows to cover, norms cover rows of that list."""
    rows = set(draft.vocabulary.coverage)
    holders: list[models.NormSpec | models.ProvisionFile] = [norm for norm, _ in draft.norms()]
    for holder in (*holders, *(part.model for part in draft.provisions)):
        for row, place in named(holder, "covers", holder.covers):
            if rows and row not in rows:
                message = f'"{row}" under "covers" is not in the coverage list of the vocabulary'
                yield place.problem("unknown-row", message, "see coverage in vocabulary.yaml", severity="warning")


# --- event types -----------------------------------------------------------------------------------------------------


def _unread_events(draft: Draft) -> Iterator[Problem]:
    read: set[str | None] = set()
    for entry, _ in entries(draft):
        for _, part in entry.parts:
            if isinstance(part, models.MatchSpec):
                read.add(part.event)
            elif isinstance(part, models.MeasureSpec):
                read.update(measured_events(part))
            elif isinstance(part, models.EachSpec):
                read.update(path.partition(".")[0] for path in part.each)
    section = draft.vocabulary_file.node.get("events")
    misspelt = [name for name in read if name and name not in draft.vocabulary.event_types]
    for name in draft.vocabulary_file.events:
        if name not in read and section is not None and not nearest(name, misspelt):
            message = f'no norm and no state reads the event type "{name}"'
            yield section.key(name).problem("unread-event", message, "use it, or leave it out", severity="warning")
