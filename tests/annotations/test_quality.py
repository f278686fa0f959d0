"""What is doubted, and how far analysts agree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vigilbot.annotations.agreement import agreement
from vigilbot.annotations.editing import rewordings
from vigilbot.annotations.rules import ROW, doubts
from vigilbot.models import (
    EVERYONE,
    Adoption,
    Annotation,
    Candidate,
    Judged,
    MissingKnowledge,
    Preference,
    PreferenceGrade,
    Relevance,
    RelevanceGrade,
    Side,
    Statement,
)

GIVEN, OTHER = Candidate("a", "x", "given"), Candidate("b", "x", "other_references")


def said(statement: Statement, *, id_: str = "made", turn: str = "t", took: float = 20.0) -> Annotation:
    return Annotation(id_, "s", turn, "ann", EVERYONE, statement, True, 100.0, 100.0 + took)


def relevance(*grades: RelevanceGrade) -> Relevance:
    return Relevance(tuple(Judged(number, f"e{number}", 1, grade) for number, grade in enumerate(grades, start=1)))


def prefers(side: Side, id_: str = "made") -> Annotation:
    return said(Preference(GIVEN, OTHER, side, "better"), id_=id_)


def test_relevant_under_an_answer_called_off_the_topic_is_doubted_on_both_sides() -> None:
    made, before = said(relevance("relevant", "not_relevant")), said(Adoption("unused", ("wrong_topic",)), id_="before")
    assert set(doubts(made, [before, made], [made])) == {"made", "before"}
    harmless = said(Adoption("unused", ("too_late",)), id_="before")
    assert doubts(made, [harmless, made], [made]) == {}


def test_an_answer_used_as_it_is_over_passages_called_useless_is_doubted() -> None:
    made, before = said(relevance("not_relevant", "not_relevant")), said(Adoption("used"), id_="before")
    assert set(doubts(made, [before, made], [made])) == {"made", "before"}


@pytest.mark.parametrize(
    ("adoption", "side", "grade", "doubted"),
    [
        (Adoption("used"), "right", "significantly_better", True),
        (Adoption("used", suggested="a", sent="a"), "right", "significantly_better", True),
        (Adoption("edited", suggested="a", sent="b [1]"), "left", "significantly_better", True),
        (Adoption("used"), "right", "better", False),
        (Adoption("used"), "left", "significantly_better", False),
        (Adoption("edited", suggested="a", sent="something else"), "right", "significantly_better", False),
        (Adoption("unused", ("too_late",)), "right", "significantly_better", False),
        (Adoption("used"), None, "tie", False),
    ],
)
def test_whoever_finds_one_answer_far_better_does_not_send_the_other(
    adoption: Adoption, side: Side | None, grade: PreferenceGrade, doubted: bool
) -> None:
    compared, before = said(Preference(GIVEN, OTHER, side, grade)), said(adoption, id_="before")
    assert set(doubts(compared, [before, compared], [compared])) == ({"made", "before"} if doubted else set())


@pytest.mark.parametrize(("seconds", "doubted"), [(0.4, True), (1.5, False)])
def test_a_form_sent_within_a_second_is_doubted(seconds: float, doubted: bool) -> None:
    made = said(Adoption("used"), took=seconds)
    assert bool(doubts(made, [made], [made])) is doubted


def test_always_the_same_side_is_doubted_once_there_are_enough() -> None:
    row = [prefers("left", str(number)) for number in range(ROW)]
    assert doubts(row[0], [row[0]], row[: ROW - 1]) == {}
    assert list(doubts(row[0], [row[0]], row)) == ["0"]
    mixed = [*row[:-1], prefers("right")]
    assert doubts(row[0], [row[0]], mixed) == {}


def test_missing_knowledge_that_says_nothing_is_doubted() -> None:
    empty = said(MissingKnowledge("stuff"))
    assert list(doubts(empty, [empty], [empty])) == ["made"]
    real = said(MissingKnowledge("the port of the proxy"))
    assert doubts(real, [real], [real]) == {}
    assert list(doubts(real, [real], [real, real, real])) == ["made"]


def test_agreement_is_counted_where_two_have_judged_the_same() -> None:
    ann = [said(relevance("relevant", "partly")), said(Adoption("used"))]
    same = [replace(each, analyst="ben") for each in ann]
    alone = said(Adoption("used"), turn="u")
    perfect = agreement([*ann, *same, alone])
    assert (perfect["relevance"].pairs, perfect["relevance"].equal, perfect["relevance"].alpha) == (2, 1.0, 1.0)
    assert perfect["adoption"].alpha is None  # one label alone: nothing can be said against chance
    half = agreement([ann[0], replace(said(relevance("relevant", "not_relevant")), analyst="ben")])["relevance"]
    assert (half.pairs, half.equal) == (2, 0.5)
    assert half.alpha is not None
    assert half.alpha < 0.5
    assert agreement([alone])["adoption"].pairs == 0


def test_an_edit_is_kept_as_what_was_replaced() -> None:
    changes = rewordings("Restart the console on port 80.", "Restart the server on port 8080.")
    assert [(change.before, change.after) for change in changes] == [("console", "server"), ("80", "8080")]
    assert rewordings("as it is", "as it is") == ()
