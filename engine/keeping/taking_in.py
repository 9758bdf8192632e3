"""Rows come in: checked against the words in force, recorded in groups, each once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from engine.evaluation.changes import Change
from engine.events import Row
from engine.intake import Progress, RawRows, parse_rows, problems_of_log
from engine.intake.gate import decode_object
from engine.intake.json_lines import canonical
from engine.keeping.books import activations, in_force
from engine.keeping.ledger import Ledger, add
from engine.keeping.reading import PLACE, Placed, Raw
from engine.ledger import store as storage
from engine.ledger.entries import OF_THE_LOG, OWN, Draft, Entry, Kind, is_own
from engine.ledger.store import Clash, Receipt
from engine.problems import Problem, in_order
from engine.time import HOUR, format_instant
from engine.vocabulary import BUILT_IN, Vocabulary

GROUP, LARGEST_GROUP = 1000, 20_000
"""Rows that are committed together: as many again as half of what is there, within these bounds. What a commit changes
is judged with it, and a larger ledger takes longer to judge: so a long import is judged a few times, not every
thousand rows."""


@dataclass
class Taken:
    """What became of rows that were sent in."""

    receipts: list[Receipt] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    """What the rows changed in the verdicts, and what time had changed since the rows before."""
    checkpoint: str = ""

    @property
    def new(self) -> int:
        return sum(receipt.new for receipt in self.receipts)


@dataclass(frozen=True)
class Sending:
    """Who sends rows, and how far they are trusted. `own_ids`: ids are the sender's own, and become `sender/id`; and
    with `own_targets` so do the ids of rows that they name. `trust_known`: when a row became known is taken from the
    row; else it is when it was recorded."""

    sender: str
    own_ids: bool = False
    own_targets: bool = True
    trust_known: bool = False
    strict: bool = False


def take_in(ledger: Ledger, raws: RawRows, sending: Sending, progress: Progress | None = None) -> Taken:
    """Record rows, in groups that are each safe before the next begins; so an interrupted import is simply repeated.

    A row with an error is left out and told; under `strict` nothing is taken where there is one. A row that is there
    already gives its receipt again. Raises StorageError.
    """
    found = activations(ledger)
    way = _Way(ledger, sending, in_force(found).vocabulary, found[-1].book.sha256, raws.named)
    rows = raws.rows
    if sending.strict:
        placed = list(rows)
        problems = in_order([*raws.problems, *_problems_of(way, placed)])
        if any(problem.severity == "error" for problem in problems):
            return Taken(problems=problems)
        rows = iter(placed)
    done = 0
    for group in _groups(rows, _size(ledger)):
        _take_group(way, group)
        done += len(group)
        if progress is not None:
            progress(done, 0)
    way.taken.problems = in_order(
        [*raws.problems, *way.taken.problems, *_still_waiting(way), *_without_effect(ledger, way.taken)]
    )
    return way.taken


def _without_effect(ledger: Ledger, taken: Taken) -> list[Problem]:
    """Whether a decision has an effect, only the norms can tell."""
    new = tuple(f"{PLACE}:{receipt.seq}:" for receipt in taken.receipts if receipt.new)
    return [problem for problem in ledger.watch.problems() if problem.place.startswith(new)]


@dataclass(frozen=True)
class _Way:
    """How rows come in this time, and what became of them so far. `waiting`: later words, by id, on rows that were not
    there yet."""

    ledger: Ledger
    sending: Sending
    vocabulary: Vocabulary
    rules: str
    named: Callable[[Sequence[Problem]], list[Problem]]
    taken: Taken = field(default_factory=Taken)
    waiting: dict[str, Row] = field(default_factory=dict)


def _problems_of(way: _Way, placed: Sequence[Placed]) -> list[Problem]:
    """Why not all of these rows would be taken."""
    sent = [_as_sent(one, way.sending) for one in placed]
    rows, problems = _parsed(way, sent)
    rows, own = _without_own_ids(rows)
    sound, more = _with_sound_targets(way.ledger, rows, {})
    together = [one for one in problems_of_log(rows, way.vocabulary) if one.code == "id-with-two-contents"]
    there = {entry.id: entry for entry in _entries(way.ledger, [row.id for row in rows])}
    reader, places = _Reader(way.vocabulary), {row.id: row.place for row in rows}
    drafts = [draft for draft in _drafts(way, sent, sound) if draft.id in there]
    clashes = [Clash(draft, there[draft.id]) for draft in drafts if not reader.is_same(draft, there[draft.id])]
    return [*way.named(problems), *own, *more, *together, *(_clash(clash, places) for clash in clashes)]


def _size(ledger: Ledger) -> int:
    with storage.reading(ledger.store) as connection:
        return storage.size(connection)


def _groups(raws: Iterator[Placed], there: int) -> Iterator[list[Placed]]:
    while group := list(islice(raws, min(max(GROUP, there // 2), LARGEST_GROUP))):
        yield group
        there += len(group)


def _take_group(way: _Way, group: Sequence[Placed]) -> None:
    sent, taken = [_as_sent(placed, way.sending) for placed in group], way.taken
    rows, problems = _parsed(way, sent)
    rows, own = _without_own_ids(rows)
    rows, more = _with_sound_targets(way.ledger, rows, way.waiting)
    taken.problems += way.named(problems) + own + more
    drafts = _drafts(way, sent, rows)
    if not drafts:
        return
    done = add(way.ledger, drafts, same=_Reader(way.vocabulary).is_same)
    taken.receipts += done.receipts
    taken.changes += way.ledger.watch.changes
    taken.checkpoint = done.checkpoint
    if done.behind:
        hint = "all rows are recorded; the next one that is brings it up to date"
        taken.problems.append(Problem("checkpoint-not-kept", "warning", PLACE, done.behind, hint))
    places = {row.id: row.place for row in rows}
    taken.problems += [_clash(clash, places) for clash in done.clashes]
    taken.problems += [_near(id_, other, places) for id_, other in done.alike.items()]


# --- what is sent ---------------------------------------------------------------------------------------------------

TARGETS = ("corrects", "retracts", "confirms", "breach_by")


def _as_sent(placed: Placed, sending: Sending) -> Placed:
    """With ids of the whole ledger. A target with a stroke in it is one already."""
    raw, place = placed
    if not sending.own_ids:
        return placed
    changed = dict(raw)
    id_ = raw.get("id")
    if isinstance(id_, str) and id_ and not id_.startswith(f"{sending.sender}/"):
        changed["id"] = f"{sending.sender}/{id_}"
    for key in TARGETS if sending.own_targets else ():
        target = raw.get(key)
        if isinstance(target, str) and target and "/" not in target:
            changed[key] = f"{sending.sender}/{target}"
    return changed, place


def _parsed(way: _Way, sent: Sequence[Placed]) -> tuple[list[Row], list[Problem]]:
    """Rows as they will be judged: known when they are recorded, unless what they say of it is trusted."""
    corrected = [raw["corrects"] for raw, _ in sent if isinstance(raw.get("corrects"), str)]
    types = _event_types(way.ledger, corrected)
    if not way.sending.trust_known:
        now = format_instant(way.ledger.now())
        sent = [({**raw, "known": now}, place) for raw, place in sent]
    return parse_rows(sent, way.vocabulary, types)


def _event_types(ledger: Ledger, ids: Sequence[str]) -> dict[str, str]:
    if not ids:
        return {}
    found = {entry.id: decode_object(entry.body, PLACE)[0] or {} for entry in _entries(ledger, ids)}
    return {id_: raw["event"] for id_, raw in found.items() if isinstance(raw.get("event"), str)}


def _entries(ledger: Ledger, ids: Iterable[str]) -> list[Entry]:
    with storage.reading(ledger.store) as connection:
        return storage.entries_with(connection, ids)


def _drafts(way: _Way, sent: Sequence[Placed], rows: Sequence[Row]) -> list[Draft]:
    written = {place: raw for raw, place in sent}
    return [_draft(way, row, written[row.place]) for row in rows]


def _draft(way: _Way, row: Row, raw: Raw) -> Draft:
    kind: Kind = "decision" if row.event in BUILT_IN else row.kind
    return Draft(
        id=row.id,
        kind=kind,
        source=way.sending.sender,
        body=canonical(raw),
        known=row.known if way.sending.trust_known else None,
        rulebook=way.rules,
        likeness=likeness(row, way.vocabulary),
    )


def likeness(row: Row, vocabulary: Vocabulary) -> str | None:
    """What two reports of one event have in common as a rule: type, hour (or span), places and parties."""
    if row.kind != "event" or row.event is None or row.event in BUILT_IN or row.span is None:
        return None
    fields = vocabulary.events[row.event].fields if row.event in vocabulary.events else {}
    named = [f"{name}={row.fields[name]}" for name in sorted(fields) if _tells_apart(name, row, vocabulary)]
    first, last = row.span
    hour = str(first // HOUR) if first == last else f"{first}-{last}"
    return "|".join([row.event, hour, *named])


def _tells_apart(name: str, row: Row, vocabulary: Vocabulary) -> bool:
    kind = vocabulary.events[row.event or ""].fields[name].kind
    return kind in ("place", "party") and row.fields.get(name) is not None


# --- what is there already ------------------------------------------------------------------------------------------


@dataclass
class _Reader:
    """Rows of the ledger read again, to compare them with rows that are sent."""

    vocabulary: Vocabulary

    def is_same(self, draft: Draft, stands: Entry) -> bool:
        """Equal as parsed values, the time of knowing aside."""
        if stands.kind not in OF_THE_LOG:
            return False
        mine, theirs = (self._row(body) for body in (draft.body, stands.body))
        if mine is None or theirs is None:
            return _without_known(draft.body) == _without_known(stands.body)
        return mine.same_content(theirs)

    def _row(self, body: str) -> Row | None:
        raw = decode_object(body, PLACE)[0]
        rows, _ = parse_rows([({**(raw or {}), "known": "2000-01-01"}, PLACE)], self.vocabulary)
        return rows[0] if rows else None


def _without_known(body: str) -> dict[str, Any]:
    return {key: value for key, value in (decode_object(body, PLACE)[0] or {}).items() if key != "known"}


def _without_own_ids(rows: Sequence[Row]) -> tuple[list[Row], list[Problem]]:
    """Rows under ids that the ledger gives to rows of its own are refused."""
    kept = [row for row in rows if not is_own(row.id)]
    return kept, [_reserved(row) for row in rows if is_own(row.id)]


def _reserved(row: Row) -> Problem:
    own = ", ".join(f'"{name}/"' for name in OWN)
    message = f'id "{row.id}": ids that begin with {own} are kept for the ledger\'s own rows'
    return Problem("reserved-id", "error", f"{row.place}:id", message, "give the report an id of its own, like team/1")


def _with_sound_targets(
    ledger: Ledger, rows: Sequence[Row], waiting: dict[str, Row]
) -> tuple[list[Row], list[Problem]]:
    """Later words on what can have none are refused; those on what is not there yet wait for it."""
    targets = {row.target for row in rows if row.target is not None}
    kinds: dict[str, str] = {entry.id: entry.kind for entry in _entries(ledger, targets)} if targets else {}
    for row in rows:
        kinds.setdefault(row.id, row.kind)
    sound, problems = [], []
    for row in rows:
        kind = kinds.get(row.target) if row.target is not None else "event"
        if kind is None:
            waiting[row.id] = row
        problem = _unsound(row, kind) if kind is not None else None
        if problem is None:
            sound.append(row)
        else:
            problems.append(problem)
    return sound, problems


def _unsound(row: Row, kind: str) -> Problem | None:
    is_event = kind in ("event", "decision")
    if row.kind == "retraction" and kind == "retraction":
        message = f'"{row.target}" is a retraction and cannot be taken back'
        hint = "report the event anew under an id of its own"
        return Problem("retraction-of-retraction", "error", f"{row.place}:retracts", message, hint)
    if row.kind == "retraction" and not (is_event or kind in OF_THE_LOG):
        message = f'"{row.target}" is no report: it cannot be retracted'
        return Problem("retraction-of-other-row", "error", f"{row.place}:retracts", message)
    if row.kind == "correction" and not is_event:
        message = f'"{row.target}" is a {kind}: name the event'
        return Problem("correction-of-later-word", "error", f"{row.place}:corrects", message)
    if row.kind == "confirmation" and not is_event:
        message = f'"{row.target}" is a {kind}: only events are confirmed'
        return Problem("confirmation-of-later-word", "error", f"{row.place}:confirms", message)
    return None


_WORDS = {"correction": "corrects", "retraction": "retracts", "confirmation": "confirms"}


def _still_waiting(way: _Way) -> list[Problem]:
    rows = way.waiting.values()
    there = {entry.id for entry in _entries(way.ledger, [row.target or "" for row in rows])} if rows else ()
    return [
        Problem(
            "target-not-in-log",
            "warning",
            f"{row.place}:{_WORDS[row.kind]}",
            f'"{row.target}" is nowhere in the ledger; the row waits for it',
        )
        for row in rows
        if row.target not in there
    ]


def _clash(clash: Clash, places: Mapping[str, str]) -> Problem:
    return Problem(
        "id-with-two-contents",
        "error",
        f"{places[clash.draft.id]}:id",
        f'id "{clash.draft.id}" already stands in {PLACE}:{clash.stands.seq} with other content; that row stands',
        "give the new report an id of its own, or send it as a correction",
    )


def _near(id_: str, other: str, places: Mapping[str, str]) -> Problem:
    return Problem(
        "near-duplicate",
        "warning",
        places[id_],
        f'"{id_}" looks like "{other}": same event, place, hour and party',
        f'both count; if they report one event: accord retract "{id_}"',
    )
