"""The evaluator equals a second, naive one on random books and logs; no settlement lies outside `could_be`.

A disagreement is printed reduced to the rules and rows that it needs. More cases than here:
`python -m tests.naive.differential --cases 3000 --seed 1`.
"""

from __future__ import annotations

import pytest

from tests.naive.differential import disagreements, random_cases, reduced

SETTLEMENTS = 4
"""Of each case; the first one leaves everything open."""


@pytest.mark.parametrize("level", [1, 2, 3, 4], ids=["plain", "decisions", "composite", "amended"])
@pytest.mark.parametrize("group", range(4))
def test_both_evaluators_say_the_same_and_no_settlement_lies_outside(level: int, group: int) -> None:
    for seed in range(group * 5, group * 5 + 5):
        for case, book in random_cases(seed, level, SETTLEMENTS):
            if disagreements(case, book)[0]:
                small = reduced(case)
                found = disagreements(small)[0]
                pytest.fail("\n".join([f"seed {seed}, level {level}", small.told(), *found]))
