"""The use cases of a ledger: make one, add to it, ask it, check it, carry it elsewhere."""
