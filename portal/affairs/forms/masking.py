"""How cells of a list stand on a screen: masked as in a dossier; the audited file has all."""

from portal.affairs.forms import held
from portal.connectors.contract import Mask
from portal.store.form_texts import FieldText


def kind(one: FieldText) -> Mask | None:
    """How a column is masked; ``None``: it is shown as it is."""
    if one.source == "person" and one.bind == "id_number":
        return Mask.ID_NUMBER
    if one.mask:
        return Mask(one.mask)
    known = held.now().fields.get(one.bind) if one.source == "field" else None
    if known is None or known.mask is Mask.ACCOUNT:
        return None  # of an account only the end is held
    return known.mask


def shown(one: FieldText, value: str) -> str:
    """A cell of a list as a screen may show it."""
    how = kind(one)
    return held.now().masked(how, value) if value and how is not None else value


def half_masked(one: FieldText, value: str) -> bool:
    """Whether somebody sends the mask, or an edit of it, instead of the value itself."""
    return "*" in value and kind(one) is not None
