"""What prohibitions and bounds have in common; no kind of its own."""
