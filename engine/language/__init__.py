"""Rule books: from YAML to a checked plan."""
