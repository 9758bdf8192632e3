"""The shapes that places name: `file.geojson#id`, beside the vocabulary of the rule book."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from engine.geometry import Area, GeometryError, area_of, features_of
from engine.language.locate import Place
from engine.language.models import PlaceSpec, VocabularyFile
from engine.problems import Problem, nearest

LARGEST = 32 * 1024 * 1024
SUFFIX = ".geojson"


def shape_files(folder: Path) -> list[Path]:
    """What belongs to a rule book beside its YAML."""
    return sorted(folder.glob(f"*{SUFFIX}"), key=lambda path: path.name)


def read_areas(file: VocabularyFile, folder: Path) -> tuple[Mapping[str, Area], list[Problem]]:
    """Place -> area, and what is wrong with the shapes."""
    areas: dict[str, Area] = {}
    problems: list[Problem] = []
    texts: dict[str, str] = {}
    for name, entry, place in _with_shape(file):
        try:
            areas[name] = _area(entry, folder, texts)
        except GeometryError as error:
            problems.append(
                place.problem("bad-shape", f'"{entry}", the shape of "{name}", cannot be used: {error}', _HINT)
            )
    problems.extend(_outside_their_parents(file, areas))
    return areas, problems


_HINT = f"name a feature of a file beside the vocabulary: shape: borders{SUFFIX}#its-id"


def _with_shape(file: VocabularyFile) -> Iterator[tuple[str, str, Place]]:
    for name, entry in file.places.items():
        if isinstance(entry, PlaceSpec) and entry.shape is not None:
            yield name, str(entry.shape), entry.node.at("shape")


def _area(written: str, folder: Path, texts: dict[str, str]) -> Area:
    file, mark, id_ = written.partition("#")
    if not mark or not id_:
        raise GeometryError("it names no feature")
    path = folder / file
    if Path(file).name != file or not file.endswith(SUFFIX):
        raise GeometryError(f'"{file}" is not the name of a {SUFFIX} file')
    if file not in texts:
        texts[file] = _text(path)
    features = features_of(texts[file])
    if id_ not in features:
        close = nearest(id_, features)
        raise GeometryError(f'"{file}" has no feature "{id_}"' + (f", {close}" if close else ""))
    return area_of(features[id_])


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST:
            raise GeometryError(f'"{path.name}" is larger than {LARGEST // 1024**2} MiB')
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GeometryError(f'"{path.name}" is not there, or not UTF-8') from error


def _outside_their_parents(file: VocabularyFile, areas: Mapping[str, Area]) -> Iterator[Problem]:
    for name, written, place in _with_shape(file):
        entry = file.places[name]
        parent = entry.in_ if isinstance(entry, PlaceSpec) else None
        if name in areas and parent is not None and parent in areas and not areas[name].lies_in(areas[parent]):
            message = f'"{written}", the shape of "{name}", reaches out of "{parent}", in which it lies'
            yield place.problem("shape-outside-parent", message, "cut both along one line", severity="warning")
