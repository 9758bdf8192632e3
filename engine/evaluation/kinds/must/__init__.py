"""`must`: an obligation to bring something about."""
