"""Coordinates put an event in its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.events import Row
from engine.intake import parse_row
from engine.language import load_rulebook
from engine.language.load import fingerprint
from engine.problems import Problem
from engine.vocabulary import Vocabulary

WORDS = """
agreement: Fords
zone: Europe/Kyiv
parties: {A: A, B: B}
places:
  land: {in: null, shape: borders.geojson#land}
  valley: {in: land, shape: borders.geojson#valley}
  ford: {in: valley, shape: borders.geojson#ford}
  zone: {in: land, shape: borders.geojson#zone}
  hill: land
evidence: [reported, verified]
counts: verified
events:
  raid: {fields: {by: {type: party}, place: {type: place}}}
  march: {fields: {start: {type: place, required: false}, goal: {type: place, required: false}}}
"""
RULES = """
provision: "1"
title: None
text: None
source: invented
norms:
  - {id: no_raid, who: A, must_not: {event: raid, where: {by: A}}}
  - {id: no_march, who: A, must_not: {event: march}}
"""


def square(west: float, south: float, side: float) -> list[list[list[float]]]:
    east, north = west + side, south + side
    return [[[west, south], [east, south], [east, north], [west, north], [west, south]]]


SQUARES = {"land": (30, 50, 4), "valley": (31, 51, 2), "ford": (31.5, 51.5, 0.5), "zone": (32.5, 52.5, 1)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fords")
    (folder / "provisions").mkdir()
    (folder / "vocabulary.yaml").write_text(WORDS, encoding="utf-8")
    (folder / "provisions" / "one.yaml").write_text(RULES, encoding="utf-8")
    features = [
        {"type": "Feature", "id": name, "geometry": {"type": "Polygon", "coordinates": square(*edges)}}
        for name, edges in SQUARES.items()
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features})
    (folder / "borders.geojson").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def fords(folder: Path) -> Vocabulary:
    return load_rulebook(folder).vocabulary


def read(fords: Vocabulary, lat: float, lon: float, **keys: Any) -> tuple[Row | None, list[Problem]]:
    location = {"lat": lat, "lon": lon}
    if "precision" in keys:
        location["precision"] = keys.pop("precision")
    row = {"id": "x", "event": "raid", "by": "A", "at": "2026-03-01", "location": location, **keys}
    return parse_row(row, fords, "log:1")


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [(51.7, 31.7, "ford"), (51.2, 31.2, "valley"), (50.5, 30.5, "land"), (53.2, 33.2, "zone"), (51.5, 31.5, "ford")],
)
def test_an_event_lies_in_the_innermost_place_that_covers_its_coordinates(
    fords: Vocabulary, lat: float, lon: float, place: str
) -> None:
    row, problems = read(fords, lat, lon)
    assert row is not None and problems == []
    assert row.fields["place"] == place
    assert row.kept["location"] is not None


def test_a_place_told_more_roughly_is_told_more_nearly(fords: Vocabulary) -> None:
    row, problems = read(fords, 51.7, 31.7, place="land")
    assert row is not None and row.fields["place"] == "ford" and problems == []


def test_a_nearer_place_without_a_shape_stays(fords: Vocabulary) -> None:
    row, problems = read(fords, 50.5, 30.5, place="hill")
    assert row is not None and row.fields["place"] == "hill" and problems == []


def test_coordinates_outside_the_place_that_was_told_are_a_warning(fords: Vocabulary) -> None:
    row, problems = read(fords, 50.5, 30.5, place="ford")
    assert row is not None and row.fields["place"] == "ford"
    assert [problem.code for problem in problems] == ["location-outside-place"]


def test_a_point_in_two_places_is_not_put_in_either(fords: Vocabulary) -> None:
    row, problems = read(fords, 52.7, 32.7, place="land")
    assert row is not None and row.fields["place"] == "land"
    assert [problem.code for problem in problems] == ["location-in-two-places"]


def test_an_uncertain_point_lies_where_all_of_it_lies(fords: Vocabulary) -> None:
    assert read(fords, 51.75, 31.51, precision=100)[0].fields["place"] == "ford"  # type: ignore[union-attr]
    assert read(fords, 51.75, 31.51, precision=2000)[0].fields["place"] == "valley"  # type: ignore[union-attr]


def test_exactness_in_words_puts_nothing_anywhere(fords: Vocabulary) -> None:
    row, problems = read(fords, 51.7, 31.7, precision="near the ford")
    assert row is None
    assert [problem.code for problem in problems] == ["missing-field"]


def test_coordinates_outside_every_shape_leave_the_place_missing(fords: Vocabulary) -> None:
    assert [problem.code for problem in read(fords, 10, 10)[1]] == ["missing-field"]


def test_of_two_places_of_one_event_none_is_guessed(fords: Vocabulary) -> None:
    raw = {"id": "x", "event": "march", "at": "2026-03-01", "location": {"lat": 51.7, "lon": 31.7}}
    row, problems = parse_row(raw, fords, "log:1")
    assert row is not None and row.fields == {} and problems == []


def test_a_correction_of_the_location_says_the_place_as_well(fords: Vocabulary) -> None:
    raw = {"id": "c", "corrects": "x", "known": "2026-03-02", "location": {"lat": 51.7, "lon": 31.7}}
    assert [p.code for p in parse_row(raw, fords, "log:1", "raid")[1]] == ["location-without-place"]
    assert parse_row({**raw, "place": "ford"}, fords, "log:1", "raid")[1] == []


def test_another_border_is_another_rule_book(folder: Path) -> None:
    before = fingerprint(folder)
    path = folder / "borders.geojson"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("31.5", "31.4"), encoding="utf-8")
    try:
        assert fingerprint(folder) != before
    finally:
        path.write_text(text, encoding="utf-8")
