"""The settings of the worklist: service, calling AEs, archives, and mapping profiles."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton
from window_kit import child

from hl7console.settings import AeRules, PacsSettings, WorklistServiceSettings
from hl7console.store.interfaces import load_ae_rules, load_pacs, load_worklist_service
from hl7console.ui.settings import dicom_fields
from hl7console.ui.settings.own_profiles import check_name, profile_names
from hl7console.ui.settings.record_form import RecordForm
from hl7console.worklist.profiles import shipped


@pytest.fixture
def settings(window, qtbot):
    window.go_to("settings")
    return window.settings()


def stored(engine, load):
    reader = engine.open_reader()
    try:
        return load(reader.database())
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("blank", "fields"),
    [
        (WorklistServiceSettings(), dicom_fields.SERVICE),
        (AeRules(), dicom_fields.RULES),
        (PacsSettings("PACS"), dicom_fields.PACS),
    ],
    ids=["service", "rules", "pacs"],
)
def test_every_setting_has_a_field_and_comes_back_as_it_was(qtbot, blank, fields):
    form = RecordForm("form", blank, fields)
    qtbot.addWidget(form)
    known = set(blank.to_mapping())
    shown = {name for name in fields if not name.startswith("#")}
    assert shown <= known
    assert known - shown <= {"name"}
    form.load(blank)
    assert form.record() == blank


def test_the_service_is_off_at_first_and_is_stored(settings, engine, qtbot):
    settings.show_page("worklist")
    page = settings.service
    qtbot.waitUntil(lambda: bool(page._records))
    assert page.form.values()["enabled"] is False
    page.form.set_values({"port": 0, "ae_title": "RADWL"})
    child(page, QPushButton, "worklistService.save").click()
    qtbot.waitUntil(lambda: stored(engine, load_worklist_service) is not None)
    found = stored(engine, load_worklist_service)
    assert (found.ae_title, found.port, found.enabled) == ("RADWL", 0, False)


def test_a_wrong_ae_title_is_told_beside_it(settings, qtbot):
    settings.show_page("worklist")
    page = settings.service
    qtbot.waitUntil(lambda: bool(page._records))
    page.form.set_values({"ae_title": "MUCH TOO LONG A TITLE"})
    page.save()
    assert "1 to 16" in child(page, QLabel, "ae_title.note").text()


def test_rules_for_a_calling_ae_are_stored_and_removed(settings, engine, answers, qtbot):
    settings.show_page("callers")
    page = settings.callers
    qtbot.waitUntil(lambda: page.form.values()["ae_title"] == "*")
    page.form.set_values({"ae_title": "CT1", "modalities": ("CT",), "truncate": True})
    page.save()
    qtbot.waitUntil(lambda: [r.ae_title for r in stored(engine, load_ae_rules)] == ["CT1"])
    assert stored(engine, load_ae_rules)[0].truncate
    qtbot.waitUntil(lambda: page.list.count() == 1)
    answers.answer = "Delete"
    page.delete()
    qtbot.waitUntil(lambda: not stored(engine, load_ae_rules))


def test_an_archive_is_stored_and_removed_and_a_silent_one_is_told_of(
    settings, engine, answers, qtbot
):
    settings.show_page("archives")
    page = settings.archives
    qtbot.waitUntil(lambda: page.form.values()["name"] == "PACS")
    page.form.set_values({"port": 1, "timeout_s": 1})
    page.save()
    qtbot.waitUntil(lambda: [p.name for p in stored(engine, load_pacs)] == ["PACS"])
    page.test()
    qtbot.waitUntil(lambda: page.result.property("tone") == "err")
    assert page.result.text
    answers.answer = "Delete"
    page.delete()
    qtbot.waitUntil(lambda: not stored(engine, load_pacs))


def test_shipped_profiles_are_read_only_and_can_be_copied(settings, engine, qtbot):
    settings.show_page("profiles")
    page = settings.profiles
    qtbot.waitUntil(lambda: bool(page.edit.toPlainText()))
    assert page.edit.isReadOnly()
    assert child(page, QLabel, "profileFault").text() == "This profile can be used."
    page.copy_as("north")
    qtbot.waitUntil(lambda: page._name == "north" and not page.edit.isReadOnly())
    assert ("north", True) in profile_names(Path(engine.workspace))


def test_a_mistake_in_a_profile_is_told_with_its_line(settings, engine, qtbot):
    settings.show_page("profiles")
    page = settings.profiles
    qtbot.waitUntil(lambda: bool(page.edit.toPlainText()))
    page.copy_as("north")
    qtbot.waitUntil(lambda: page._name == "north" and bool(page.edit.toPlainText()))
    page.edit.setPlainText('base = "default"\n\n[options]\nno_such_option = true\n')
    assert not page.check()
    assert "4" in child(page, QLabel, "profileFault").text()
    assert not page.save_button.isEnabled()
    page.edit.setPlainText('base = "default"\n')
    assert page.check()
    page.save()
    path = Path(engine.workspace) / "profiles" / "north.toml"
    qtbot.waitUntil(lambda: path.read_text(encoding="utf-8") == 'base = "default"\n')


def test_a_listener_offers_all_profiles_and_keeps_its_own(settings, engine, qtbot):
    folder = Path(engine.workspace) / "profiles"
    folder.mkdir()
    (folder / "north.toml").write_text('base = "default"\n', encoding="utf-8")
    settings.show_page("profiles")
    settings.show_page("listeners")
    form = settings.listeners.form
    box = form._fields["profile"].control
    names = [box.itemText(n) for n in range(box.count())]
    assert names == [*shipped(), "north"]
    form.set_values({"profile": "north"})
    settings.listeners.save()
    qtbot.waitUntil(lambda: [x.profile for x in engine.listeners()] == ["north"])


@pytest.mark.parametrize("name", ["", "../x", "default", "a/b", "x.", "-"])
def test_names_that_cannot_be_files_are_refused(name):
    assert check_name(name)
