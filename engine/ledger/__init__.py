"""The append-only record: rows that nobody can change unseen, on SQLite and PostgreSQL. The only place with SQL."""
