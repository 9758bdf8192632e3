"""JSON Schema of the two kinds of file, for editors that complete and check while one writes."""

from __future__ import annotations

from typing import Any, Literal

from engine.language.models import ProvisionFile, VocabularyFile


def json_schema(kind: Literal["rulebook", "vocabulary"]) -> dict[str, Any]:
    """The schema of a provision file (`rulebook`) or of `vocabulary.yaml`."""
    model = ProvisionFile if kind == "rulebook" else VocabularyFile
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
