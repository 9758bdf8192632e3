#!/usr/bin/env python3
"""The project's commands on a fresh machine: `python3 dev.py demo`, `python3 dev.py test`, `python3 dev.py lint`.

Standard library only. Makes `.venv` in this checkout, installs the hash-locked packages and the project into it, and
runs the command there. What is installed is not installed again: a stamp in `.venv` holds the digest of the lock.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
ENVIRONMENT_MISSING = 4

# Command -> the locked packages it needs and what it runs; further arguments go to the last of these.
COMMANDS = {
    "demo": ("run", [[str(BIN / "accord"), "demo"]]),
    "test": ("test", [[str(PYTHON), "-m", "pytest"]]),
    "lint": (
        "test",
        [
            [str(BIN / "ruff"), "check", "."],
            [str(BIN / "ruff"), "format", "--check", "."],
            [str(BIN / "mypy")],
            [str(BIN / "lint-imports")],
        ],
    ),
}


def main(arguments):
    if not arguments or arguments[0] not in COMMANDS:
        return fail("usage: python3 dev.py " + " | ".join(COMMANDS) + "  [further arguments]", 2)
    lock, steps = COMMANDS[arguments[0]]
    if not is_installed(lock):
        missing = what_is_missing()
        if missing:
            return fail(missing, ENVIRONMENT_MISSING)
        if not install(lock):
            return fail(
                "dev.py: pip could not install the locked packages; its reason stands above", ENVIRONMENT_MISSING
            )
    codes = [subprocess.call(step + (arguments[1:] if step is steps[-1] else []), cwd=str(ROOT)) for step in steps]
    return max(codes, key=abs)


def fail(line, code):
    sys.stderr.write(line + "\n")
    return code


def what_is_missing():
    """One line with the remedy, or nothing."""
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python reads this file too
        found = "{}.{}".format(*sys.version_info)
        return f"dev.py: Python 3.11 or newer is needed, this is {found}: run it as python3.11 dev.py"
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        return "dev.py: this Python has no venv module: apt-get install python3-venv (or your system's package)"
    if not needs_compiler():
        return ""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if not shutil.which(compiler):
        return f"dev.py: durable-rules needs a C compiler, there is no {compiler}: apt-get install gcc"
    if not (Path(sysconfig.get_paths()["include"]) / "Python.h").is_file():
        return "dev.py: durable-rules needs Python's headers, there is no Python.h: apt-get install python3-dev"
    return ""


def needs_compiler():
    """durable-rules comes as source, and does not import on 3.13: there it is left out."""
    return sys.version_info < (3, 13)


def is_installed(lock):
    stamp = stamp_of(lock)
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == digest_of(lock)


def install(lock):
    if not PYTHON.exists():
        say("making .venv")
        subprocess.check_call([sys.executable, "-m", "venv", str(VENV)])
    say("installing the locked packages (once)")
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    locked = [*pip, "--require-hashes", "--no-build-isolation", "--use-pep517"]
    steps = [
        [*pip, "--require-hashes", "--requirement", "requirements/build.txt"],
        [*locked, "--requirement", f"requirements/{lock}.txt"],
        [*pip, "--no-build-isolation", "--no-deps", "--editable", "."],
    ]
    if any(subprocess.call(step, cwd=str(ROOT)) for step in steps):
        return False
    # The packages of the demo are among those of the tests.
    for name in ("run", lock):
        stamp_of(name).write_text(digest_of(name))
    return True


def say(line):
    sys.stderr.write("dev.py: " + line + "\n")


def stamp_of(lock):
    return VENV / f"accordwatch-{lock}.stamp"


def digest_of(lock):
    digest = hashlib.sha256()
    for name in ("requirements/build.txt", f"requirements/{lock}.txt", "pyproject.toml"):
        digest.update((ROOT / name).read_bytes())
    digest.update(f"{ROOT} {sys.version}".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
