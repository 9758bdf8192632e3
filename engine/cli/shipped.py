"""Where rule books and example logs are: a folder, the source tree, or inside the installed package."""

from __future__ import annotations

from pathlib import Path

from engine.cli.output import refuse

_ENGINE = Path(__file__).resolve().parents[1]


def fixtures(agreement: str) -> Path:
    """The folder of the example log of an agreement: beside the package in a source tree, inside it in a wheel."""
    inside = _ENGINE / "_fixtures"
    return (inside if inside.is_dir() else _ENGINE.parent / "fixtures") / agreement


def rulebook_path(text: str, argument: str = "--rules") -> Path:
    """The folder of a rule book, by its path or by the id of a shipped one; a bad argument otherwise."""
    from engine.language.load import shipped_ids, shipped_rulebook
    from engine.problems import nearest

    if Path(text).is_dir():
        return Path(text)
    if Path(text).is_file():
        refuse(argument, f'"{text}" is a file: name the folder that holds vocabulary.yaml and provisions/')
    found = shipped_rulebook(text)
    remedy = nearest(text, shipped_ids()) or f"shipped are: {', '.join(shipped_ids()) or 'none'}"
    return found or refuse(argument, f'"{text}" is no folder and no shipped rule book ({remedy})')


def rulebook_paths(texts: list[str] | None, argument: str) -> list[Path]:
    """The named books; without names the one in this folder, those in its folder `rules`, or the shipped ones."""
    from engine.language.load import shipped_ids

    if texts:
        return [rulebook_path(text, argument) for text in texts]
    if Path("vocabulary.yaml").is_file():
        return [Path()]
    here = sorted(file.parent for file in Path("rules").glob("*/vocabulary.yaml"))
    found = here or [rulebook_path(name) for name in shipped_ids()]
    return found or refuse(argument, "there is no rule book here: name a folder that holds a vocabulary.yaml")


def one_rulebook(text: str | None, argument: str) -> Path:
    """The named book, or the only one there is."""
    paths = rulebook_paths([text] if text else None, argument)
    if len(paths) > 1:
        refuse(argument, f"which rule book? There are: {', '.join(path.name for path in paths)}")
    return paths[0]
