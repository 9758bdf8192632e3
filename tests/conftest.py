"""Settings that all tests share."""

from __future__ import annotations

import os

from hypothesis import settings

# The same examples every time: a failure on one machine is a failure on all. ACCORD_EXAMPLES=1000 looks further.
settings.register_profile(
    "accord", deadline=None, derandomize=True, max_examples=int(os.environ.get("ACCORD_EXAMPLES", "50"))
)
settings.load_profile("accord")
