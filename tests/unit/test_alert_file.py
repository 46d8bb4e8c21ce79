"""The file of alert rules: what it says, and where a mistake in it stands."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.rules_file import checked, default_text
from hl7console.settings.alert_file import LONGEST_TEXT, MOST_RULES, AlertFileError, parse_alerts
from hl7console.settings.alerts import (
    AlertBook,
    AlertKind,
    AlertRule,
    CommandChannel,
    EmailChannel,
    NormalSettings,
    WebhookChannel,
)

RULE = '[[rule]]\nname = "A"\nkind = "stuck"\n'
"""Three lines that are well."""

WHOLE = """\
# Ours.
group_above = 3

[normal]
weeks = 6
leave_out = ["2026-12-24..2026-12-26", "2027-01-01"]

[[rule]]
name = "Lab silent"
kind = "silence"
severity = "critical"
subjects = ["LAB*", "RIS|NORTH"]
limit = 600
span_s = "1h"
days = ["mon", "fri"]
from_time = "07:00"
to_time = "19:30"
wait_s = "90s"
recover_s = "2m"
depends_on = "LAB-in"
channels = ["desk", "hook", "pager"]
sound = true
enabled = false

[[rule]]
name = "Odd"
kind = "filter"
filter = "status:error from:LAB"

[[email]]
name = "desk"
host = "mail.example"
sender = "hl7@example.org"
recipients = ["a@example.org"]

[[webhook]]
name = "hook"
url = "https://example.org/x"

