"""The embedded identity provider, plugged into the house; absent where a real one is configured."""

from starlette.routing import BaseRoute

from auth import audit, permissions, posts, provider, sessions
from portal.look.theme import LEVELS
from portal.settings import settings
from portal.store.citypack import CityPack, DemoAccount, pack


def requires_second_factor(login: str) -> bool:
    """Whether any post of this person asks for a second factor."""
    account = posts.account_by_login(login)
    if account is None:
        return False
    return any(permissions.asks_second_factor(one.roles) for one in posts.posts_of(account.id))


def _end_session(idp_session: str) -> None:
    sessions.revoke_idp_session(idp_session, "身份认证结束了这次登录")


def _shown(one: DemoAccount) -> provider.DemoAccount:
    account = posts.account_by_login(one.login)
    held = posts.posts_of(account.id) if account is not None else ()
    main = held[0] if held else None
    return provider.DemoAccount(
        login=one.login,
        name=one.name,
        unit=main.unit.name if main else "",
        post="、".join(post.title for post in held) or one.posts[0].title,
        level=main.unit.level if main else "community",
    )


def _demo(city: CityPack) -> provider.Demo | None:
    if city.demo is None or settings().production:
        return None
    accounts = tuple(_shown(one) for one in city.demo.accounts)
    return provider.Demo(accounts=accounts, password=city.demo.password)


def routes() -> list[BaseRoute]:
    """The provider's addresses, or none when the city has its own identity provider."""
    if settings().oidc_issuer:
        return []
    city = pack()
    branding = provider.Branding(
        name=city.platform_name,
        city=city.name,
        levels=tuple(
            provider.LevelBadge(id=one.id, name=one.name, colour=LEVELS[one.id])
            for one in city.levels
        ),
    )
    return provider.routes(
        provider.Deps(
            branding=branding,
            audit=audit.append,
            requires_second_factor=requires_second_factor,
            on_end_session=_end_session,
            demo=_demo(city),
        )
    )
