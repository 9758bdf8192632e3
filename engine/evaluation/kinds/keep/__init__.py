"""`keep`: a quantity stays in bounds."""