[[command]]
name = "pager"
command = ["page", "--now"]
"""


def test_what_a_whole_file_says() -> None:
    assert parse_alerts(WHOLE) == AlertBook(
        (
            AlertRule(
                "Lab silent",
                "silence",
                "critical",
                ("LAB*", "RIS|NORTH"),
                600.0,
                3600.0,
                days=("mon", "fri"),
                from_time="07:00",
                to_time="19:30",
                wait_s=90.0,
                recover_s=120.0,
                depends_on=("LAB-in",),
                channels=("desk", "hook", "pager"),
                sound=True,
                enabled=False,
            ),
            AlertRule("Odd", "filter", filter="status:error from:LAB"),
        ),
        (
            EmailChannel("desk", "mail.example", "hl7@example.org", ("a@example.org",)),
            WebhookChannel("hook", "https://example.org/x"),
            CommandChannel("pager", ("page", "--now")),
        ),
        NormalSettings(weeks=6, leave_out=("2026-12-24..2026-12-26", "2027-01-01")),
        3,
    )


def test_that_an_empty_file_watches_nothing() -> None:
    assert parse_alerts("") == AlertBook()
    assert parse_alerts("# nothing\n") == AlertBook()


def test_that_the_usual_rules_are_well_and_tell_of_each_kind_once() -> None:
    rules = checked(default_text()).rules
    assert rules
    assert all(not rule.channels for rule in rules)
    assert len({rule.name for rule in rules}) == len(rules)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90.0), ("1.5", 1.5), ('"90s"', 90.0), ('"5m"', 300.0), ('"5 min"', 300.0),
        ('"2H"', 7200.0), ('"30d"', 2_592_000.0), ('" 1w "', 604_800.0), ('"0.5h"', 1800.0),
    ],
)  # fmt: skip
def test_how_a_time_is_written(text: str, seconds: float) -> None:
    assert parse_alerts(f"{RULE}wait_s = {text}\n").rules[0].wait_s == seconds


@pytest.mark.parametrize(
    ("line", "text", "words"),
    [
        # What is no TOML.
        (1, "[[rule]\n", "not TOML"),
        (3, '[[rule]]\nname = "A"\nkind = stuck\n', "not TOML"),
        (3, '[[rule]]\nname = "A"\nname = "B"\n', "not TOML"),
        # What is not known.
        (1, "colour = 1\n", "there is no colour"),
        (1, '[[alert]]\nname = "A"\n', "there is no alert"),
        (4, RULE + "limits = 3\n", "there is no limits"),
        (3, '[[rule]]\nname = "A"\nkind = "stucked"\n', "stucked"),
        (4, RULE + 'severity = "bad"\n', "bad"),
        (4, RULE + 'days = ["monday"]\n', "monday"),
        # What has another form.
        (1, "rule = 3\n", "[[rule]]"),
        (1, '[rule]\nname = "A"\n', "[[rule]]"),
        (1, "rule = [3]\n", "[[rule]]"),
        (1, "normal = 3\n", "[normal]"),
        (1, "normal = [1]\n", "[normal]"),
        (1, "group_above = true\n", "whole number"),
        (1, "group_above = -1\n", "whole number"),
        (1, "group_above = 1.5\n", "whole number"),
        (2, "[[rule]]\nname = 3\n", "text in quotes"),
        (4, RULE + 'limit = "many"\n', "a number"),
        (4, RULE + "limit = true\n", "a number"),
        (4, RULE + "sound = 1\n", "true or false"),
        (4, RULE + 'subjects = [1, "A"]\n', "a list of texts"),
        (4, RULE + 'wait_s = "soon"\n', "a time"),
        (4, RULE + 'wait_s = "1d 2h"\n', "a time"),
        (4, RULE + 'wait_s = "٣m"\n', "a time"),
        (4, RULE + "limit = inf\n", "too large"),
        (4, RULE + "span_s = -nan\n", "no number"),
        (4, RULE + f"limit = 1{'0' * 400}\n", "too large"),
        (2, '[normal]\nweeks = "8"\n', "whole number"),
        # What contradicts.
        (1, '[[rule]]\nname = "A"\n', "kind is missing"),
        (1, '[[rule]]\nkind = "stuck"\n', "name is missing"),
        (1, '[[webhook]]\nname = "A"\n', "url is missing"),
        (1, '[[rule]]\nname = " "\nkind = "stuck"\n', "a name of 1 to 64"),
        (4, RULE + "limit = -1\n", "below 0"),
        (4, RULE + 'span_s = "367d"\n', "a year"),
        (4, RULE + "percentile = 0\n", "percentile"),
        (4, RULE + "percentile = 101\n", "percentile"),
        (4, RULE + 'from_time = "7:30"\nto_time = "18:00"\n', "no time of day"),
        (4, RULE + 'from_time = "07:30"\n', "from_time and to_time"),
        (1, '[[rule]]\nname = "A"\nkind = "filter"\n', "needs a filter"),
        (6, RULE + "\n" + RULE, "two rules named A"),
        (4, RULE + 'channels = ["desk"]\n', "no channel named desk"),
        (2, "[normal]\nweeks = 2\nleast_weeks = 3\n", "least_weeks"),
        (2, '[normal]\nleave_out = ["christmas"]\n', "no day"),
        (2, '[normal]\nleave_out = ["2026-12-26..2026-12-24"]\n', "ends before"),
        (2, '[[webhook]]\nname = "A"\nurl = "ftp://x"\n', "http"),
    ],
)
def test_where_a_mistake_is(line: int, text: str, words: str) -> None:
    with pytest.raises(AlertFileError) as caught:
        parse_alerts(text)
    error = caught.value
    assert words in error.text + error.hint
    # A mistake in several keys of a table is told at the table, one in one key near that key.
    assert 1 <= error.line <= line
    assert str(error.line) in error.text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (4, RULE + "limits = 3\n"),
        (4, RULE + 'wait_s = "soon"\n'),
        (6, "# one\n\n" + RULE + "sound = 1\n"),
        (5, RULE + RULE),
        (8, RULE + "\n" + RULE.replace('"A"', '"B"') + "sound = 1\n"),
        (4, RULE + 'channels = ["desk"]\n'),
        (1, "colour = 1\n"),
        (5, '[[rule]]\nname = "A"\nsubjects = [\n  "X",\n]\nkind = "stuck"\nlimit = true\n'),
    ],
)
def test_that_a_mistake_in_one_key_is_told_at_its_line(line: int, text: str) -> None:
    with pytest.raises(AlertFileError) as caught:
        parse_alerts(text)
    assert caught.value.line == (7 if "subjects" in text else line)


def test_that_a_channel_may_not_have_the_name_of_another_kind_of_channel() -> None:
    text = '[[webhook]]\nname = "A"\nurl = "http://x"\n[[command]]\nname = "A"\ncommand = ["x"]\n'
    with pytest.raises(AlertFileError, match="two channels named A") as caught:
        parse_alerts(text)
    assert caught.value.line == 5


def test_that_a_file_is_not_endless() -> None:
    with pytest.raises(AlertFileError, match="1 MiB"):
        parse_alerts("#" * (LONGEST_TEXT + 1))
    many = "".join(f'[[rule]]\nname = "{n}"\nkind = "stuck"\n' for n in range(MOST_RULES))
    assert len(parse_alerts(many).rules) == MOST_RULES
    with pytest.raises(AlertFileError, match="more than 1,000 rules"):
        parse_alerts(many + RULE)
    with pytest.raises(AlertFileError, match="nested"):
        parse_alerts("a = " + "[" * 50_000)


@pytest.mark.parametrize("expression", ["status:", "(", "size:big", '"open'])
def test_that_a_filter_that_cannot_be_read_is_a_mistake(expression: str) -> None:
    text = f"[[rule]]\nname = 'Odd'\nkind = 'filter'\nfilter = '{expression}'\n"
    with pytest.raises(AlertFileError, match="The filter of the rule Odd cannot be read"):
        checked(text)


TEXTS = st.text(max_size=30)
VALUES = st.one_of(
    st.sampled_from(['""', '"A"', "1", "-1", "1.5", "true", "[]", '["A"]', "{}", "[[1]]", "nan",
                     "inf", "1e400", "2026-01-01", '"90s"', "0x10"]),
    TEXTS,
)  # fmt: skip
KEYS = st.sampled_from(
    ["name", "kind", "limit", "wait_s", "span_s", "days", "subjects", "sound", "filter", "colour"]
)


@given(
    st.sampled_from(["[[rule]]", "[rule]", "[[email]]", "[normal]", "", "[["]),
    st.lists(st.tuples(KEYS, VALUES), max_size=6),
)
def test_that_any_text_is_a_book_or_a_mistake(head: str, keys: list[tuple[str, str]]) -> None:
    text = "\n".join([head, *(f"{key} = {value}" for key, value in keys)])
    try:
        book = parse_alerts(text)
    except AlertFileError:
        return
    for rule in book.rules:
        rule.validate()
        assert rule.kind in tuple(AlertKind)
