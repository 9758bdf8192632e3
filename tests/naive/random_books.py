"""Small rule books and logs at random, from a seed: every kind of norm, and times that meet."""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.language import Rulebook, check_rulebook

Written = dict[str, Any]

VOCABULARY: Written = {
    "agreement": "random",
    "zone": "UTC",
    "parties": {"A": "Alphaland", "B": "Betaland"},
    "bodies": {"board": "Board", "panel": "Panel"},
    "groups": {"sides": ["A", "B"]},
    "places": {"land": None, "north": "land", "hill": "north", "dale": "north", "south": "land"},
    "evidence": ["alleged", "reported", "verified"],
    "counts": "verified",
    "ruled_by": ["board"],
    "weekend": ["sat", "sun"],
    "holidays": ["2026-03-06", "2026-03-30", "2026-04-03", "2026-10-26", "2027-01-01"],
    "events": {
        "go": {"fields": {}},
        "stop": {"fields": {}},
        "task": {"fields": {"of": {"type": "party", "required": False}}},
        "done": {"fields": {"by": {"type": "party", "required": False}}},
        "sight": {"fields": {"by": {"type": "party", "required": False}}},
        "raid": {
            "fields": {
                "by": {"type": "party", "required": False},
                "place": {"type": "place"},
                "cause": {"type": "enum", "values": ["none", "rescue"], "required": False},
            }
        },
        "stock": {"fields": {"tons": {"type": "number", "unit": "t", "required": False}}},
        "pay": {"fields": {"amount": {"type": "number", "unit": "USD"}, "to": {"type": "party", "required": False}}},
        "notice": {"fields": {}},
    },
}
FIELDS = {"task": ["of"], "done": ["by"], "raid": ["by", "place", "cause"], "pay": ["to"], "sight": ["by"]}
TABLE: Written = {
    "x": {
        "who": "A",
        "spot": "hill",
        "tons": "30 t",
        "usd": "8 USD",
        "times": 1,
        "days": "2 days",
        "clock": "36 hours",
    },
    "y": {
        "who": "B",
        "spot": "north",
        "tons": "50 t",
        "usd": "5 USD",
        "times": 2,
        "days": "4 days",
        "clock": "48 hours",
    },
}
START = datetime(2026, 3, 2, tzinfo=UTC)
DAYS = 16


