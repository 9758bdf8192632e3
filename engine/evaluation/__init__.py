"""What a verdict means: docs/semantics.md in code. Pure: no clock, database, logger or file in here."""

from engine.evaluation.evaluate import evaluate

__all__ = ["evaluate"]
