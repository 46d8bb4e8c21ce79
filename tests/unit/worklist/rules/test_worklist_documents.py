"""Documents: hl7console.worklist.rules.documents."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from results_kit import ROE, mdm, operator, order, play

from hl7console.worklist.rows import CONFLICT, DOCUMENT

BARE = "14= 15="
"""A document that names no order."""


def test_a_document_before_its_order_is_joined_when_that_comes():
    assert play(mdm(), order()).only(DOCUMENT).number("order") == 1


def test_a_document_of_another_person_is_kept_apart():
    played = play(order(), mdm(pid=f"@PID {ROE}"))
    assert not played.only(DOCUMENT).number("order")
    assert played.errors() == ["document_names_other_patient"]
    joined = play(order(), mdm(pid=f"@PID {ROE}"), operator("link_document", document=2))
    assert joined.only(DOCUMENT).number("order") == 1


def test_another_person_can_not_take_a_document_over():
    played = play(order(), mdm(), mdm("T08", "17=LA", pid=f"@PID {ROE}"))
    assert played.is_refused
    assert played.errors() == ["document_of_other_patient"]
    assert played.only(DOCUMENT).text("status") == "draft"
    assert len(played.rows(CONFLICT)) == 1


def test_a_cancel_for_another_person_takes_the_link_away():
    other = f"@ADT A04\n@EVN\n@PID {ROE}\n@PV1"
    played = play(other, order(), mdm(), mdm("T11", "", pid=f"@PID {ROE}"))
    document = played.only(DOCUMENT)
    assert not played.is_refused
    assert document.number("is_hidden") == 1
    assert (document.number("patient"), document.number("order")) == (0, 0)


def test_a_cancel_for_the_same_person_keeps_the_link():
    document = play(order(), mdm(), mdm("T11")).only(DOCUMENT)
    assert (document.number("is_hidden"), document.number("order")) == (1, 1)
    assert document.text("availability") == "CA"


def test_a_cancelled_document_is_not_joined_any_more():
    assert not play(mdm(), mdm("T11"), order()).only(DOCUMENT).number("order")


def test_an_addendum_belongs_to_its_documents_order():
    added = mdm("T06", f"12=DOC2^RIS 13=DOC1^RIS {BARE}", "@OBX 5=More.")
    played = play(order(), mdm(), added)
    assert [d.number("order") for d in played.rows(DOCUMENT)] == [1, 1]
    assert played.rows(DOCUMENT)[0].text("availability") == "AV"


def test_an_addendum_of_another_person_does_not():
    added = mdm("T06", f"12=DOC2^RIS 13=DOC1^RIS {BARE}", pid=f"@PID {ROE}")
    played = play(order(), mdm(), added)
    assert played.errors() == ["document_parent_of_other_patient"]
    assert [d.number("order") for d in played.rows(DOCUMENT)] == [1, 0]


def test_a_replacement_is_named_on_what_it_replaces():
    played = play(order(), mdm(), mdm("T10", "12=DOC2^RIS 13=DOC1^RIS"))
    old, new = played.rows(DOCUMENT)
    assert (old.text("availability"), old.number("superseded_by")) == ("OB", new.id)


def test_what_a_document_adds_to_may_be_unknown_or_missing():
    assert "document_parent_unknown" in play(mdm("T06", "13=DOC0^RIS")).codes()
    assert "document_without_parent" in play(mdm("T06")).codes()


def test_a_status_change_leaves_the_text():
    document = play(mdm(), mdm("T04", "17=AU", "@OBX 5=no text of the document")).only(DOCUMENT)
    assert (document.text("status"), document.text("text")) == ("final", "No fracture.")


def test_an_edit_tells_the_text_anew_and_counts_the_versions():
    document = play(mdm(), mdm("T08", "17=LA", "@OBX 5=New.")).only(DOCUMENT)
    assert document.text("text") == "New."
    assert [list(v) for v in document.list("versions")] == [[1, "DI"], [2, "LA"]]


def test_a_change_of_an_unknown_document_makes_it():
    played = play(mdm("T08"))
    assert "document_made_by_update" in played.only(DOCUMENT).list("flags")


def test_a_document_needs_a_number():
    played = play(mdm("T02", "12="))
    assert played.errors() == ["document_without_number"]
    assert not played.rows(DOCUMENT)


def test_an_older_message_changes_nothing():
    message = mdm("T08", "17=LA").replace("@EVN", "@EVN 2=20261103070000")
    played = play(mdm(), message)
    assert played.codes() == ["message_older"]
    assert played.only(DOCUMENT).text("status") == "draft"


def test_an_embedded_document_is_named_and_not_kept():
    played = play(mdm("T02", "", "@OBX 2=ED 5=^application^pdf^Base64^JVBERi0"))
    document = played.only(DOCUMENT)
    assert document.list("attachments")[0][2:] == ["ED", "application", "pdf"]
    assert "JVBERi0" not in str(document.values)
