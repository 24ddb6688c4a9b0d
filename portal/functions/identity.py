"""统一登录: the posts one holds, the post one acts in, and the way out."""

from uuid import UUID

from auth import audit, permissions, posts, sessions
from auth.principal import Post, Principal


def my_posts(principal: Principal) -> tuple[Post, ...]:
    """The posts the person holds today, the main one first."""
    return posts.posts_of(principal.account_id)


def switch_post(principal: Principal, post_id: str) -> None:
    """Act in another of one's own posts from now on, in every tab; ``Denied`` for any other."""
    held = {str(one.id): one for one in my_posts(principal)}
    chosen = held.get(post_id)
    if chosen is None:
        permissions.refuse(principal, "identity.switch", "您没有这个岗位，或任期已结束。")
    sessions.switch_post(principal.session_id, UUID(post_id))
    audit.append(
        action="identity.switch",
        actor=principal.login,
        unit_id=chosen.unit.id,
        region_code=chosen.unit.region_code,
        detail={"from": principal.post_title, "to": chosen.title},
    )


def sign_out(principal: Principal) -> None:
    """End the session everywhere: every tab, every socket, every copy of the cookie."""
    sessions.revoke(principal.session_id, "本人退出")
