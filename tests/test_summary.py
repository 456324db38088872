"""The summary task: what of a model's draft survives, and a schema that every vendor takes."""

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bot.summary import Citation, Draft, Entry, Summary, checked
from bot.summary import schema as summary_schema
from bot.transcript import Message, Transcript

TALK = Transcript([Message(f"170000000{number}.000100", "Ada", "words") for number in range(1, 6)])
SECTIONS = ("points", "decisions", "actions", "open_questions")


def draft(headline: str = "All is well", /, **sections: list[dict[str, Any]]) -> Draft:
    return Draft.model_validate({"headline": headline, **dict.fromkeys(SECTIONS, []), **sections})


def entry(*sources: int, text: str = "It rained") -> dict[str, Any]:
    return {"text": text, "sources": list(sources)}


def cited(*sources: int) -> tuple[int, ...] | None:
    """The numbers that are left of an entry's, None where the entry goes."""
    found = checked(draft(points=[entry(*sources)]), TALK).points
    return tuple(citation.number for citation in found[0].citations) if found else None


@pytest.mark.parametrize(
    ("sources", "left"),
    [
        ((1,), (1,)),
        ((5,), (5,)),
        ((3, 1), (1, 3)),
        ((2, 2, 2), (2,)),
        ((1, 99, 5), (1, 5)),
        ((6,), None),
        ((0,), None),
        ((-1,), None),
        ((0, -5, 4), (4,)),
        ((10**40,), None),
        ((), None),
    ],
)
def test_it_keeps_the_citations_that_exist(sources: tuple[int, ...], left: tuple[int, ...] | None) -> None:
    assert cited(*sources) == left


def test_it_gives_a_citation_the_id_of_its_message() -> None:
    [found] = checked(draft(points=[entry(2, 4)]), TALK).points

    assert found.citations == (Citation(number=2, ts="1700000002.000100"), Citation(number=4, ts="1700000004.000100"))


def test_it_drops_and_counts_entries_without_a_citation_in_every_section() -> None:
    sections = {name: [entry(1), entry(9), entry(), entry(2, text=" \n")] for name in SECTIONS}

    found = checked(draft(**sections), TALK)

    assert found.dropped == 12
    assert [len(getattr(found, name)) for name in SECTIONS] == [1, 1, 1, 1]


def test_it_drops_nothing_from_a_sound_draft() -> None:
    found = checked(draft(points=[entry(1)], open_questions=[entry(5)]), TALK)

    assert found.dropped == 0


def test_it_keeps_the_order_of_the_entries() -> None:
    found = checked(draft(points=[entry(5, text="first"), entry(9), entry(1, text="second")]), TALK)

    assert [point.text for point in found.points] == ["first", "second"]


def test_it_keeps_who_owes_what_and_when() -> None:
    decision, action = entry(1) | {"by": " Ada "}, entry(2) | {"owner": "Ben", "due": "by\nFriday"}

    found = checked(draft(decisions=[decision], actions=[action]), TALK)

    assert (found.decisions[0].by, found.decisions[0].owner) == ("Ada", "")
    assert (found.actions[0].owner, found.actions[0].due) == ("Ben", "by Friday")


def test_it_drops_everything_where_nothing_was_said() -> None:
    found = checked(draft(points=[entry(1), entry(0)]), Transcript([]))

    assert found == Summary(headline="All is well", dropped=2)


def test_it_puts_every_text_on_one_line() -> None:
    found = checked(draft(" The state\nof things ", points=[entry(1, text="\tone\r\ntwo\u2028three ")]), TALK)

    assert found.headline == "The state of things"
    assert found.points[0].text == "one two three"


@pytest.mark.parametrize("char", ["\ud83d", "\x00", "\x1b", "\u202e", "\U000e0041"])
def test_it_leaves_out_characters_that_mislead_or_cannot_be_stored(char: str) -> None:
    words = json.loads(json.dumps(f"a{char}b"))

    found = checked(draft(words, actions=[entry(1, text=words) | {"by": words, "owner": words, "due": words}]), TALK)

    assert found.headline == "ab"
    assert found.actions == (
        Entry(text="ab", by="ab", owner="ab", due="ab", citations=(Citation(number=1, ts="1700000001.000100"),)),
    )
    assert Summary.model_validate_json(found.model_dump_json()) == found


ENTRIES = st.lists(st.fixed_dictionaries({"text": st.text(), "sources": st.lists(st.integers())}), max_size=4)


@settings(deadline=None)
@given(headline=st.text(), points=ENTRIES, actions=ENTRIES)
def test_it_cites_only_messages_that_exist_whatever_a_model_writes(
    headline: str, points: list[dict[str, Any]], actions: list[dict[str, Any]]
) -> None:
    found = checked(draft(headline, points=points, actions=actions), TALK)

    kept = (*found.points, *found.actions)
    assert len(kept) + found.dropped == len(points) + len(actions)
    assert all(line.text and line.citations for line in kept)
    assert all(TALK.ts(citation.number) == citation.ts for line in kept for citation in line.citations)


def schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from schemas(inner)
    if "items" in schema:
        yield from schemas(schema["items"])


def test_it_closes_every_object_of_its_schema_and_requires_every_property() -> None:
    objects = [schema for schema in schemas(summary_schema()) if schema["type"] == "object"]

    assert len(objects) == 5
    for schema in objects:
        assert schema["additionalProperties"] is False
        assert schema["required"] == list(schema["properties"])


def test_it_uses_only_what_all_vendors_take() -> None:
    keywords = {"type", "properties", "required", "additionalProperties", "items"}

    for schema in schemas(summary_schema()):
        assert set(schema) <= keywords
        assert schema["type"] in ("object", "array", "string", "integer")
    Draft202012Validator.check_schema(summary_schema())


def test_it_can_read_whatever_fits_its_schema() -> None:
    line = {"text": "x", "sources": [1]}
    sample = {
        "headline": "x",
        "points": [line],
        "decisions": [line | {"by": "Ada"}],
        "actions": [line | {"owner": "Ben", "due": "Friday"}],
        "open_questions": [line | {"sources": [1.0]}],
    }

    assert Draft202012Validator(summary_schema()).is_valid(sample)
    assert len(checked(Draft.model_validate(sample), TALK).open_questions) == 1


@pytest.mark.parametrize("number", [1e19, 1e300, -5, 0, 2**70])
def test_it_survives_numbers_that_no_message_has(number: float) -> None:
    entry = {"text": "Said.", "sources": [number, 1]}
    made = Draft.model_validate(
        {"headline": "h", "points": [entry], "decisions": [], "actions": [], "open_questions": []}
    )

    [point] = checked(made, Transcript([Message("1700000000.000100", "Ada", "hello")])).points

    assert [citation.number for citation in point.citations] == [1]


@pytest.mark.parametrize("word", ["x" * 40_000, "a." * 20_000, "http://" + "." * 40_000, "a://" * 10_000])
def test_it_looks_for_links_in_a_very_long_word_quickly(word: str) -> None:
    started = time.process_time()

    checked(draft(word), Transcript([Message("1700000000.000100", "Ada", word)]))

    assert time.process_time() - started < 1
