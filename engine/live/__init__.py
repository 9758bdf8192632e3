"""Verdicts that are kept up to date while rows come in and time goes on."""
