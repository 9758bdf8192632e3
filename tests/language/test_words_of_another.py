"""A vocabulary that reads the log of another agreement beside its own."""

from __future__ import annotations

from engine.vocabulary import EventType, FieldType, Vocabulary, with_words_of


def vocabulary(*events: EventType, **more: object) -> Vocabulary:
    return Vocabulary("x", "UTC", events={event.name: event for event in events}, **more)  # type: ignore[arg-type]


def weapon(*values: str, required: bool = True) -> FieldType:
    return FieldType("weapon", "enum", values=values, required=required)


def test_names_and_event_types_of_the_other_stand_beside_the_own_ones() -> None:
    own = vocabulary(EventType("strike", {}), parties={"A": "own"}, places={"ford": None})
    other = vocabulary(
        EventType("vote", {}), parties={"A": "theirs", "B": "b"}, places={"ford": "valley", "valley": None}
    )
    found = with_words_of(own, other)
    assert set(found.event_types) >= {"strike", "vote"}
    assert found.parties == {"A": "own", "B": "b"}
    assert found.places == {"ford": None, "valley": None}
    assert with_words_of(own, own) == own


def test_a_body_here_that_is_a_party_there_stays_a_body() -> None:
    own = vocabulary(bodies={"board": "the Board"}, parties={"A": "a"})
    other = vocabulary(parties={"board": "the Board"}, bodies={"A": "a"})
    found = with_words_of(own, other)
    assert (dict(found.parties), dict(found.bodies)) == ({"A": "a"}, {"board": "the Board"})


def test_an_event_that_both_have_takes_the_values_and_fields_of_both() -> None:
    own = vocabulary(EventType("strike", {"weapon": weapon("missile")}))
    theirs = {"weapon": weapon("drone", "missile"), "rounds": FieldType("rounds", "number", unit="rounds")}
    fields = with_words_of(own, vocabulary(EventType("strike", theirs))).events["strike"].fields
    assert fields["weapon"].values == ("missile", "drone")
    assert fields["weapon"].required
    assert not fields["rounds"].required


def test_a_field_that_is_of_another_type_here_keeps_the_events_of_the_other_out() -> None:
    own = vocabulary(EventType("strike", {"size": FieldType("size", "number", unit="t")}))
    other = vocabulary(
        EventType("claim", {"size": FieldType("size", "text")}),
        EventType("strike", {"size": FieldType("size", "number", unit="kg"), "weapon": weapon("drone")}),
    )
    assert with_words_of(own, other).events == own.events
