"""A PostgreSQL server of the tests' own: a real one, on a socket in a folder of its own, ended with the tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "ACCORD_TEST_POSTGRESQL"
"""A server to use instead, as postgresql://user@host/ with the right to create databases."""

_TRIES = 20
_MISSING = (
    "these tests need a PostgreSQL server: apt-get install postgresql (or your system's package), "
    f"or name a running one in {ADDRESS}"
)


@dataclass(frozen=True)
class Server:
    """`folder`: where its data and its socket are; None for one that runs elsewhere."""

    folder: Path | None
    address: str

    def url(self, database: str) -> str:
        base, query, options = self.address.partition("?")
        return f"{base.rstrip('/')}/{database}{query}{options}"

    def run(self, *statements: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def start(self) -> None:
        # No fsync: what is tested is the death of processes, not of the machine.
        options = f"-k {self.folder} -c listen_addresses='' -c fsync=off -c max_connections=40"
        for _ in range(_TRIES):
            with suppress(AssertionError):  # of a server that was killed, some processes may still be ending
                self._control("start", "-o", options, "-l", str(self._data.with_name("log")))
                return
            time.sleep(0.5)
        self._control("start", "-o", options, "-l", str(self._data.with_name("log")))

    def stop_hard(self) -> None:
        self._control("stop", "-m", "immediate")

    def kill(self) -> None:
        """The first process at once; those that serve connections find out and end themselves."""
        os.kill(int((self._data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    @property
    def _data(self) -> Path:
        assert self.folder is not None, f"a server that {ADDRESS} names is not ours to stop"
        return self.folder / "data"

    def _control(self, *words: str) -> None:
        as_postgres(program("pg_ctl"), "-D", str(self._data), "-w", "-s", *words)


@contextmanager
def server() -> Iterator[Server]:
    named = os.environ.get(ADDRESS)
    if named:
        yield Server(None, named)
        return
    folder = Path(tempfile.mkdtemp(prefix="accord-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Server(folder, f"postgresql://postgres@/?host={folder}")
    try:
        as_postgres(program("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "-N")
        made.start()
        yield made
        made.stop_hard()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def program(name: str) -> str:
    """Debian keeps a server's programs out of the path."""
    found = shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))[-1:]), None)
    assert found is not None, _MISSING
    return found


def as_postgres(*command: str) -> None:
    """PostgreSQL refuses to run as root."""
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **user)  # type: ignore[call-overload]
    assert done.returncode == 0, f"{' '.join(command)}: {done.stdout}{done.stderr}"
