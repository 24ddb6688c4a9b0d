"""What is held back whatever a post may read: why less is shown than there is."""

from __future__ import annotations

from collections.abc import Sequence

WHY = "未满十四周岁，仅显示结论。"


def notes(child: bool, unauthorised: Sequence[str]) -> tuple[str, ...]:
    """Why less is shown than there is, in words for the clerk."""
    said = [WHY] if child else []
    if unauthorised:
        said.append(
            f"{'、'.join(unauthorised)}：需本人及家庭成员授权，平台没有在案的授权，本次未查询。"
        )
    return tuple(said)
