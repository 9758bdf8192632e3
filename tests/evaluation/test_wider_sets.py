"""The sets that are given where open facts are too many to try one by one, forced on logs that are small enough to try.

`wider_sets.txt` lists, over the cases of the conformance books, what a norm could be: exactly, and by the wider rule. A
wider set must have all of the exact one; a set that grows or shrinks shows in the diff of that file:
`python -m tests.evaluation.test_wider_sets` writes it anew, keeping its questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from engine.evaluation import possible
from engine.evaluation.verdicts import Verdicts
from tests.evaluation.cases import agreed_in, answer
from tests.naive.differential import disagreements, random_cases

AGREED = Path(__file__).with_name("wider_sets.txt")


class Asked(NamedTuple):
    book: str
    case: str
    as_of: str

    def head(self) -> str:
        return " | ".join(self)


def blocks() -> list[tuple[Asked, str]]:
    """`== book | case | instant`, and a line for each verdict and state that is open or could be more widely."""
    return [(Asked(*words), agreed) for words, agreed in agreed_in(AGREED)]


@contextmanager
def nothing_tried() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(possible, "MOST_RUNS", 0)
        yield


def sets(verdicts: Verdicts) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for v in verdicts.verdicts:
        name = " ".join([v.norm, *(f"{n}={x}" for n, x in v.binding), *([f"[{v.instance}]"] if v.instance else [])])
        found[name] = v.could_be
    for norm in {v.norm for v in verdicts.verdicts}:
        found[f"{norm} as a whole"] = verdicts[norm].could_be
    for state in verdicts.states:
        name = " ".join(["state", state.state, *(f"{n}={x}" for n, x in state.binding)])
        found[name] = (*(["holds"] if state.possibly else []), *(["does not"] if not state.certainly else []))
    return found


def told(asked: Asked) -> str:
    exact = sets(answer(*asked))
    with nothing_tried():
        wide = sets(answer(*asked))
    return "\n".join(
        f"  {name}: {', '.join(exact.get(name, ('-',)))} / {', '.join(could)}"
        for name, could in sorted(wide.items())
        if len(could) > 1 or exact.get(name) != could
    )


@pytest.mark.parametrize(("asked", "agreed"), blocks())
def test_the_wider_sets_are_as_agreed(asked: Asked, agreed: str) -> None:
    assert told(asked) == agreed


@pytest.mark.parametrize(("asked", "agreed"), blocks())
def test_a_wider_set_has_all_of_the_exact_one(asked: Asked, agreed: str) -> None:
    for line in agreed.splitlines():
        exact, wide = line.rsplit(": ", 1)[1].split(" / ")
        assert exact == "-" or set(exact.split(", ")) <= set(wide.split(", ")), f"{asked.head()}: {line}"


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("seed", range(40, 46))
def test_no_settlement_of_a_random_book_lies_outside_the_wider_sets(level: int, seed: int) -> None:
    for case, book in random_cases(seed, level, 6, logs=1, times=2):
        with nothing_tried():
            assert disagreements(case, book)[0] == []


if __name__ == "__main__":
    AGREED.write_text("\n".join(f"== {asked.head()}\n{told(asked)}\n" for asked, _ in blocks()), encoding="utf-8")
