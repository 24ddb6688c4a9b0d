"""The decision: is this person who they say, and what to tell them when not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from auth.provider import attempts, credentials, passwords
from auth.provider.attempts import Claim
from auth.provider.credentials import Known
from auth.provider.deps import Deps
from portal.settings import settings
from portal.store import clock
from portal.store.crypto import keyed_hash

MAX_LOGIN = 64


@dataclass(frozen=True, kw_only=True)
class Proved:
    """The password was right, or the code was."""

    known: Known
    next: Literal["done", "code", "enrol"]


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Why not, for the person at the screen."""

    status: int
    message: str
    retry_after: int | None = None


def _until_text(until: datetime) -> tuple[str, int, int]:
    """The end of a lock: wall clock rounded up to the minute, minutes and seconds still to wait."""
    seconds = max(int((until - clock.now()).total_seconds()), 1)
    minute = clock.local(until + timedelta(seconds=59)).strftime("%H:%M")
    return minute, -(-seconds // 60), seconds


def _locked(made: Claim) -> Refused:
    minute, minutes, seconds = _until_text(made.until or clock.now())
    if made.locked == "address":
        text = (
            f"本机所在网络登录失败次数过多，已暂停登录至 {minute}（约 {minutes} 分钟后）。"
            "账号和数据不受影响，请届时再试；急需登录请联系系统管理员。"
        )
    else:
        text = (
            f"连续 {settings().lockout_attempts} 次未通过验证，该账号已暂停登录至 {minute}"
            f"（约 {minutes} 分钟后）。账号内的数据不受影响，请届时再试；"
            "忘记密码或急需登录，请联系本单位系统管理员重置或解锁。"
        )
    return Refused(status=429, message=text, retry_after=seconds)


def _wrong(made: Claim, what: str) -> Refused:
    if made.locked:
        return _locked(made)
    rest = f"还可尝试 {made.left} 次，之后将暂停登录 {settings().lockout_minutes} 分钟。"
    return Refused(status=401, message=f"{what}{rest}")


class Desk:
    """Checks proofs, counts attempts, and writes every outcome into the audit."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    def _note(self, outcome: str, actor: str, made: Claim, **detail: Any) -> None:
        base = {"address": made.address, **detail}
        self._deps.audit(action="signin", actor=actor, outcome=outcome, detail=base)
        if outcome == "refused" and made.allowed and made.locked:
            self._deps.audit(
                action="signin.locked",
                actor=actor,
                outcome="refused",
                detail={
                    "address": made.address,
                    "what": made.locked,
                    "until": made.until.isoformat() if made.until else "",
                },
            )

    def _actor(self, known: Known | None, typed: str) -> str:
        # What was typed as a login may be a password: an unknown one is recorded by its hash only.
        return known.login if known else f"unknown:{keyed_hash(typed)[:16]}"

    def by_password(self, typed: str, password: str, address: str) -> Proved | Refused:
        """The first step. An unknown login costs and says exactly what a wrong password does."""
        login = credentials.plain_login(typed)
        if not login or not password:
            return Refused(status=400, message="请填写账号和密码。")
        if len(login) > MAX_LOGIN or len(password) > passwords.MAX_LENGTH:
            return Refused(status=400, message="账号或密码过长，请核对后重新填写。")
        made = attempts.claim(login, address)
        if not made.allowed:
            return _locked(made)
        known = credentials.find(login)
        right = passwords.matches(known.password_hash if known else None, password)
        if known is None or not right:
            self._note("refused", self._actor(known, login), made, reason="wrong_password")
            return _wrong(made, "账号或密码不正确。")
        if not known.is_active:
            self._note("refused", known.login, made, reason="disabled")
            text = "该账号已停用，不能登录。如需恢复，请联系本单位系统管理员。"
            return Refused(status=403, message=text)
        if known.is_expired:
            self._note("refused", known.login, made, reason="initial_expired")
            text = "初始密码已过期，不能登录。请联系本单位系统管理员重新发放。"
            return Refused(status=403, message=text)
        if passwords.is_outdated(known.password_hash or ""):
            credentials.refresh_hash(known.login, password)
        return self._after_password(known, made)

    def _after_password(self, known: Known, made: Claim) -> Proved:
        # Once enrolled, always asked: switching a role's demand off weakens nobody silently.
        needs_second = (
            known.totp_secret is not None
            or known.must_enrol
            or self._deps.requires_second_factor(known.login)
        )
        if needs_second:
            attempts.undo(made)
            return Proved(known=known, next="code" if known.totp_secret else "enrol")
        self._note("ok", known.login, made, amr=["pwd"])
        attempts.succeed(made)
        return Proved(known=known, next="done")

    def by_code(self, login: str, code: str, address: str) -> Proved | Refused:
        """The second step for an account that has enrolled a phone."""
        return self._second_step(login, code, address, secret=None)

    def by_enrolment(self, login: str, secret: str, code: str, address: str) -> Proved | Refused:
        """The second step for an account that enrols its phone now."""
        return self._second_step(login, code, address, secret=secret)

    def _second_step(
        self, login: str, code: str, address: str, *, secret: str | None
    ) -> Proved | Refused:
        digits = credentials.plain_login(code).replace(" ", "")
        if not (len(digits) == 6 and digits.isascii() and digits.isdigit()):
            return Refused(status=400, message="请填写验证器上显示的 6 位数字。")
        made = attempts.claim(credentials.plain_login(login), address)
        if not made.allowed:
            return _locked(made)
        known = credentials.find(login)
        if known is None or not known.is_active:
            self._note("refused", login, made, reason="disabled")
            text = "该账号已停用，不能登录。如需恢复，请联系本单位系统管理员。"
            return Refused(status=403, message=text)
        if secret is None:
            right = credentials.use_code(known, digits) if known.totp_secret else False
        else:
            right = credentials.enrol(known.login, secret, digits)
        if not right:
            return self._code_refused(known, made, right, enrolling=secret is not None)
        if secret is not None:
            self._deps.audit(
                action="signin.enrolled", actor=known.login, outcome="ok", detail={"kind": "totp"}
            )
        self._note("ok", known.login, made, amr=["pwd", "otp"])
        attempts.succeed(made)
        return Proved(known=known, next="done")

    def _code_refused(
        self, known: Known, made: Claim, right: bool | None, *, enrolling: bool
    ) -> Refused:
        if right is False:
            self._note("refused", known.login, made, reason="wrong_code")
            return _wrong(made, "验证码不正确，请核对手机时间后输入当前显示的验证码。")
        if enrolling:
            self._note("refused", known.login, made, reason="enrolled_elsewhere")
            return Refused(status=409, message="该账号刚刚已绑定另一部手机，请返回首页重新登录。")
        self._note("refused", known.login, made, reason="replayed_code")
        return _wrong(made, "该验证码已使用过，请等待下一个验证码（约 30 秒）后再输入。")

    def by_new_password(self, login: str, password: str, again: str) -> Proved | Refused:
        """The last step for an initial password: the person's own takes its place."""
        known = credentials.find(login)
        if known is None or not known.is_active or known.is_expired:
            text = "该账号已停用或初始密码已过期，密码没有更改。请联系本单位系统管理员。"
            return Refused(status=403, message=text)
        if len(password) > passwords.MAX_LENGTH:
            return Refused(status=400, message="密码过长，没有更改。请重新填写。")
        if password != again:
            return Refused(status=400, message="两次填写的新密码不一致，没有更改。请重新填写。")
        try:
            done = credentials.change_initial(known, password)
        except passwords.WeakPasswordError as weak:
            return Refused(status=400, message=f"{weak}，没有更改。请重新填写。")
        if not done:
            return Refused(status=409, message="该密码刚刚已在别处更改，请返回首页重新登录。")
        self._deps.audit(
            action="signin.password_changed",
            actor=known.login,
            outcome="ok",
            detail={"kind": "initial"},
        )
        return Proved(known=known, next="done")
