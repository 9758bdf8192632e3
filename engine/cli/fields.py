"""`FIELD=VALUE` of the command line as a row has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from engine.cli.output import refuse

if TYPE_CHECKING:
    from engine.vocabulary import FieldType, Vocabulary


def fields_of(texts: Sequence[str], event: str | None, vocabulary: Vocabulary, *, may_remove: bool) -> dict[str, Any]:
    """`event`: whose fields; None: any event's. `may_remove`: an empty value removes a field."""
    from engine.cli.asking import pairs

    removed = {text[:-1] for text in texts if text.endswith("=") and may_remove}
    given = pairs([text for text in texts if text.removesuffix("=") not in removed], "FIELD=VALUE", "FIELD=VALUE")
    types = _types(event, vocabulary)
    return {name: raw_value(value, types.get(name)) for name, value in given.items()} | dict.fromkeys(removed)


def _types(event: str | None, vocabulary: Vocabulary) -> dict[str, FieldType]:
    from engine.intake.rows import fields_by_name

    if event is None or event not in vocabulary.event_types:
        return fields_by_name(vocabulary)
    return dict(vocabulary.event_types[event].fields)


def raw_value(text: str, field: FieldType | None) -> Any:
    """A word that is none of its kind stays text: why it is refused, the row's own check says."""
    from engine.quantities import QuantityError, parse_number

    if field is not None and field.kind == "number":
        try:
            return parse_number(text)
        except QuantityError:
            return text
    if field is not None and field.kind == "bool":
        return {"true": True, "yes": True, "false": False, "no": False}.get(text.lower(), text)
    return text


def binding(texts: Sequence[str] | None) -> dict[str, str]:
    """`--for k=v`."""
    from engine.cli.asking import pairs

    return pairs(texts or [], "--for", "K=V")


def one_of(texts: dict[str, str | None]) -> dict[str, str]:
    """Exactly one of several options; what is given of them."""
    given = {name: text for name, text in texts.items() if text is not None}
    if len(given) != 1:
        names = " or ".join(texts)
        refuse(next(iter(texts)), f"give exactly one of {names}")
    return given