class Books:
    """Writes one rule book. `level` 1 to 4: which features it draws from."""

    def __init__(self, seed: int, level: int):
        self.rng = random.Random(f"book {seed} {level}")
        self.level = level
        self.ranges: Written = {}
        if level >= 2 and self.rng.random() < 0.5:
            self.ranges = self.family()
        self.var = "$t.who" if "t" in self.ranges else "$p"
        self.states = ["s1", "s2"] if level >= 1 else []
        self.norms: list[Written] = []

    def may(self, chance: float, level: int = 1) -> bool:
        return self.level >= level and self.rng.random() < chance

    def of(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def family(self) -> Written:
        """`for_each` of every rule here that names a variable."""
        each: Written = {"each": self.of("raid.by", "task.of", ["raid.by", "done.by"])}
        return self.of({"p": "sides"}, {"p": "sides"}, {"p": ["B", "A"]}, {"p": each}, {"t": TABLE}, {"t": TABLE})

    def party(self) -> str:
        return self.var if self.ranges and self.rng.random() < 0.8 else self.of("A", "B")

    def cell(self, column: str, *plain: Any) -> Any:
        """A value of its own for each row of the table, where there is one."""
        return f"$t.{column}" if "t" in self.ranges and self.rng.random() < 0.4 else self.of(*plain)

    # parts

    def match(self, event: str | None = None, plain: bool = False) -> Written:
        event = event or self.of("go", "stop", "task", "done", "raid", "notice", "sight", "pay")
        match: Written = {"event": event}
        where: Written = {}
        for name in FIELDS.get(event, ()):
            if self.rng.random() < 0.5:
                if name == "place":
                    where[name] = self.cell("spot", "north", "hill", "land", ["hill", "south"])
                    if self.may(0.15, 2):
                        where[name] = {"not": [self.of("hill", "south")]}
                elif name == "cause":
                    where[name] = self.of("none", "rescue", {"not": ["none"]}, {"exists": True})
                else:
                    where[name] = self.party()
        if event == "pay" and self.rng.random() < 0.2:
            where["amount"] = {self.of("gte", "lt", "gt"): self.cell("usd", "5 USD", "8 USD")}
        if where:
            match["where"] = where
        if not plain and self.may(0.12, 2):
            match["evidence"] = self.of("reported", "alleged")
        if not plain and self.may(0.15, 3):
            match["confirmed_by"] = self.of(
                {"all": ["panel"]}, {"at_least": 2, "of": ["A", "B", "panel"]}, {"all": ["board", "panel"]}
            )
            if self.rng.random() < 0.5:
                match["counts_from"] = "confirmation"
        return match

    def days(self, most: int = 6) -> str:
        n = self.rng.randint(1, most)
        return f"{n} day" if n == 1 else f"{n} days"

    def length(self) -> str:
        if self.rng.random() < 0.5:
            return self.cell("days", self.days())
        return self.cell("clock", "24 hours", "36 hours", "1 week", "2 working days", "4 working days", "1 month")

    def trigger(self, depth: int = 0, states: bool = True) -> Written:
        choices: list[Callable[[], Written]] = [self.match, self.match, self.match]
        if states and self.states:
            choices.append(lambda: {self.of("enters", "leaves"): self.of(*self.states)})
        if self.norms and self.level >= 2:
            choices += [lambda: {self.of("breach", "breach", "met"): self.of(*self.norms)["id"]}] * 2
        if self.level >= 2:
            choices.append(lambda: {"time": f"2026-03-{self.rng.randint(3, 14):02d}"})
        if self.level >= 3 and depth == 0:
            choices += [
                lambda: {"all": [self.trigger(1, states), self.trigger(1, states)]},
                lambda: {"any": [self.trigger(1, states), self.trigger(1, states)]},
                lambda: self.in_order(states),
                lambda: {
                    "after": self.cell("clock", self.days(3), "12 hours", "2 working days"),
                    "of": self.trigger(1, states),
                },
            ]
        if self.level >= 3:
            choices.append(lambda: self.match() | {"count": self.of(2, 3)})
        return self.rng.choice(choices)()

    def in_order(self, states: bool) -> Written:
        trigger: Written = {"in_order": [self.trigger(1, states) for _ in range(self.of(2, 2, 3))]}
        if self.rng.random() < 0.5:
            trigger["within"] = self.cell("days", "2 days", "48 hours", "3 working days")
        return trigger

    def cond(self, depth: int = 0, states: bool = True) -> Written:
        choices: list[Callable[[], Written]] = []
        if states and self.states:
            choices += [lambda: {"state": self.of(*self.states)}] * 3
        if self.level >= 2:
            choices.append(self.happened)
        if self.level >= 3:
            choices.append(
                lambda: {
                    "holds": self.of(
                        {"count": "raid", "over": self.of("2 days", "3 days"), "at_most": 1},
                        {"latest": "stock.tons", "stale_after": "4 days", "at_most": self.cell("tons", "50 t")},
                        {
                            "max": "pay.amount",
                            "over": self.cell("clock", "3 days"),
                            "at_most": self.cell("usd", "8 USD"),
                        },
                    )
                }
            )
            if depth == 0:
                choices.append(lambda: {"not": self.cond(1, states)})
                choices.append(lambda: {self.of("all", "any"): [self.cond(1, states), self.cond(1, states)]})
        return self.rng.choice(choices)() if choices else {"state": "s1"}

    def happened(self) -> Written:
        cond: Written = {"happened": self.match()}
        if self.rng.random() < 0.5:
            cond["last"] = self.cell("clock", "24 hours", "2 days", "3 days")
        elif self.rng.random() < 0.3:
            cond["earlier_than"] = self.cell("days", "24 hours", "2 days")
        return cond

    def bound(self, window: bool = True) -> Written:
        kind = self.of("latest", "sum", "count", "max", "min")
        if kind == "count":
            event = self.of("raid", "done", "pay")
            bound: Written = {"count": event}
            low, high = self.cell("times", 1, 2), self.cell("times", 1, 2, 3)
        elif self.rng.random() < 0.5:
            event = "stock"
            bound = {kind: "stock.tons"}
            low, high = self.cell("tons", "5 t", "30 t"), self.cell("tons", "50 t", "100 t")
        else:
            event = "pay"
            bound = {kind: "pay.amount"}
            low, high = self.cell("usd", "5 USD", "8 USD"), self.cell("usd", "8 USD", "12 USD")
        where = self.match(event, plain=True).get("where")
        if where:
            bound["where"] = where
        if kind == "sum" and event == "pay" and self.may(0.4, 2):
            bound["per"] = {"sum": "pay.amount"}
            low, high = "50 %", "75 %"
        if self.rng.random() < 0.5:
            bound["at_least"] = low
        else:
            bound["at_most"] = high
        if window and kind != "latest" and self.rng.random() < 0.65:
            bound["over"] = self.of(
                self.cell("days", "2 days", "3 days"),
                "each day",
                "each week",
                self.of("each month", "each quarter", "each year"),
            )
        if kind == "latest" and self.rng.random() < 0.7:
            bound["stale_after"] = self.cell("days", "3 days", "6 days")
        return bound

    # norms

    def norm(self, id_: str) -> list[Written]:
        norm: Written = {"id": id_, "who": self.party()}
        kind = self.of("must", "must", "must", "must_not", "must_not", "keep")
        if self.level >= 4 and self.rng.random() < 0.25:
            written = self.versions(norm, kind)
        else:
            written = getattr(self, kind)(norm)
        if "$" in json.dumps(written):
            for one in written:
                one["for_each"] = self.ranges
        return written

    def must(self, norm: Written) -> list[Written]:
        reach = self.may(0.25)
        if self.rng.random() < 0.8:
            norm["when"] = self.trigger()
        if self.rng.random() < (0.4 if "when" in norm else 0.9):
            norm["while"] = self.cond()
        if reach:
            norm["must"] = {"reach": self.bound(window=False)}
            norm["must"]["reach"].pop("at_most", None)
            norm["must"]["reach"].setdefault("at_least", self.low(norm["must"]["reach"]))
        else:
            norm["must"] = self.match(self.of("done", "done", "notice", "pay", "task"))
            if self.may(0.15):
                norm["must"]["count"] = 2
        self.deadline(norm, reach)
        if "every" not in norm and "no_deadline" not in norm and self.may(0.35):
            norm["grace"] = self.cell("days", "1 day", "2 days", "12 hours", "1 working day")
        elif norm.get("every") in ("3 days", "week") and self.may(0.3):
            norm["grace"] = "1 day"
        if "no_deadline" not in norm and self.may(0.3, 2):
            norm["extendable"] = {"by": "board", "late": self.of("allowed", "refused")}
            if self.rng.random() < 0.6:
                norm["extendable"]["at_most"] = self.cell("days", "3 days", "5 days", "3 working days")
        if self.may(0.3, 2):
            norm["waived_by"] = self.of("board", "panel")
        if self.may(0.25, 2) and "every" not in norm:
            norm["paused_while"] = self.cond()
        if self.may(0.25, 2):
            norm["unless"] = self.cond()
        if self.may(0.25, 2):
            norm["observed_by"] = self.match("sight")
        if "when" in norm and self.may(0.2, 2) and "every" not in norm:
            norm["early"] = self.of(True, self.cell("days", "2 days", "24 hours"))
        bans = [n for n in self.norms if "must_not" in n]
        if bans and self.may(0.4, 2):
            ban = self.of(*bans)
            norm["when"] = {"breach": ban["id"]}
            norm["cures"] = ban["id"]
            if "for_each" in ban:
                norm["who"] = self.var
        return [norm]

    def low(self, bound: Written) -> Any:
        name = str(bound.get("latest") or bound.get("sum") or bound.get("max") or bound.get("min") or "")
        return "50 %" if "per" in bound else "30 t" if "tons" in name else "8 USD" if "amount" in name else 2

    def deadline(self, norm: Written, reach: bool) -> None:
        roll = self.rng.random()
        started = "when" in norm or "while" in norm
        if (
            reach
            and roll < 0.25
            and "per" not in norm["must"]["reach"]
            and "$" not in str(norm["must"]["reach"]["at_least"])
        ):
            low = norm["must"]["reach"].pop("at_least")
            number, _, unit = str(low).partition(" ")
            double = f"{int(number) * 2} {unit}".strip()
            norm["milestones"] = [
                {"at_least": low, "within": "2 days"},
                {"at_least": double if unit else int(number) * 2, "within": "4 days"},
            ]
        elif roll < 0.6 and started:
            norm["within"] = self.of(self.length(), self.length(), "0 days")
        elif roll < 0.85 and "when" in norm:
            norm["every"] = self.of(
                "day",
                "week",
                "2 days",
                "3 days",
                "36 hours",
                self.cell("clock", "month", "quarter", "year", "2 working days"),
            )
        elif roll < 0.9:
            norm["no_deadline"] = True
        else:
            norm["by"] = self.of("2026-03-07", "2026-03-09T12:00:00Z", "2026-03-12T00:00:00Z")

    def must_not(self, norm: Written) -> list[Written]:
        norm["must_not"] = self.match(self.of("raid", "raid", "task", "pay"))
        self.continuing(norm)
        written = [norm]
        if self.may(0.4, 2):
            act = json.loads(json.dumps(norm["must_not"]))
            act.pop("evidence", None)
            if act["event"] == "raid":
                act.setdefault("where", {})["cause"] = "rescue"
            else:
                act["confirmed_by"] = {"all": ["panel"]}
            permission = {"id": norm["id"] + "_may", "who": norm["who"], "may": act, "overrides": [norm["id"]]}
            if self.rng.random() < 0.3:
                permission["while"] = self.cond()
            if self.may(0.3, 3):
                permission["when"] = self.trigger()
            written.append(permission)
        return written

    def keep(self, norm: Written) -> list[Written]:
        norm["keep"] = self.bound()
        self.continuing(norm)
        return [norm]

    def continuing(self, norm: Written) -> None:
        roll = self.rng.random()
        if roll < 0.7:
            norm["while"] = self.cond()
        elif roll < 0.85 and self.level >= 3:
            norm["when"] = self.trigger()
        if self.may(0.3):
            norm["grace"] = self.cell("clock", "1 day", "2 days", "36 hours", "1 working day")
        if self.may(0.35, 2):
            norm["waived_by"] = "board"
        if self.may(0.3, 2):
            norm["unless"] = self.cond()
        if self.may(0.4):
            norm["observed_by"] = self.match("sight")
            norm["observe_every"] = self.cell("days", "3 days", "5 days", "48 hours")

    def versions(self, norm: Written, kind: str) -> list[Written]:
        """An amendment changes a figure or a condition; sometimes a version ends and none follows."""
        first, *others = getattr(self, kind)(dict(norm))
        second = json.loads(json.dumps(first))
        if kind == "must":
            self.amended_duty(second)
        elif kind == "keep":
            second["keep"] = {**second["keep"], **self.other_limit(second["keep"])}
        elif self.rng.random() < 0.5:
            second["must_not"] = self.match(second["must_not"]["event"])
        for name in ("while", "unless"):
            if name in second and self.rng.random() < 0.2:
                second[name] = self.cond()
        if self.rng.random() < 0.7:
            second.pop("grace", None)
        day = self.rng.randint(5, 10)
        first["valid"] = {"from": "2026-03-01", "to": f"2026-03-{day:02d}", "version": 1}
        second["valid"] = {"from": f"2026-03-{day + 1:02d}", "version": 2}
        if kind == "must":
            alike = ("every" in first) == ("every" in second)  # no text says what a series makes of a single duty
            second["valid"]["open_instances"] = self.of("keep_old", *(["rebase", "restart", "close"] if alike else []))
        return [first, *others] if self.rng.random() < 0.15 else [first, second, *others]

    def amended_duty(self, norm: Written) -> None:
        if "within" in norm:
            norm["within"] = self.length()
        if "by" in norm:
            norm["by"] = self.of("2026-03-07", "2026-03-12T00:00:00Z", "2026-03-14")
        if "every" in norm:
            norm["every"] = self.of("day", "2 days", "36 hours")
        if "when" in norm and "cures" not in norm and self.rng.random() < 0.2:
            norm["when"] = self.trigger()
        if "reach" not in norm["must"] and self.rng.random() < 0.15:
            for name in ("within", "by", "every", "no_deadline", "early", "paused_while"):
                norm.pop(name, None)
            self.deadline(norm, reach=False)

    def other_limit(self, bound: Written) -> Written:
        """Another number of the same unit."""
        name = "at_least" if "at_least" in bound else "at_most"
        of_tons = "stock" in json.dumps(bound)
        if "per" in bound:
            return {name: self.of("50 %", "60 %")}
        if "count" in bound:
            return {name: self.cell("times", 1, 2)}
        return {name: self.cell("tons", "30 t", "51 t") if of_tons else self.cell("usd", "5 USD", "9 USD")}

    # states

    def state(self, id_: str) -> Written:
        state: Written = {"id": id_}
        earlier = [s for s in ("s1", "s2", "s3") if s < id_]
        kept, self.states = self.states, earlier
        if self.may(0.25, 2):
            state["holds_while"] = self.cond(states=bool(earlier))
        else:
            simple = self.rng.random() < 0.4
            state["begins"] = {"event": "go"} if simple else self.trigger(states=bool(earlier))
            if self.rng.random() < 0.7:
                state["ends"] = {"event": "stop"} if simple else self.trigger(states=bool(earlier))
            if self.may(0.2):
                state["initially"] = True
        if "$" in json.dumps(state):
            state["for_each"] = self.ranges
        self.states = kept
        return state

    def provision(self) -> Written:
        count = self.rng.randint(1, 2 + (self.level >= 2))
        states = [self.state("s1")]
        for number in range(count):
            self.norms += self.norm(f"n{number}")
        states.append(self.state("s2"))
        if not any("may" not in norm for norm in self.norms):
            self.norms += self.must_not({"id": "ban", "who": "A"})
        return {
            "provision": "1", "title": "random", "text": "none", "source": "invented",
            "states": states, "norms": self.norms,
        }  # fmt: skip

    def reading(self) -> Written:
        """Another rule of the same name may have been meant, or a state that begins otherwise."""
        other: Written = {"id": "other", "title": "otherwise"}
        if self.rng.random() < 0.75:
            id_ = self.of(*(norm["id"] for norm in self.norms if "may" not in norm))
            kept, self.norms = self.norms, [norm for norm in self.norms if norm["id"] != id_]
            other["norms"] = [norm for norm in self.norm(id_) if norm["id"] == id_]
            self.norms = kept
        else:
            other["states"] = [self.state(self.of("s1", "s2"))]
        options = [{"id": "as_written", "title": "as written"}, other]
        return {
            "id": "r", "question": "Which?", "about": ["none"], "options": options,
            "chosen": "as_written", "because": "so it stands",
        }  # fmt: skip


def drafts(seed: int, level: int) -> Iterator[Written]:
    """Provisions to be tried until the checks take one: with a reading, where level and luck want one, then without."""
    for attempt in range(1000):
        books = Books(seed * 1000 + attempt, level)
        plain = books.provision()
        if books.may(0.4, 2):
            yield plain | {"readings": [books.reading()]}
        yield plain | {"readings": []}


def write_book(provision: Written, folder: Path, zone: str = "UTC") -> None:
    """JSON is YAML."""
    (folder / "provisions").mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.yaml").write_text(json.dumps(VOCABULARY | {"zone": zone}), encoding="utf-8")
    (folder / "provisions" / "one.yaml").write_text(json.dumps(provision), encoding="utf-8")


def load_written(provision: Written, zone: str = "UTC") -> Rulebook | None:
    """The rule book, or None where the checks refuse it."""
    with tempfile.TemporaryDirectory() as folder:
        write_book(provision, Path(folder), zone)
        return check_rulebook(folder)[0]


def random_book(seed: int, level: int, days: int = 0, zone: str = "UTC") -> tuple[Written, Rulebook]:
    """A book that the checks accept: refused ones are drawn again. `days`: its dates are so many days later."""
    for draft in drafts(seed, level):
        provision = later(draft, days)
        book = load_written(provision, zone)
        if book is not None:
            return provision, book
    raise AssertionError("no random book was accepted")


def later(written: Any, days: int) -> Any:
    """The same with every date and time moved."""

    def moved(found: re.Match[str]) -> str:
        return (date.fromisoformat(found[0]) + timedelta(days=days)).isoformat()

    return json.loads(re.sub(r"20\d\d-\d\d-\d\d", moved, json.dumps(written)))


# --- logs -------------------------------------------------------------------------------------------------------------


def random_log(seed: int, level: int, provision: Written) -> list[Written]:
    """10 to 25 rows, mostly of the events that the book reads. Times lie on a coarse grid: they meet
    each other, deadlines and window edges."""
    rng = random.Random(f"log {seed} {level}")
    asked = re.findall(r'"(?:event|count)": "(\w+)"|"(\w+)\.(?:tons|amount)"', json.dumps(provision))
    read = [one or other for one, other in asked if one != "task" or rng.random() < 0.7]
    days = DAYS * rng.choice((1, 1, 3, _stretch(provision)))
    rows: list[Written] = []
    for number in range(rng.randint(8, 18)):
        event = rng.choice(read) if read and rng.random() < 0.8 else rng.choice(list(VOCABULARY["events"]))
        rows.append({"id": f"e{number:02d}", **_act(rng, level, event, days)})
    if level >= 2:
        for number in range(rng.randint(0, 5)):
            row = _built_in(rng, provision["norms"], rows)
            if row:
                rows.append({"id": f"x{number}", **row})
    for number in range(rng.randint(0, 4)):
        rows.append({"id": f"w{number}", **_later_word(rng, level, rows)})
    return rows


def _stretch(provision: Written) -> int:
    """So much longer is a log that lets whole months, quarters, years pass."""
    text = json.dumps(provision)
    found = [most for word, most in (("month", 5), ("quarter", 14), ("year", 48)) if re.search(rf'[" ]{word}"', text)]
    return max(found, default=1)


def _when(rng: random.Random, level: int, days: int = DAYS) -> Any:
    day = START + timedelta(days=rng.randint(0, days))
    if level >= 2 and rng.random() < 0.1:
        if rng.random() < 0.5:
            return day.date().isoformat()
        later = day + timedelta(hours=rng.choice((6, 24, 36, 60)))
        return {"from": _text(day), "to": _text(later)}
    return _text(day + timedelta(hours=rng.choice((0, 0, 0, 6, 12, 12, 18))))


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _act(rng: random.Random, level: int, event: str, days: int) -> Written:
    row: Written = {"at": _when(rng, level, days), "event": event}
    for name in ("of", "by", "to"):
        if name in VOCABULARY["events"][event]["fields"] and rng.random() < 0.85:
            row[name] = rng.choice(("A", "B"))
    if event == "raid":
        row["place"] = rng.choice(("hill", "hill", "dale", "north", "south", "land"))
        if rng.random() < 0.6:
            row["cause"] = rng.choice(("none", "rescue"))
    if event == "stock" and rng.random() < 0.9:
        row["tons"] = rng.choice((0, 5, 30, 50, 51, 100, 101))
    if event == "pay":
        row["amount"] = rng.choice((1, 4, 5, 8, 9))
    if rng.random() < 0.18:
        row["evidence"] = rng.choice(("alleged", "reported"))
    return row


def _built_in(rng: random.Random, norms: list[Written], rows: list[Written]) -> Written | None:
    can = [n for n in norms if "may" not in n and ("must" not in n or {"extendable", "waived_by"} & set(n))]
    norm = rng.choice(can or norms)
    row: Written = {"at": _when(rng, 1), "norm": norm["id"], "by": rng.choice(("board", "board", "panel", "A"))}
    if "for_each" in norm and rng.random() < 0.5:
        row["for"] = {"t": rng.choice(("x", "y"))} if "t" in norm["for_each"] else {"p": rng.choice(("A", "B"))}
    roll = rng.random()
    if "extendable" in norm and roll < 0.6:
        row["event"] = "extension"
        if rng.random() < 0.6:
            row["days"] = rng.randint(1, 4)
        else:
            row["until"] = (START + timedelta(days=rng.randint(3, 14))).date().isoformat()
    elif "waived_by" in norm and roll < 0.8:
        row |= {"event": "waiver", "why": "asked"}
    else:
        row |= {"event": "ruling", "outcome": rng.choice(("violation", "no_violation"))}
        named = set(re.findall(r'"(?:event|count)": "(\w+)"', json.dumps(norm)))
        timed = [r for r in rows if isinstance(r["at"], str) and len(r["at"]) > 10 and "norm" not in r]
        fitting = [r for r in timed if r["event"] in named] or timed
        if not fitting:
            return None
        row["instance" if "must" in norm else "breach_by"] = rng.choice(fitting)["id"]
    if rng.random() < 0.1:
        row["evidence"] = "alleged"
    return row


def _later_word(rng: random.Random, level: int, rows: list[Written]) -> Written:
    target = rng.choice([r for r in rows if "event" in r])
    known = _text(START + timedelta(days=rng.randint(5, DAYS + 2), hours=1))
    roll = rng.random()
    if roll < 0.2:
        return {"retracts": target["id"], "known": known}
    if roll < 0.5 and "norm" not in target:
        word: Written = {"corrects": target["id"], "known": known}
        if rng.random() < 0.5:
            word["at"] = _when(rng, level)
        else:
            word["evidence"] = rng.choice(("alleged", "verified"))
        return word
    word = {"confirms": target["id"], "by": rng.choice(("panel", "A", "B", "board", "panel")), "at": _when(rng, level)}
    if rng.random() < 0.15:
        word["evidence"] = "alleged"
    return word
