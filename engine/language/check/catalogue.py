"""Every code that a rule book can be answered with, and its severity: stable names, read by people and by tools."""

from __future__ import annotations

from collections.abc import Mapping

from engine.problems import Severity

_ERRORS = """
no-such-rulebook no-provisions unreadable-file too-large not-utf-8 byte-order-mark control-character yaml empty-file
several-documents directive anchor-or-alias tag too-deep duplicate-key

unknown-key missing-key wrong-shape unknown-word bad-duration bad-quantity bad-time modal-word deadline
milestones-without-reach state-form expectation-form row-form field-form empty-provision

unknown-event unknown-field unknown-party unknown-place unknown-value unknown-grade unknown-group unknown-state
unknown-norm unknown-reading unknown-option unknown-zone unknown-status duplicate-id party-and-body party-and-group
duplicate-grade place-circle bad-shape reserved-event reserved-field two-types

unordered-comparison wrong-type missing-unit unit-mismatch unlike-units missing-field inexact-length

unbound-variable missing-column unknown-variable unknown-binding shared-variable

aggregate not-a-number no-limit floor-above-cap holds-without-window quorum-too-large

deadline-without-start every-without-start never-triggered state-never-begins state-circle

count-on-must-not pause-without-clock early-without-when missing-observe-every untied-cure overrides-circle

version-without-dates versions-overlap versions-of-two-kinds version-backwards impossible-status
"""

_WARNINGS = """
text-direction-mark file-not-read unused-state overrides-nothing swallowing-exception conflicting-norms unobserved-ban
missing-observed-by no-staleness long-grace version-gap vague-word uncovered-clause unknown-row unread-event
untested-norm untested-breach shape-outside-parent cure-of-a-duty
"""

CODES: Mapping[str, Severity] = {
    **dict.fromkeys(_ERRORS.split(), "error"),
    **dict.fromkeys(_WARNINGS.split(), "warning"),
    "norm-left-out": "report",
}
