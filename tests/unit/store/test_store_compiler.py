from __future__ import annotations

import pytest

from hl7console.hl7v2.filters import parse
from hl7console.store.compiler import (
    Compiler,
    Context,
    conjuncts,
    index_expression,
    is_index_exact,
)


def compiler(*, is_indexed: bool = True) -> Compiler:
    return Compiler(Context(lambda _leaf: [1, 2], lambda _leaf: ["PACS"], is_indexed=is_indexed))


def root(text: str):
    return parse(text).root


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("smith", 'text : "smith" *'),
        ('"CT head"', 'text : "ct head"'),
        ("smith or jones", '(text : "smith" * OR text : "jones" *)'),
        ("smith type:ORM", '(text : "smith" *)'),
        ("smith or type:ORM", None),
        ("-smith", None),
        ("control:M1", 'keys : "cm1"'),
        ("order:p*", 'keys : "op" *'),
        ("type:ORM", None),
        ("PID-5.1=smith", '(text : "smith")'),
        ("PID-5.1>smith", None),
    ],
)
def test_what_the_index_is_asked(text, expression):
    assert index_expression(root(text)) == expression


def test_patient_with_authority_is_looked_up_by_the_id():
    assert index_expression(root("patient:4711^HOSP")) == (
        '(keys : "p4711\u015ehosp" OR keys : "p4711")'
    )


def test_when_the_index_decides():
    assert is_index_exact(root('smith ("ct" or head)'))
    assert not is_index_exact(root("smith control:1"))


def test_conditions_are_over_all_parts():
    assert len(conjuncts(root("a b (c d) (e or f)"))) == 5
    assert conjuncts(None) == []


@pytest.mark.parametrize(
    ("text", "is_exact", "is_exact_ahead"),
    [
        ("smith", True, False),
        ("type:ORM", True, True),
        ("control:1", True, True),
        ("has:note", False, False),
        ("has:parent", True, True),
        ("PID-3=1", False, False),
        ("-smith", True, False),
    ],
)
def test_what_sql_decides(text, is_exact, is_exact_ahead):
    assert compiler().is_exact(root(text)) is is_exact
    assert compiler(is_indexed=False).is_exact(root(text)) is is_exact_ahead


def test_what_is_open_widens_what_is_found_in_both_directions():
    assert compiler().condition([root("PID-3=1")]).sql == "1"
    assert compiler().condition([root("-PID-3=1")]).sql == "NOT (0)"
    both = compiler().condition([root("PID-3=1 or type:ORM")])
    assert (both.sql, both.is_exact) == ("(1 OR m.kind_id IN (1,2))", False)


def test_long_filters_are_balanced():
    sql = compiler().condition([root("type:ORM")] * 1000).sql
    depth = deepest = 0
    for character in sql:
        depth += {"(": 1, ")": -1}.get(character, 0)
        deepest = max(deepest, depth)
    assert deepest < 20


def test_values_travel_as_parameters():
    condition = compiler().condition(conjuncts(root('patient:"x\' OR 1=1 --" size:>1k')))
    assert "OR 1=1" not in condition.sql
    assert "x' or 1=1 --" in condition.values.values()
    assert "x' or" not in repr(condition)
