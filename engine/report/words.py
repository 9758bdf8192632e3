"""The words and symbols that readers see for statuses, buckets and roles: one wording everywhere."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from engine.evaluation.verdicts import Binding, Bucket, Role, Verdict, Verdicts
from engine.time import Instant, TimeError, parse_instant
from engine.vocabulary import Title

SYMBOLS: Mapping[str, str] = {
    "breached": "✗",
    "met_late": "!",
    "unknown": "?",
    "in_grace": "◔",
    "active": "…",
    "suspended": "‖",
    "restored": "↺",
    "cured": "↺",
    "excused": "○",
    "waived": "○",
    "holding": "✓",
    "met": "✓",
    "lapsed": "◇",
    "dormant": "·",
}
"""A status is told by word and symbol; colour only repeats it."""

STYLES: Mapping[Bucket, str] = {
    "violated": "bold red",
    "shortfall": "magenta",
    "cannot tell": "yellow",
    "not observed": "cyan",
    "no deadline set": "cyan",
    "not yet": "default",
    "compliant": "green",
}
BUCKETS: tuple[Bucket, ...] = (
    "violated",
    "shortfall",
    "cannot tell",
    "not observed",
    "not yet",
    "no deadline set",
    "compliant",
)
"""In the order in which a reader wants to hear of them."""

SEVERITIES: tuple[str, ...] = ("note", "minor", "serious", "material")
VIOLATIONS = frozenset({"breached", "met_late"})

ROLES: Mapping[Role, str] = {
    "trigger": "set it running",
    "state": "moved a state",
    "act": "the act",
    "open act": "not established",
    "exception": "exception",
    "permission": "permission",
    "waiver": "waiver",
    "extension": "extension",
    "ruling": "ruling",
    "reading": "reading",
    "observation": "observation",
    "confirmation": "confirmation",
    "cure": "cure",
}


def status_word(status: str) -> str:
    return status.replace("_", " ")


def standing(verdict: Verdict) -> str:
    """Symbol and word for where a norm stands: nothing is shown as kept that nothing watches."""
    if verdict.bucket == "shortfall":
        return "~ shortfall" if verdict.is_ == "breached" else f"~ {status_word(verdict.is_)}, soft"
    if verdict.bucket == "not observed":
        return "◌ not observed" if verdict.is_ == "holding" else f"◌ {status_word(verdict.is_)}, not observed"
    if verdict.bucket == "no deadline set":
        return "… no deadline set"
    return f"{SYMBOLS[verdict.is_]} {status_word(verdict.is_)}"


def since(verdict: Verdict) -> Instant | None:
    """Since when it stands so. What has been put right or excused stands so since some time after its opening: where
    that time is not computed, none is told."""
    put_right = verdict.is_ in ("excused", "waived", "cured", "restored")
    return None if put_right and verdict.since == verdict.opened else verdict.since


def could_be(verdict: Verdict) -> str:
    """`could be breached or unknown`: what it may be besides; nothing where the verdict is firm."""
    names = [outcome_word(verdict, status) for status in verdict.could_be if status != verdict.is_]
    return f"could be {either(names)}" if names else ""


def could_be_violated(verdict: Verdict) -> bool:
    """It is no breach, and for all that is established it could be one."""
    return verdict.is_ not in VIOLATIONS and any(status in VIOLATIONS for status in verdict.could_be)


def outcome_word(verdict: Verdict, status: str) -> str:
    """A status that a verdict could have; a soft norm's breach is called a shortfall."""
    return "a shortfall" if verdict.modality == "soft" and status == "breached" else status_word(status)


def either(names: Sequence[str]) -> str:
    """`a, b or c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def in_english(title: Title | None) -> str:
    """A title in English, else in the first language that it has."""
    if title is None:
        return ""
    if isinstance(title, str):
        return printable(title)
    return printable(title.get("en") or next((title[language] for language in sorted(title)), ""))


def binding_words(binding: Binding) -> str:
    return ", ".join(f"{name}={printable(value)}" for name, value in binding)


Naming = Callable[[Verdict], str]


def naming(verdicts: Verdicts) -> Naming:
    """Names for the verdicts of one answer: a label that only tells when or by what it was opened is left out where the
    norm has no other instance in that binding."""
    instances = Counter((verdict.norm, verdict.binding) for verdict in verdicts.verdicts)

    def name(verdict: Verdict) -> str:
        alone = instances[verdict.norm, verdict.binding] <= 1
        return subject(verdict, labelled=not (alone and _tells_the_opening(verdict.instance, verdicts)))

    return name


def _tells_the_opening(label: str | None, verdicts: Verdicts) -> bool:
    if label is None or label in verdicts.events:
        return True
    try:
        parse_instant(label)
    except TimeError:
        return False
    return True


def subject(verdict: Verdict, *, labelled: bool = True) -> str:
    """`no_strikes (p=RU)`, `elections (UA)`, `announced (v=Mercy; UA) · e12`: which instance of which norm."""
    values = {value for _, value in verdict.binding}
    who = "" if verdict.who in values else printable(verdict.who)
    inside = "; ".join(part for part in (binding_words(verdict.binding), who) if part)
    named = f"{verdict.norm} ({inside})" if inside else verdict.norm
    return f"{named} · {printable(verdict.instance)}" if verdict.instance and labelled else named


def printable(text: str) -> str:
    """One line, with the characters that would move a terminal's cursor or turn its text around made visible."""
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character in "\n\r\t":
        return " "
    return "�" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") else character
