"""Verdicts made readable: boards, explanations, lists; no verdict is decided here."""
