"""Rule mutation: change the rules one small change at a time, and see which change no inline test notices."""

from engine.mutation.changes import Mutant, mutants
from engine.mutation.trial import mutate

__all__ = ["Mutant", "mutants", "mutate"]
