"""Rule books: from YAML to a checked plan."""

from engine.language.load import RulebookError, check_rulebook, load_rulebook, shipped_ids, shipped_rulebook
from engine.language.plan import Rulebook
from engine.language.schema import json_schema

__all__ = [
    "Rulebook",
    "RulebookError",
    "check_rulebook",
    "json_schema",
    "load_rulebook",
    "shipped_ids",
    "shipped_rulebook",
]
