"""The rules as a list and the form of one; and a rule tried on what was received."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from hl7console.errors import UsageError
from hl7console.settings.alerts import AlertKind, AlertRule
from hl7console.ui.alerts.draft import RulesDraft
from hl7console.ui.alerts.list_beside import lay_list_beside
from hl7console.ui.alerts.rule_delegate import ABOUT_ROLE, HEIGHT, RuleDelegate
from hl7console.ui.alerts.rule_form import RuleForm
from hl7console.ui.alerts.trial_pane import TrialPane
from hl7console.ui.alerts.words import kind_title, severity_look
from hl7console.ui.ask import Ask
from hl7console.ui.icons import icon, set_icon
from hl7console.ui.theme import theme


class RulesTab(QWidget):
    """Edits rules in a `RulesDraft`. GUI thread only."""

    trial_wanted = Signal(str, int)
    """Name of a rule to try, and over how many days."""

    def __init__(self, draft: RulesDraft, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._draft, self._ask = draft, ask
        self._place = 0
        self._is_filling = False
        self.list = QListWidget()
        self.list.setObjectName("ruleList")
        self.list.setAccessibleName("Rules")
        self.list.setItemDelegate(RuleDelegate(self.list))
        self.form = RuleForm()
        self.trial = TrialPane()
        self.add_button = QPushButton("Add a rule")
        self.add_button.setObjectName("alerts.addRule")
        set_icon(self.add_button, "plus")
        self.delete_button = QPushButton("Delete…")
        self.delete_button.setObjectName("alerts.deleteRule")
        self.delete_button.setProperty("kind", "danger")
        self._told = QLabel()
        self._told.setObjectName("ruleTold")
        self._told.setProperty("role", "error")
        self._told.setWordWrap(True)
        self._told.hide()
        self._build()
        draft.changed.connect(self._show_rules)
        self.list.currentRowChanged.connect(self._on_chosen)
        self.list.itemChanged.connect(self._on_ticked)
        self.form.changed.connect(self._on_edited)
        self.form.kind_chosen.connect(self._on_kind)
        self.add_button.clicked.connect(self.add)
        self.delete_button.clicked.connect(self.delete)
        self.trial.wanted.connect(self._on_trial)
        theme().changed.connect(self._show_icons)

    def _build(self) -> None:
        body = lay_list_beside(self, self.list, self.add_button, self.delete_button)
        for part in (self._told, self.form, self.trial):
            body.addWidget(part)
        body.addStretch(1)

    # The list

    @property
    def rule(self) -> AlertRule | None:
        """The rule one is at, as the text has it."""
        rules = self._draft.rules
        return rules[self._place] if 0 <= self._place < len(rules) else None

    @Slot()
    def _show_rules(self) -> None:
        rules, self._is_filling = self._draft.rules, True
        while self.list.count() > len(rules):
            self.list.takeItem(self.list.count() - 1)
        while self.list.count() < len(rules):
            item = QListWidgetItem()
            item.setSizeHint(QSize(0, HEIGHT))
            self.list.addItem(item)
        for row, rule in enumerate(rules):
            self._fill(self.list.item(row), rule)
        self._is_filling = False
        self._place = max(min(self._place, len(rules) - 1), 0)
        self._show_icons()
        if self.list.currentRow() != self._place and rules:
            self.list.setCurrentRow(self._place)
        self._show_rule()

    def _fill(self, item: QListWidgetItem, rule: AlertRule) -> None:
        state = Qt.CheckState.Checked if rule.enabled else Qt.CheckState.Unchecked
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._draft.is_sound:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        item.setFlags(flags)
        item.setText(rule.name)
        item.setCheckState(state)
        of = f" · {', '.join(rule.subjects)}" if rule.subjects else ""
        about = f"{kind_title(rule.kind)} · {severity_look(rule.severity).text}{of}"
        item.setData(ABOUT_ROLE, about)
        item.setToolTip(about)

    @Slot()
    def _show_icons(self) -> None:
        self.list.blockSignals(True)
        for row, rule in enumerate(self._draft.rules[: self.list.count()]):
            role = severity_look(rule.severity).role if rule.enabled else "muted"
            self.list.item(row).setIcon(icon("bell", role))
        self.list.blockSignals(False)

    @Slot(int)
    def _on_chosen(self, row: int) -> None:
        if row >= 0 and row != self._place:
            self._place = row
            self.trial.clear()
            self._show_rule()

    @Slot(QListWidgetItem)
    def _on_ticked(self, item: QListWidgetItem) -> None:
        if self._is_filling:
            return
        is_on = item.checkState() is Qt.CheckState.Checked
        row = self.list.row(item)
        if row < len(self._draft.rules) and self._draft.rules[row].enabled != is_on:
            self._change(row, {"enabled": None if is_on else False})

    def choose(self, name: str) -> None:
        """Show a rule by its name."""
        for row, rule in enumerate(self._draft.rules):
            if rule.name == name:
                self.list.setCurrentRow(row)

    # One rule

    def _show_rule(self) -> None:
        rule = self.rule
        is_editable = rule is not None and self._draft.is_sound
        self.form.setVisible(rule is not None)
        self.trial.setVisible(rule is not None)
        self.form.setEnabled(is_editable)
        self.trial.setEnabled(is_editable)
        self.delete_button.setEnabled(is_editable)
        self.add_button.setEnabled(self._draft.is_sound)
        self._tell("" if self._draft.is_sound else "Mend the mistake in the text first.")
        if rule is None:
            return
        self.trial.set_kind(rule.kind)
        others = {r.name for n, r in enumerate(self._draft.rules) if n != self._place}
        self.form.set_taken(others)
        if self.form.rule() != rule:
            self.form.show_rule(rule)
        else:
            self.form.take(rule)

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        self._told.setVisible(bool(text))

    def _change(self, place: int, values: dict[str, object]) -> None:
        try:
            self._draft.change_rule(place, values)  # type: ignore[arg-type]
        except UsageError as error:
            self._tell(error.full_text)

    @Slot()
    def _on_edited(self) -> None:
        if self.form.rule() is not None and (changes := self.form.changes()):
            self._change(self._place, dict(changes))

    @Slot(str)
    def _on_kind(self, kind: str) -> None:
        """Let a rule look at something else; what that has no use for is taken out."""
        rule = self.rule
        if rule is None or self._draft.rules[self._place].kind == kind:
            return
        values: dict[str, object] = dict.fromkeys(("limit", "span_s", "percentile", "filter"))
        if kind == AlertKind.FILTER:
            values["filter"] = "status:error"
        self._change(self._place, values | {"kind": kind})

    @Slot()
    def add(self) -> None:
        """Put another rule behind the last one, and show it."""
        name = self._draft.free_name("New rule")
        self._place = len(self._draft.rules)
        try:
            self._draft.add_rule(
                {"name": name, "kind": str(AlertKind.CONNECTION), "severity": "warning"}
            )
        except UsageError as error:
            self._tell(error.full_text)
            return
        self.form.form.focus("name")

    @Slot()
    def delete(self) -> None:
        """Take the rule out, after a question."""
        rule = self.rule
        answers = ("Delete", "Cancel")
        text = "Its past alerts stay. Comments right above it in the text go with it."
        if rule is None or self._ask.choose(f"Delete {rule.name}?", text, answers) != answers[0]:
            return
        try:
            self._draft.remove_rule(self._place)
        except UsageError as error:
            self._tell(error.full_text)

    @Slot(int)
    def _on_trial(self, days: int) -> None:
        if (rule := self.rule) is not None:
            self.trial_wanted.emit(rule.name, days)
