"""Plain expressions are walked here, all others by the library: both must find the same."""

import jmespath
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from portal.connectors.expressions import finder, predicate

NAMES = st.sampled_from(["code", "result", "list", "a1", "total"])
LEAVES = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["", "0", "1", "true"])
DOCUMENTS = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
OTHERS = ["@", "list[0]", "list[]", "result.list[].code", "code || total", "keys(@)"]
TESTS = ["code == '0'", "result.code == '1'", "code != '0'", "code == `0`", 'code == `"1"`']


@given(DOCUMENTS, PATHS | st.sampled_from(OTHERS))
def test_a_finder_finds_what_the_library_finds(document: object, expression: str) -> None:
    try:
        wanted = jmespath.search(expression, document)
    except JMESPathError:
        with pytest.raises(JMESPathError):
            finder(expression)(document)
        return
    assert finder(expression)(document) == wanted


@given(DOCUMENTS, st.sampled_from([*TESTS, "code == total && code", "length(code) > `1`"]))
def test_a_predicate_holds_when_the_library_says_true(document: object, expression: str) -> None:
    try:
        wanted = jmespath.search(expression, document) is True
    except JMESPathError:
        wanted = False
    holds = predicate(expression)
    assert holds is not None
    assert holds(document) is wanted


def test_no_expression_is_no_predicate() -> None:
    assert predicate(None) is None


@pytest.mark.parametrize("expression", ["", "a.", "[", "code = '0'"])
def test_what_is_malformed_is_refused_at_once(expression: str) -> None:
    with pytest.raises(JMESPathError):
        finder(expression)
    with pytest.raises(JMESPathError):
        predicate(expression)
