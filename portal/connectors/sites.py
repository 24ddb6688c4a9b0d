"""What the city's half of a system may lack: an address, a credential, the basis for sharing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from portal.connectors.checks import Finding
from portal.connectors.endpoint import EndpointRefused, check_endpoint
from portal.connectors.manifest import Manifest
from portal.connectors.schemes import HmacAuth, SftpAuth, UsernameAuth
from portal.store.citypack import SystemSite

BY_TICKET = "平台票据"
TICKET_SECRET = "ticket"  # noqa: S105 - the name of a credential
LINK_SECRET = "link"  # noqa: S105 - the same: proofs of accounts over there are made under it


def lacks_to_be_called(
    site: SystemSite, manifest: Manifest, allow: Sequence[str]
) -> Iterator[Finding]:
    """What hinders every call: a bad address, a credential that nobody named."""
    if not site.endpoint:
        return
    try:
        check_endpoint(site.endpoint, manifest.transport, allow)
    except EndpointRefused as error:
        yield "endpoint", str(error)
    for name in credential_names(manifest):
        if name not in site.credentials:
            yield "credentials", f"清单需要凭据“{name}”，城市包没有给出引用"


def lacks_to_be_entered(
    site: SystemSite, manifest: Manifest, allow: Sequence[str]
) -> Iterator[Finding]:
    """People are sent only where the pack says, and a ticket only to who can redeem it."""
    if not site.entry:
        return
    try:
        check_endpoint(site.entry, "rest", allow)
    except EndpointRefused as error:
        yield "entry", str(error)
    if manifest.entry is None:
        yield "entry", "清单没有写明 [entry]"
    if manifest.login == BY_TICKET and TICKET_SECRET not in site.credentials:
        yield "credentials", f"以平台票据登录的系统需要凭据“{TICKET_SECRET}”，城市包没有给出引用"


def lacks_to_be_shared(site: SystemSite) -> Iterator[Finding]:
    """Nothing is given to people without the law or the agreement that allows it."""
    if not site.legal_basis.strip():
        yield "legal_basis", "没有写明共享依据，不得试运行或正式使用"


def credential_names(manifest: Manifest) -> tuple[str, ...]:
    """The credentials that a manifest asks for."""
    auth = manifest.auth
    if auth.kind == "header":
        return (auth.secret,)
    if auth.kind == "oauth2":
        return (auth.client_id, auth.client_secret)
    if isinstance(auth, HmacAuth):
        return (auth.app_id, auth.secret)
    if isinstance(auth, SftpAuth):
        return (auth.username, auth.password, auth.host_key)
    if isinstance(auth, UsernameAuth):
        return (auth.password,) if auth.user else (auth.username, auth.password)
    return ()
