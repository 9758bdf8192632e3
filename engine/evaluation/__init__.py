"""What a verdict means: docs/semantics.md in code. Pure: no clock, database, logger or file in here."""
