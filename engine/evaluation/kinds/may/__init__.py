"""`may`: a permission."""
