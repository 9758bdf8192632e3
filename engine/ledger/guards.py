"""Triggers with which the database itself refuses to change or delete a row.

They stop mistakes and ordinary tools, not an owner of the database, who can drop them; `verify` tells when they are
gone, and the tree tells what was done without them.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from engine.ledger.tables import TABLES

_NAMES = tuple(table.name for table in TABLES)
_KEYS = {table.name: next(iter(table.primary_key)).name for table in TABLES}
_REFUSAL = "a ledger is only ever added to"
_NEXT = "a row comes after the last one, and is recorded later"
_FUNCTIONS = {
    "ledger_refuses": f"BEGIN RAISE EXCEPTION '{_REFUSAL}'; END;",
    "ledger_goes_on": (
        "BEGIN IF NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM entry) "
        "OR NEW.recorded_at <= (SELECT recorded_at FROM entry WHERE seq = NEW.seq - 1) "
        f"THEN RAISE EXCEPTION '{_NEXT}'; END IF; RETURN NEW; END;"
    ),
}


def _sqlite() -> dict[str, str]:
    """Name of each trigger, and what makes it."""
    made: dict[str, str] = {}
    for table in _NAMES:
        refuse = f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        made[f"{table}_no_update"] = f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}"
        made[f"{table}_no_delete"] = f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}"
        # INSERT OR REPLACE deletes without asking the delete trigger.
        key = _KEYS[table]
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
        made[f"{table}_no_replace"] = (
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}"
        )
    made["entry_goes_on"] = (
        "CREATE TRIGGER entry_goes_on BEFORE INSERT ON entry WHEN "
        "NEW.seq <> (SELECT coalesce(max(seq) + 1, 0) FROM entry) "
        "OR NEW.recorded_at <= (SELECT recorded_at FROM entry WHERE seq = NEW.seq - 1) "
        "OR EXISTS (SELECT 1 FROM entry WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{_NEXT}'); END"
    )
    return made


def _postgresql() -> dict[str, str]:
    made: dict[str, str] = {}
    for table in _NAMES:
        for word in ("update", "delete"):
            made[f"{table}_no_{word}"] = (
                f"CREATE TRIGGER {table}_no_{word} BEFORE {word.upper()} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION ledger_refuses()"
            )
        made[f"{table}_no_truncate"] = (
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuses()"
        )
    made["entry_goes_on"] = (
        "CREATE TRIGGER entry_goes_on BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION ledger_goes_on()"
    )
    return made


def set_up(connection: Connection) -> None:
    """Make every trigger; called by the migration that makes the tables."""
    if connection.dialect.name == "postgresql":
        for name, body in _FUNCTIONS.items():
            connection.exec_driver_sql(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS '{body.replace(chr(39), chr(39) * 2)}'"
            )
        statements = _postgresql()
    else:
        statements = _sqlite()
    for statement in statements.values():
        connection.exec_driver_sql(statement)


def missing(connection: Connection) -> list[str]:
    """Names of triggers that are gone, switched off, or not what they were made as."""
    if connection.dialect.name == "postgresql":
        return _missing_on_postgresql(connection)
    asked = text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    found: dict[str, str] = dict(connection.execute(asked).all())
    return sorted(name for name, statement in _sqlite().items() if found.get(name) != statement)


def _missing_on_postgresql(connection: Connection) -> list[str]:
    asked = text(
        "SELECT t.tgname, t.tgenabled, pg_get_triggerdef(t.oid), p.prosrc FROM pg_trigger t "
        "JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
    )
    found = {name: (on, made, body) for name, on, made, body in connection.execute(asked)}
    return sorted(name for name, made in _postgresql().items() if not _stands(found.get(name), made))


def _stands(found: tuple[str, str, str] | None, made: str) -> bool:
    if found is None:
        return False
    switched_on, definition, body = found
    function = made.rsplit(" ", 1)[-1].removesuffix("()")
    kind = made.split(" ")[4]
    return switched_on in ("O", "A") and body == _FUNCTIONS[function] and f"BEFORE {kind} ON" in definition
