"""Every kind of message and action in any order, twice, late: what must hold for the worklist."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).parent))

from machine_kit import (
    Site,
    dump,
    index_of,
    ipc,
    kept_index,
    meaning,
    mrg,
    obr,
    orc,
    pid,
    pv1,
    study,
)

from hl7console.worklist.entries import InputEntry, MessageEntry
from hl7console.worklist.lines import line_of, missing_of
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    DOCUMENT,
    EXAM,
    IDENTIFIER,
    MERGE,
    ORDER,
    PATIENT,
    REPORT,
    STEP,
    VISIT,
    WAITING,
)
from hl7console.worklist.states import FINAL, SERVED, StepState
from hl7console.worklist.turn import Severity

IS_FULL = os.environ.get("HL7CONSOLE_FULL") == "1"
PROFILES = ("default", "ihe-swf", "dcm4chee-like")
KEPT = (
    PATIENT, IDENTIFIER, VISIT, ORDER, STEP, APPOINTMENT, REPORT, DOCUMENT, EXAM, CONFLICT, MERGE,
)  # fmt: skip
"""Kinds of which no row goes, except that an undo makes it anew."""
JOINED = (REPORT, DOCUMENT, APPOINTMENT, EXAM)

PERSONS = st.sampled_from(["1", "1", "2", "3", "1+7", "2+8"])
OWNERS = st.sampled_from(["", "", "", "", "1", "2", "3", "1+7", "2+8"])
"""Whom a message names; "" for the person whose order it is at first."""
PLAIN = st.sampled_from(["1", "2", "3"])
NUMBERS = st.sampled_from([1, 1, 2, 3])
VISITS = st.sampled_from(["", "V1", "V2"])
ACCOUNTS = st.sampled_from(["", "ACC1", "ACC2"])
LATE = st.sampled_from([0, 0, 0, 5, 30])
NEW = st.sampled_from(["NW SC", "NW SC", "NW ", "XO SC", "XO ", "SN SC", "NW HD", "CH SC"])
CHANGE = st.sampled_from(
    ["CA ", "CA CA", "DC ", "OC ", "HD ", "RL ", "SC IP", "SC CM", "SC SC", "SC DC", "SC CA",
     "SC A", "UA ", "NA ", "SC HD", "ZZ ", "CR "]
)  # fmt: skip
DOCUMENTS = st.sampled_from(["T01", "T02", "T02", "T03", "T04", "T06", "T08", "T10", "T11"])
UNDONE = st.sampled_from(["A40", "A40", "A43", "A44", "A45", "A47", "A35", "A42"])


class Worklist(RuleBasedStateMachine):
    """What a hospital may send about three persons and three orders."""

    site: Site

    @initialize(profile=st.sampled_from(PROFILES), is_empty=st.booleans())
    def start(self, profile, is_empty):
        self.profile = profile
        self.site = Site(profile)
        self.refused: set[int] = set()
        for n in () if is_empty else (1, 2, 3):
            person = pid(str(n), f"ACC{n}")
            told = [orc("NW", "SC", n), obr(n, n), ipc(n, n, "A", "CT1"), ipc(n, n, "B", "CT2")]
            self._tell(self.site.message("OMI^O23^OMI_O23", person, pv1(f"V{n}"), *told))

    # What is sent. Each rule makes an entry, and `_tell` looks at what it did.

    @rule(
        person=OWNERS, n=NUMBERS, told=NEW, late=LATE, visit=VISITS, account=ACCOUNTS,
        hour=st.sampled_from([9, 14, 0]), step=st.sampled_from("AAB"),
        accession=st.sampled_from([0, 0, 0, 1]),
    )  # fmt: skip
    def order(self, person, n, told, late, visit, account, hour, step, accession):
        person = person or str(n)
        control, status = told.split(" ")
        at = self.site.stamp(late)
        self._tell(
            self.site.message(
                "ORM^O01", pid(person, account), visit and pv1(visit),
                orc(control, status, n, hour, at), obr(n, accession or n, step),
                f"ZDS|{study(n)}^RIS^Application^DICOM", late=late,
            )
        )  # fmt: skip

    @rule(person=OWNERS, n=NUMBERS, told=CHANGE, late=LATE, is_bare=st.booleans())
    def change(self, person, n, told, late, is_bare):
        person = person or str(n)
        control, status = told.split(" ")
        head = orc(control, status, n, 9, self.site.stamp(late))
        more = [] if is_bare else [obr(n, n)]
        self._tell(self.site.message("ORM^O01", pid(person), head, *more, late=late))

    @rule(
        person=OWNERS, n=NUMBERS, control=st.sampled_from(["NW", "NW", "XO", "CA", "DC"]),
        steps=st.sampled_from(["A", "AB", "AB", "BC"]), late=LATE,
    )  # fmt: skip
    def imaging_order(self, person, n, control, steps, late):
        person = person or str(n)
        status = "SC" if control in ("NW", "XO") else ""
        self._tell(
            self.site.message(
                "OMI^O23^OMI_O23", pid(person), orc(control, status, n, 9, self.site.stamp(late)),
                "TQ1|1||||||20261104093000||R", obr(n, n),
                *[ipc(n, n, step, f"CT{place}") for place, step in enumerate(steps, 1)], late=late,
            )
        )  # fmt: skip

    @rule(person=OWNERS, first=NUMBERS, second=NUMBERS, late=LATE,
          words=st.sampled_from([("NW", "NW"), ("RP", "RO"), ("RO", "RP"), ("PA", "CH"),
                                 ("CA", "NW")]))  # fmt: skip
    def two_orders(self, person, first, second, late, words):
        person = person or str(first)
        at = self.site.stamp(late)
        told = []
        for control, n in zip(words, (first, second), strict=True):
            status = "SC" if control in ("NW", "RO", "CH") else ""
            told += [orc(control, status, n, 9, at), obr(n, n)]
        self._tell(self.site.message("ORM^O01", pid(person), *told, late=late))

    @rule(person=PERSONS, visit=VISITS, account=ACCOUNTS, late=LATE,
          event=st.sampled_from(["A01", "A04", "A08", "A31", "A03", "A11", "A13", "A10", "A29"]),
          name=st.sampled_from(["", "", "-", "NEWNAME^NIA"]))  # fmt: skip
    def admission(self, person, visit, account, late, event, name):
        self._tell(
            self.site.message(
                f"ADT^{event}", f"EVN||{self.site.stamp(late)}", pid(person, account, name),
                visit and pv1(visit), late=late,
            )
        )  # fmt: skip

    @rule(to=PLAIN, source=PLAIN, account=ACCOUNTS, visit=VISITS, late=LATE,
          event=st.sampled_from(["A40", "A40", "A34", "A43", "A44", "A45", "A47", "A42", "A35",
                                 "A24", "A37"]),
          name=st.sampled_from(["", "-"]))  # fmt: skip
    def merge(self, to, source, account, visit, late, event, name):
        self._tell(self._merge(event, to, source, account, visit, late, name))

    def _merge(self, event, to, source, account="", visit="", late=0, name=""):
        other = {"ACC1": "ACC2", "ACC2": "ACC1"}.get(account, "") if event == "A35" else account
        pair = [
            pid(to, other, name),
            mrg(source, account, visit if event in ("A45", "A42") else ""),
        ]
        if event in ("A24", "A37"):
            pair = [pid(to), pid(source)]
        if event in ("A45", "A42"):
            pair.append(pv1({"V1": "V2"}.get(visit, "V1") if event == "A42" else visit))
        return self.site.message(f"ADT^{event}", f"EVN||{self.site.stamp(late)}", *pair, late=late)

    @rule(person=OWNERS, n=NUMBERS, late=LATE, hour=st.sampled_from([10, 15]),
          event=st.sampled_from(["S12", "S12", "S13", "S14", "S15", "S17", "S18", "S26", "S23"]),
          places=st.sampled_from([1, 1, 2]))  # fmt: skip
    def appointment(self, person, n, late, hour, event, places):
        person = person or str(n)
        groups = []
        for place in range(1, places + 1):
            groups += [f"RGS|{place}", f"AIS|1||CTH^CT head^99RIS|20261104{hour}0000|||30|min",
                       f"AIG|1||CT{place}", f"AIL|1||ROOM{place}"]  # fmt: skip
        status = {"S15": "Cancelled", "S17": "Deleted", "S26": "Noshow"}.get(event, "Booked")
        sch = (
            f"SCH|AP{n}^RIS|AF{n}^SCHED|||||ROUTINE^Routine||30|min"
            f"|^^^20261104{hour}0000^20261104{hour}3000" + "|" * 14 + f"{status}|P{n}^RIS|F{n}^PACS"
        )
        self._tell(self.site.message(f"SIU^{event}", sch, pid(person), *groups, late=late))

    @rule(person=OWNERS, first=NUMBERS, second=st.sampled_from([0, 0, 2]), late=LATE,
          status=st.sampled_from("PFFCXR"), flag=st.sampled_from(["", "HH"]))  # fmt: skip
    def result(self, person, first, second, late, status, flag):
        person = person or str(first)
        told = []
        for place, n in enumerate([n for n in (first, second) if n], 1):
            told += [
                f"OBR|{place}|P{n}^RIS|F{n}^PACS|CTH^CT head^99RIS" + "|" * 14 + f"A{n}||||||"
                f"{status}",
                f"OBX|1|TX|RPT^Report||Text of {n}.|||{flag}|||{status}",
            ]
        self._tell(self.site.message("ORU^R01", pid(person), *told, late=late))

    @rule(person=OWNERS, n=NUMBERS, late=LATE, event=DOCUMENTS)
    def document(self, person, n, late, event):
        person = person or str(n)
        txa = f"TXA|1|RAD|TX|{self.site.stamp(late)}||||||||DOC{n}^RIS||P{n}^RIS|F{n}^PACS||DI||AV"
        self._tell(
            self.site.message(
                f"MDM^{event}", f"EVN||{self.site.stamp(late)}", pid(person), txa,
                f"OBX|1|TX|RPT^Report||Text {n}||||||F", late=late,
            )
        )  # fmt: skip

    @rule(person=st.sampled_from(["", "", "1", "2", "3"]), n=NUMBERS, step=st.sampled_from("AABC"),
          uid=st.sampled_from(["1.9.1", "1.9.2"]),
          status=st.sampled_from(["IN PROGRESS", "COMPLETED", "DISCONTINUED"]),
          is_new=st.booleans(), is_wrong=st.booleans())  # fmt: skip
    def exam(self, person, n, step, uid, status, is_new, is_wrong):
        values = {"PerformedProcedureStepStatus": status, "PatientID": person or str(n),
                  "IssuerOfPatientID": "HOSP", "Modality": "CT"}  # fmt: skip
        if is_new:
            values["ScheduledStepAttributesSequence"] = [
                {"StudyInstanceUID": study(n), "AccessionNumber": f"A{n}",
                 "ScheduledProcedureStepID": f"S{n}{step}"}
            ]  # fmt: skip
        if is_wrong and status == "DISCONTINUED":
            values["PerformedProcedureStepDiscontinuationReasonCodeSequence"] = [
                {"CodeValue": "110514", "CodingSchemeDesignator": "DCM", "CodeMeaning": "wrong"}
            ]
        self._tell(
            self.site.input("mpps", operation="create" if is_new else "set", sop_uid=uid,
                            calling_aet="CT1", values=values)
        )  # fmt: skip

    @rule(n=NUMBERS, step=st.sampled_from("AB"), data=st.data(), what=st.sampled_from(
        ["edit", "unlock", "station", "state", "link_report", "link_document", "link_appointment",
         "link_exam", "served"]))  # fmt: skip
    def by_hand(self, n, step, data, what):
        if what == "served":
            if self.site.state.find(ORDER, "study", study(n)):
                self._tell(self.site.input("served", study_uids=[study(n)]))
            return
        body = {"study_uid": study(n), "sps_id": f"S{n}{step}"}
        if what in ("edit", "unlock"):
            of, column, value = data.draw(st.sampled_from(
                [("step", "start_date", "20261105"), ("step", "sps_desc", "By hand"),
                 ("step", "modality", ""), ("order", "rp_desc", "By hand"),
                 ("patient", "patient_name", "HAND^BY"), ("order", "priority", "STAT")]
            ))  # fmt: skip
            body |= {"of": of, "column": column, "value": value}
        elif what == "station":
            body["aets"] = data.draw(st.sampled_from([["CT9"], []]))
        elif what == "state":
            body["state"] = data.draw(st.sampled_from(sorted(StepState)))
        elif what == "link_exam":
            body["exam"] = data.draw(st.sampled_from(["1.9.1", "1.9.2"]))
        else:
            kind = what.removeprefix("link_")
            numbers = [row.number("entry") for row in self.site.state.all(kind)]
            body[kind] = data.draw(st.sampled_from(numbers)) if numbers else 1
        self._tell(self.site.input("operator", action=what, **body))

    @rule(first=PLAIN, second=PLAIN, what=st.sampled_from(
        ["merge", "merge", "link_persons", "unlink_persons", "confirm_demographics"]
    ), accept=st.booleans())  # fmt: skip
    def persons_by_hand(self, first, second, what, accept):
        one, two = [first, "HOSP"], [second, "HOSP"]
        body = {
            "merge": {"source": one, "survivor": two},
            "confirm_demographics": {"patient": one, "accept": accept},
        }.get(what, {"first": one, "second": two})
        self._tell(self.site.input("operator", action=what, **body))

    @precondition(lambda self: any(isinstance(e, MessageEntry) for e in self.site.journal))
    @rule(back=st.integers(1, 8), is_duplicate=st.booleans())
    def again(self, back, is_duplicate):
        before = [e for e in self.site.journal if isinstance(e, MessageEntry)]
        entry = self.site.again(before[-min(back, len(before))], is_duplicate=is_duplicate)
        rows = dump(self.site.state)
        self._tell(entry)
        if is_duplicate:
            assert dump(self.site.state) == rows

    @precondition(lambda self: any(True for _ in self.site.state.all(MERGE)))
    @rule(which=st.integers(0, 20))
    def undo(self, which):
        done = [row for row in self.site.state.all(MERGE) if row.text("status") == "done"]
        if done:
            entry = done[which % len(done)].number("entry")
            outcome = self._tell(self.site.input("operator", action="void", entry=entry))
            assert not outcome.is_refused
            self._check_undone()

    def _check_undone(self):
        """What was undone is as if it had never come.

        What an operator was refused stays refused, though it might go through without the merge:
        then there is nothing to compare with.
        """
        undone = {
            row.number(column)
            for row in self.site.state.all(MERGE)
            if row.text("status") == "voided"
            for column in ("entry", "undo")
        }
        other = Site()
        for entry in self.site.journal:
            if entry.number in undone:
                continue
            is_refused = other.apply(entry).is_refused
            if isinstance(entry, InputEntry) and not is_refused and entry.number in self.refused:
                return
        assert meaning(self.site.state) == meaning(other.state)

    @rule(to=PLAIN, source=PLAIN, account=ACCOUNTS, visit=VISITS, event=UNDONE)
    def merge_and_undo(self, to, source, account, visit, event):
        before = meaning(self.site.state)
        entry = self._merge(event, to, source, account, visit)
        outcome = self._tell(entry)
        if outcome.is_refused or not self.site.state.find(MERGE, "entry", entry.number):
            return
        self._tell(self.site.input("operator", action="void", entry=entry.number))
        after = meaning(self.site.state, entry.number)
        assert [row for row in before if row not in after] == [
            row for row in after if row not in before
        ]
        assert after == before

    # What each entry may do.

    def _tell(self, entry):
        state = self.site.state
        rows, indexes, next_ids = dump(state), index_of(state), dict(state.next_ids)
        tried = self.site.projection.trial(entry)
        assert dump(state) == rows, "a trial left something behind"
        assert index_of(state) == indexes == kept_index(state)
        assert state.next_ids == next_ids
        ended = {
            row.id: (row.text("state"), state.get(ORDER, row.number("order")))
            for row in state.all(STEP)
            if row.text("state") in FINAL
        }
        claims = {step: list(order.list("last_event")) for step, (_, order) in ended.items()}
        outcome = self.site.apply(entry)
        assert outcome.is_refused == tried.is_refused
        if outcome.is_refused:
            self.refused.add(entry.number)
        else:
            assert outcome.changes == tried.changes
        self._check_lost(entry, outcome, rows)
        self._check_ended(entry, ended, claims)
        self._check_joined(entry, outcome)
        return outcome

    def _check_lost(self, entry, outcome, rows):
        """No row goes, except by an undo: then its number is still there, or was refused."""
        state = self.site.state
        gone = [(kind, n) for kind, n in rows if kind in KEPT and state.get(kind, n) is None]
        if outcome.is_refused:
            now = dump(state)
            assert all(now[name] == row for name, row in rows.items())
        if not (isinstance(entry, InputEntry) and entry.body.get("action") == "void"):
            assert not gone
            return
        known = {row.text("placer_no") for row in state.all(ORDER)}
        lost = {rows[name][0].get("placer_no", "") for name in gone if name[0] == ORDER} - known
        if lost:
            assert [note for note in outcome.notes if note.severity is Severity.ERROR]

    def _check_ended(self, entry, ended, claims):
        """A late order message takes no final state back."""
        if not isinstance(entry, MessageEntry) or not entry.raw.split(b"|")[8].startswith(b"O"):
            return
        at = entry.raw.split(b"|")[6].decode()
        for number, (was, _) in ended.items():
            told = [claim[1] for claim in claims[number] if claim[0] == "main|RIS|HOSP"]
            if told and at < told[0]:
                step = self.site.state.get(STEP, number)
                assert step.text("state") == was, "a late message took a final state back"

    def _check_joined(self, entry, outcome):
        """Nothing is joined to the order of a person whom it does not name, except by hand."""
        for change in outcome.changes:
            if change.kind not in JOINED or change.column not in ("order", "steps"):
                continue
            row = self.site.state.get(change.kind, change.row_id)
            if not change.new or row is None or self._is_by_hand(row):
                continue
            if isinstance(entry, InputEntry) and entry.kind == "operator":
                continue
            for order in self._orders(row):
                self._check_named(row, order)

    def _is_by_hand(self, row):
        rules = [row.sources[c].rule for c in ("order", "orders", "steps") if c in row.sources]
        return "joined_by_hand" in rules

    def _orders(self, row):
        get = self.site.state.get
        numbers = [row.number("order"), *row.list("also_orders"), *row.list("orders")]
        return [get(ORDER, number) for number in dict.fromkeys(numbers) if number]

    def _check_named(self, row, order):
        named = [
            identifier.number("patient")
            for number, authority in row.list("named_ids")
            for identifier in self.site.state.find(IDENTIFIER, "value", number, authority)
        ]
        assert not named or order.number("patient") in named

    # What always holds.

    @invariant()
    def each_order_is_one_persons(self):
        state = self.site.state
        conflicts = {row.number("order") for row in state.all(CONFLICT)}
        owners: dict[tuple[str, str, str], set[int]] = {}
        divided: set[tuple[str, str, str]] = set()
        for order in state.all(ORDER):
            person = state.get(PATIENT, order.number("patient"))
            assert person is not None
            assert not person.number("merged_into")
            visit = state.get(VISIT, order.number("visit"))
            assert visit is None or visit.number("patient") == person.id
            for index, column in (("accession", "accession"), ("placer", "placer_no"),
                                  ("study", "study_uid")):  # fmt: skip
                if value := order.text(column):
                    key = (index, value, order.text(f"{index}_authority"))
                    owners.setdefault(key, set()).add(person.id)
                    if order.id in conflicts:
                        divided.add(key)
        for key, persons in owners.items():
            assert len(persons) == 1 or key in divided, key

    @invariant()
    def persons_are_whole(self):
        state = self.site.state
        active = [
            (row.text("id_value"), row.text("authority"))
            for row in state.all(IDENTIFIER)
            if row.text("status") == "active"
        ]
        assert len(active) == len(set(active))
        for kind in (IDENTIFIER, VISIT, WAITING, *JOINED):
            for row in state.all(kind):
                if number := row.number("patient"):
                    person = state.get(PATIENT, number)
                    assert person is not None
                    assert not person.number("merged_into"), kind

    @invariant()
    def each_step_has_a_state_and_tells_what_is_missing(self):
        state = self.site.state
        keys = []
        for step in state.all(STEP):
            assert step.text("state") in set(StepState)
            order = state.get(ORDER, step.number("order"))
            assert order is not None
            missing = missing_of(state, step)
            assert missing == line_of(state, step).missing
            if step.text("state") not in FINAL:
                assert tuple(step.list("missing")) == missing
            assert not (step.text("state") in SERVED and missing)
            if step.text("sps_id"):
                keys.append((step.text("study_uid"), step.text("sps_id")))
        assert len(keys) == len(set(keys))
        assert {step.number("order") for step in state.all(STEP)} == {
            order.id for order in state.all(ORDER)
        }

    @invariant()
    def what_is_joined_is_of_the_same_person(self):
        for kind in JOINED:
            for row in self.site.state.all(kind):
                for order in self._orders(row):
                    assert order is not None
                    assert row.number("patient") == order.number("patient"), kind

    @invariant()
    def links_lead_somewhere(self):
        state = self.site.state
        for kind, column, target in (
            (STEP, "booked", APPOINTMENT), (EXAM, "steps", STEP), (APPOINTMENT, "steps", STEP),
            (ORDER, "visit", VISIT), (ORDER, "parent", ORDER), (ORDER, "replaced_by", ORDER),
            (ORDER, "replaces", ORDER), (CONFLICT, "patients", PATIENT), (CONFLICT, "order", ORDER),
        ):  # fmt: skip
            for row in state.all(kind):
                for number in row.list(column):
                    assert state.get(target, number) is not None, (kind, column)

    @invariant()
    def what_is_found_by_key_is_all_there_is(self):
        assert index_of(self.site.state) == kept_index(self.site.state)

    def teardown(self):
        """The same entries give the same rows, in another process too."""
        if not hasattr(self, "site"):
            return
        again = Site()
        for entry in self.site.journal:
            again.apply(entry)
        assert dump(again.state) == dump(self.site.state)


TestWorklist = Worklist.TestCase
TestWorklist.settings = settings(
    max_examples=400 if IS_FULL else 25,
    stateful_step_count=40 if IS_FULL else 20,
    deadline=None,
    derandomize=not IS_FULL,
    suppress_health_check=list(HealthCheck),
)
