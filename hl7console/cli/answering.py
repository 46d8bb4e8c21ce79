"""What a modality is answered for a line, and why it is not: ``worklist --answer``."""

from __future__ import annotations

from contextlib import closing

from hl7console.cli import output
from hl7console.cli.opening import open_existing
from hl7console.cli.options import Place
from hl7console.errors import ConsoleError
from hl7console.settings import OTHER_AES, AeRules
from hl7console.store.connection import Database
from hl7console.store.interfaces import load_ae_rules
from hl7console.store.worklist.reader import WorklistReader
from hl7console.worklist import wording
from hl7console.worklist.answer_text import answer_lines, full_query


def show_answer(
    place: Place, reader: WorklistReader, accession: str, ae_title: str, *, as_json: bool
) -> None:
    """Print the C-FIND answer for each line of an accession, or why there is none.

    Raises:
        ConsoleError: There is no line with this number.
    """
    lines = reader.full_lines(reader.find(accession))
    if not lines:
        raise ConsoleError("There is no line with this accession, placer or filler number.")
    rules = rules_for(place, ae_title)
    query = full_query(rules, caller=ae_title)
    for number, line in enumerate(lines):
        reason = query.why_not(line.values, line.missing)
        why = wording.sentence(reason.code, reason.args) if reason is not None else ""
        made = answer_lines(line, rules, caller=ae_title)
        if as_json:
            output.json_line({"served": not why, "why": why, "answer": made})
            continue
        if number:
            output.line("")
        if why:
            output.line(f"Not served: {why}")
        else:
            for text in made:
                output.line(text)


def rules_for(place: Place, ae_title: str) -> AeRules:
    """Return the stored rules for an AE title; those for all others where it has none."""
    workspace = open_existing(place)
    with closing(Database(workspace.database_path, workspace.key, read_only=True)) as database:
        known = {rules.ae_title: rules for rules in load_ae_rules(database)}
    return known.get(ae_title) or known.get(OTHER_AES) or AeRules()
