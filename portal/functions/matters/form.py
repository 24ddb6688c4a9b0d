"""The lines of an application: what may be typed into them, and whether they are all there."""

from collections.abc import Mapping, Sequence

from portal.functions.matters.words import MatterError
from portal.store.matter_texts import FormItem


def tidied(lines: Sequence[FormItem], typed: Mapping[str, str]) -> dict[str, str]:
    """What was typed, line by line; a line that is not to be typed into is refused by name."""
    known = {one.name: one for one in lines}
    found: dict[str, str] = {}
    for name, value in typed.items():
        plain = " ".join(value.split())
        line = known.get(name)
        if line is None or (plain and not line.editable):
            raise MatterError("表单与事项不符，没有提交，请刷新后重新填写。")
        if len(plain) > line.most:
            raise MatterError(
                f"“{line.label}”最多 {line.most} 个字，现为 {len(plain)} 个字，没有提交。"
            )
        found[name] = plain
    return found


def complete(lines: Sequence[FormItem], form: Mapping[str, str]) -> None:
    """Every required line has something; ``MatterError`` names those that have not."""
    missing = [one.label for one in lines if one.required and not form.get(one.name)]
    if missing:
        names = "、".join(f"“{one}”" for one in missing)
        raise MatterError(f"请填写{names}，没有提交，其余已填内容保留在本页。")
