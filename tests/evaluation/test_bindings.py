"""How the value of a variable is written in a binding."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from engine.evaluation.bind import as_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (False, "false"),
        (Decimal("2.50"), "2.5"),
        (Decimal(1000), "1000"),
        (date(2026, 3, 2), "2026-03-02"),
        ("A", "A"),
    ],
)
def test_a_value_is_written_in_a_binding_as_in_a_rule_file(value: bool | Decimal | date | str, text: str) -> None:
    assert as_text(value) == text
