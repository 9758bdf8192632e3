"""Areas of places, from GeoJSON (RFC 7946): does a point lie in one, does one lie in another?

Coordinates are WGS 84 degrees; edges are straight in degrees, as the RFC says. An area that crosses the 180th meridian
is written as two polygons.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

METRES_A_DEGREE = 111_320


class GeometryError(ValueError):
    """What is wrong with a shape, in words for its author."""


@dataclass(frozen=True, eq=False)
class Area:
    """A valid polygon, or several."""

    geometry: Any

    def covers(self, lat: float, lon: float, metres: float = 0) -> bool:
        """The point lies inside or on the edge; with `metres`, everything that near to it does."""
        from shapely import affinity
        from shapely.geometry import Point

        point = Point(lon, lat)
        if not metres:
            return bool(self.geometry.covers(point))
        north = metres / METRES_A_DEGREE
        east = north / max(math.cos(math.radians(lat)), 1e-6)
        return bool(self.geometry.covers(affinity.scale(point.buffer(1), east, north, origin=(lon, lat))))

    def lies_in(self, other: Area) -> bool:
        return bool(other.geometry.covers(self.geometry))


def features_of(text: str) -> Mapping[str, Any]:
    """The features of a file by id (`id`, else the property `id`). Raises GeometryError."""
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise GeometryError("it is not JSON") from error
    if not isinstance(document, dict) or document.get("type") not in ("FeatureCollection", "Feature"):
        raise GeometryError("it is neither a FeatureCollection nor a Feature")
    features = [document] if document["type"] == "Feature" else document.get("features")
    found = {}
    for feature in features if isinstance(features, list) else ():
        if isinstance(feature, dict):
            properties = feature.get("properties")
            id_ = feature.get("id", properties.get("id") if isinstance(properties, dict) else None)
            found[str(id_)] = feature.get("geometry")
    return found


def _refuse_constant(word: str) -> float:
    raise ValueError(word)


def area_of(geometry: Any) -> Area:
    """Raises GeometryError."""
    from shapely import is_valid_reason
    from shapely.errors import ShapelyError
    from shapely.geometry import shape

    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise GeometryError("it is no Polygon and no MultiPolygon")
    try:
        made = shape(geometry)
    except (ShapelyError, ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise GeometryError("its coordinates are not rings of [longitude, latitude]") from error
    if made.is_empty or not made.is_valid:
        raise GeometryError(f"its outline is not valid: {is_valid_reason(made)}")
    west, south, east, north = made.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise GeometryError("its coordinates are no degrees: longitude -180 to 180, then latitude -90 to 90")
    return Area(made)
