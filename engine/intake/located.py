"""Where coordinates lie: an event that brings them is put in the innermost place whose shape covers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.events import FieldValue
from engine.vocabulary import EventType, Vocabulary


@dataclass(frozen=True)
class Placed:
    """`place` for the field of that name; or a warning (code, message, hint) and the event as it was told."""

    field: str
    place: str | None = None
    warning: tuple[str, str, str] | None = None


def placed(
    location: Mapping[str, Any], fields: Mapping[str, FieldValue | None], type_: EventType, vocabulary: Vocabulary
) -> Placed | None:
    """None where coordinates say nothing: no shapes, no field for a place, or an exactness that is only words."""
    field = _field_for_place(type_)
    precision = location.get("precision")
    if not vocabulary.areas or field is None or isinstance(precision, str):
        return None
    lat, lon, metres = float(location["lat"]), float(location["lon"]), float(precision or Decimal(0))
    found = {name for name, area in vocabulary.areas.items() if area.covers(lat, lon, metres)}
    told = fields.get(field)
    if isinstance(told, str) and told in vocabulary.areas and told not in found:
        message = f'the location lies outside "{told}"' + (f", in {_and(found)}" if found else "")
        return Placed(field, warning=("location-outside-place", message, "one of the two is mistaken"))
    innermost = _innermost(found, vocabulary)
    if len(innermost) > 1:
        message = f"the location lies in {_and(innermost)}, and neither lies in the other"
        return Placed(field, warning=("location-in-two-places", message, f'say "{field}"'))
    return _nearer(field, told, innermost.pop() if innermost else None, vocabulary)


def _field_for_place(type_: EventType) -> str | None:
    """`place`, else the only field that holds one."""
    names = [name for name, spec in type_.fields.items() if spec.kind == "place"]
    return "place" if "place" in names else names[0] if len(names) == 1 else None


def _innermost(found: set[str], vocabulary: Vocabulary) -> set[str]:
    around = {outer for name in found for outer in vocabulary.containing[name] if outer != name}
    return found - around


def _nearer(field: str, told: FieldValue | None, found: str | None, vocabulary: Vocabulary) -> Placed | None:
    """What was told stays, unless the coordinates say it more nearly."""
    if found is None or not (told is None or told in vocabulary.containing[found]):
        return None
    return Placed(field, place=found)


def _and(names: set[str]) -> str:
    return " and ".join(f'"{name}"' for name in sorted(names))
