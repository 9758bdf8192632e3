"""The mappings that ship, on invented rows of the same shape as the files that they are for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from engine.events import Row, as_known
from engine.intake import read_events
from engine.language import check_rulebook
from engine.problems import Problem
from engine.time import format_instant
from engine.vocabulary import Vocabulary

ROOT = Path(__file__).parents[2]
MAPPINGS = ROOT / "fixtures" / "mappings"
BOOKS = {
    "alerts": MAPPINGS / "books" / "alerts",
    "osce": MAPPINGS / "books" / "osce",
    "strikes": ROOT / "rules" / "truce",
}
Read = Callable[[str, str], tuple[list[Row], list[Problem]]]


def words_of(name: str) -> Vocabulary:
    book, _ = check_rulebook(BOOKS[name])
    assert book is not None
    return book.vocabulary


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    def read(name: str, table: str) -> tuple[list[Row], list[Problem]]:
        monkeypatch.chdir(tmp_path)
        Path(f"{name}.csv").write_text(table, encoding="utf-8")
        return read_events(f"{name}.csv", words_of(name), MAPPINGS / f"{name}.yaml")

    return read


@pytest.mark.parametrize("name", ["alerts", "osce"])
def test_the_least_book_that_reads_a_mapped_log_has_nothing_wrong_with_it(name: str) -> None:
    book, problems = check_rulebook(BOOKS[name])
    assert book is not None
    assert problems == []


STRIKES = "time_start,time_end,model,launch_place,target,target_main,launched,destroyed,source\n"


def test_a_wave_of_strikes_is_a_reported_strike_and_a_claim_of_its_total(read: Read) -> None:
    rows, problems = read(
        "strikes", STRIKES + "2031-05-01 21:00 ,2031-05-02 9:30,X-101/X-555,,south,,12.0,10.0,post/1\n"
    )
    assert problems == []
    strike, total = rows
    assert (strike.event, strike.evidence, strike.kept["source"]) == ("strike", "reported", "post/1")
    assert strike.fields == {"by": "RU", "place": "ukraine", "weapon": "missile", "model": "X-101/X-555"}
    assert strike.kept["note"] == "south"
    assert strike.span is not None
    assert [format_instant(end) for end in strike.span] == ["2031-05-01T18:00:00Z", "2031-05-02T06:30:00Z"]
    assert (total.event, total.fields["claimed_by"], total.fields["launched"]) == ("strike_total", "UA", Decimal(12))


def test_a_strike_with_only_a_date_happened_somewhere_in_that_day(read: Read) -> None:
    rows, problems = read("strikes", STRIKES + '2031-05-01,2031-05-01 ,Lancet,,"Odesa oblast, Izmail",,1.0,,post/2\n')
    assert problems == []
    assert rows[0].span is not None and rows[0].fields["place"] == "odesa"
    assert [format_instant(end) for end in rows[0].span] == ["2031-04-30T21:00:00Z", "2031-05-01T20:59:59.999999Z"]
    assert "destroyed" not in rows[1].fields


def test_reconnaissance_is_an_overflight_and_no_strike(read: Read) -> None:
    rows, problems = read("strikes", STRIKES + "2031-05-01,2031-05-01,Orlan-10,,Kherson oblast,,2.0,2.0,post/3\n")
    assert problems == []
    assert [(row.event, row.fields["place"]) for row in rows] == [("overflight", "kherson")]


def test_a_drone_that_nobody_named_is_only_alleged_to_have_struck(read: Read) -> None:
    rows, _ = read("strikes", STRIKES + "2031-05-01,2031-05-01,Unknown UAV,,Sumy oblast,,1.0,1.0,post/4\n")
    assert (rows[0].event, rows[0].evidence) == ("strike", "alleged")


def test_a_blank_count_claims_nothing(read: Read) -> None:
    rows, problems = read("strikes", STRIKES + "2031-05-01,2031-05-01,GBU,,,,,,post/5\n")
    assert problems == []
    assert [(row.event, row.fields["weapon"], row.fields["place"]) for row in rows] == [
        ("strike", "aircraft_bomb", "ukraine")
    ]


def test_a_model_or_place_that_the_mapping_does_not_know_is_told(read: Read) -> None:
    rows, problems = read("strikes", STRIKES + "2031-05-01,2031-05-01,Trebuchet,,Atlantis,,1.0,1.0,post/6\n")
    assert [row.event for row in rows] == ["strike_total"]
    assert [problem.place for problem in problems] == ["strikes.csv:2:model", "strikes.csv:2:target"]


ALERTS = "oblast,raion,hromada,level,started_at,finished_at,source\n"


def test_an_alert_is_its_start_and_its_end(read: Read) -> None:
    table = ALERTS + "Kyiv City,,,oblast,2031-05-01 10:00:00+00:00,2031-05-01 11:30:00+00:00,official\n"
    table += "Poltavska oblast,R raion,H hromada,hromada,2031-05-01 10:00:00+00:00,2031-05-01 11:00:00+00:00,official\n"
    rows, problems = read("alerts", table)
    assert problems == []
    assert Counter(row.event for row in rows) == {"alert_start": 2, "alert_end": 2}
    assert [row.fields["place"] for row in rows] == ["kyiv_city"] * 2 + ["poltava"] * 2
    assert rows[2].fields["area"] == "R raion, H hromada"


def test_a_raion_in_the_place_of_the_oblast_is_noticed(read: Read) -> None:
    table = ALERTS + "R raion,Poltavska oblast,,raion,2031-05-01 10:00:00+00:00,2031-05-01 11:00:00+00:00,official\n"
    rows, problems = read("alerts", table)
    assert rows == []
    assert [(problem.place, problem.code) for problem in problems] == [("alerts.csv:2:oblast", "unmapped-value")]


OSCE = "report_no,issued,as_of_local,window_nights,region,cv,prev_cv,explosions,note\n"


def test_a_count_belongs_to_its_reporting_period_and_is_known_when_issued(read: Read) -> None:
    table = OSCE + "7/2031,2031-03-31,2031-03-30T19:30,2,Donetsk,15,,3,weekend\n"
    table += "8/2031,2031-04-01,2031-03-31T19:30,1,Luhansk,,,,\n"
    rows, problems = read("osce", table)
    assert problems == []
    assert rows[0].id == "osce-7/2031-Donetsk" and rows[0].span is not None
    # Clocks went forward on the 30th: two nights are 47 hours.
    assert [format_instant(end) for end in rows[0].span] == ["2031-03-28T17:30:00Z", "2031-03-30T16:30:00Z"]
    assert format_instant(rows[0].known) == "2031-03-31T20:59:59.999999Z"
    assert "violations" not in rows[1].fields  # not counted is not none


def test_a_restated_figure_is_a_correction(read: Read) -> None:
    table = (
        OSCE
        + "230/2021,2021-10-01,2021-09-30T19:30,1,Luhansk,9,,,\n231/2021,2021-10-02,2021-10-01T19:30,1,Luhansk,4,8,,\n"
    )
    rows, problems = read("osce", table)
    assert problems == []
    words = words_of("osce")
    before = as_known(rows, words, rows[0].known).events
    after = as_known(rows, words).events
    assert before[0].fields["violations"] == Decimal(9)
    assert [event.fields["violations"] for event in after] == [Decimal(8), Decimal(4)]
