"""Every modal word has its kind, and the checks know what each can never be."""

from __future__ import annotations

from typing import get_args

from engine.evaluation.kinds import KINDS
from engine.language.check.tests import IMPOSSIBLE
from engine.language.models import MODAL_WORDS
from engine.language.plan import Modal


def test_every_modal_word_has_a_kind_that_is_judged_and_statuses_that_it_never_has() -> None:
    assert KINDS.keys() == set(get_args(Modal))
    assert len(KINDS) == len(MODAL_WORDS)
    assert IMPOSSIBLE.keys() == set(MODAL_WORDS)
