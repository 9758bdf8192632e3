"""`must_not`: a prohibition."""
