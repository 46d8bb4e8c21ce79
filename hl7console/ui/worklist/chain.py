"""The chain of *Why?*, and the history: what each entry did to a line, as a page."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from html import escape

from hl7console.store.worklist.records import EntryEffect
from hl7console.ui.worklist import paper, words
from hl7console.ui.worklist.sentences import note_sentence, rule_sentence
from hl7console.worklist import naming
from hl7console.worklist.rows import MERGE
from hl7console.worklist.turn import Change, Note, Severity

_FIRST_CHANGES = 8
"""Changes of one entry that are listed at first; a link shows the rest."""
_MERGE_NOTES = frozenset({"merged", "moved", "visit_moved", "identifiers_moved"})
_PLAIN_RULES = frozenset({"fallback", "incomplete"})
"""Rules that the field, or the list of missing values, tells of already."""


def chain_page(effects: Sequence[EntryEffect], unfolded: Container[int] = ()) -> str:
    """Return the chain: each entry, what it changed, and what of it was ignored and why.

    Args:
        effects: What each entry did, oldest first.
        unfolded: Entries of which every change is listed.
    """
    if not effects:
        return f"<p>{paper.muted('Nothing is known of this line at this time.')}</p>"
    parts: list[str] = []
    silent: list[EntryEffect] = []
    for effect in effects:
        if _is_silent(effect):
            silent.append(effect)
            continue
        parts.append(_silent_entries(silent))
        silent = []
        parts.append(_entry(effect, is_whole=effect.entry in unfolded))
    parts.append(_silent_entries(silent))
    return "".join(parts)


def _is_silent(effect: EntryEffect) -> bool:
    """Return whether there is nothing to read about an entry."""
    return not (effect.is_refused or effect.notes or naming.told(effect.changes))


def _silent_entries(effects: Sequence[EntryEffect]) -> str:
    """Return entries in a row that changed nothing, as one."""
    if not effects:
        return ""
    shown = " · ".join(_head(effect) for effect in effects)
    return paper.dotted("muted", shown, paper.muted("Changed nothing here."))


def _entry(effect: EntryEffect, *, is_whole: bool) -> str:
    lines = [_note(note) for note in _once(effect.notes) if note.severity is not Severity.INFO]
    changes = naming.told(effect.changes)
    shown = changes if is_whole else changes[:_FIRST_CHANGES]
    lines += [_change(change) for change in shown]
    if len(shown) < len(changes):
        count = len(changes) - len(shown)
        lines.append(paper.link(f"more:{effect.entry}", f"and {count} more values"))
    lines += [_note(note) for note in _once(effect.notes) if note.severity is Severity.INFO]
    if is_merge(effect) and not effect.is_refused:
        lines.append(paper.link(f"undo:{effect.entry}", "Undo this merge…"))
    return paper.dotted(dot_of(effect), _head(effect), "<br>".join(lines))


def _once(notes: Iterable[Note]) -> list[Note]:
    """Return the notes, each sentence once, with all the places that it is about."""
    found: dict[str, Note] = {}
    for note in notes:
        sentence = note_sentence(note)
        first = found.setdefault(sentence, note)
        if note.path and note.path not in first.path.split(", "):
            paths = ", ".join(part for part in (first.path, note.path) if part)
            found[sentence] = first._replace(path=paths)
    return list(found.values())


def _head(effect: EntryEffect) -> str:
    title = effect.title or "Message"
    shown = f"<b>{escape(title)}</b>"
    if effect.entry > 0:
        name = f'<span style="font-weight:600">{escape(title)}</span>'
        shown = f'<a href="message:{effect.entry}">{name}</a>'
    parts = [shown, paper.fixed(words.clock_words(effect.at_us), "muted")]
    if effect.sender:
        parts.append(paper.muted(f"· {effect.sender}"))
    if effect.is_refused:
        parts.append(paper.color("· not applied", "err", is_bold=True))
    return " ".join(parts)


def dot_of(effect: EntryEffect) -> str:
    """Return the token of an entry's dot: what kind of thing it was."""
    severities = {note.severity for note in effect.notes}
    if effect.is_refused or Severity.ERROR in severities:
        return "err"
    if is_merge(effect):
        return "info"
    if Severity.FLAG in severities:
        return "warn"
    if not naming.told(effect.changes):
        return "muted"
    return "accent" if effect.kind in ("operator", "mpps") else "ok"


def is_merge(effect: EntryEffect) -> bool:
    """Return whether an entry joined two persons, or moved something from one to another."""
    return any(note.rule in _MERGE_NOTES for note in effect.notes) or any(
        change.kind == MERGE and change.old is None for change in effect.changes
    )


def _change(change: Change) -> str:
    old = words.value_words(change.column, change.old)
    new = words.value_words(change.column, change.new)
    name = paper.muted(words.column_words(change.column, change.kind))
    if old and new:
        value = f"{paper.muted(old)} {paper.muted('→')} {escape(new)}"
    elif new:
        value = escape(new)
    else:
        value = f"{paper.muted(old)} {paper.muted('→')} {paper.muted('empty')}"
    came = f" {paper.muted('←')} {paper.fixed(change.path, 'muted')}" if change.path else ""
    if change.rule and change.rule not in _PLAIN_RULES:
        came += f" {paper.muted(f'({rule_sentence(change.rule)})')}"
    return f"{name} {value}{came}"


def _note(note: Note) -> str:
    token = {Severity.ERROR: "err", Severity.FLAG: "warn"}.get(note.severity, "muted")
    where = f" {paper.fixed(note.path, 'muted')}" if note.path else ""
    lead = "ignored: " if note.severity is Severity.IGNORED else ""
    return f"{paper.color(lead + note_sentence(note), token)}{where}"


def history_page(effects: Sequence[EntryEffect]) -> str:
    """Return every value over time, the newest first: when, by what, from, to."""
    parts = []
    for effect in reversed(effects):
        changes = naming.told(effect.changes)
        if changes:
            rows = [
                (paper.muted(words.column_words(c.column, c.kind)), _step_of(c)) for c in changes
            ]
            parts.append(f"<p>{_head(effect)}</p>{paper.table(rows, ('36%',))}{paper.rule()}<br>")
    return "".join(parts) or f"<p>{paper.muted('Nothing changed yet.')}</p>"


def _step_of(change: Change) -> str:
    """Return a value and the one before it; states in their colour."""
    old = words.value_words(change.column, change.old)
    new = words.value_words(change.column, change.new) or "empty"
    before = paper.muted(f"{old} → ") if old else ""
    if change.column == "state":
        role = words.state_name(str(change.new or ""))[1]
        return before + paper.color(new, role, is_bold=True)
    return before + escape(new)
