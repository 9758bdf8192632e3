"""durable-rules does not import on Python 3.13: its own tests are not collected there."""

from __future__ import annotations

import sys

collect_ignore = [] if sys.version_info < (3, 13) else ["test_durable.py"]
