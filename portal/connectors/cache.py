"""Answers kept for minutes: successes only, encrypted, bounded, in memory or in Redis.

The key holds everything that decides what may be seen: scope, permissions, purpose, case, subject,
system and the version of its manifest. Redis holds nothing that matters: when it fails the process
goes on with its own memory, without an error for anybody, and tries Redis again after a while.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from cachetools import TLRUCache
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from portal.connectors.contract import Asker, Field, Mask, Record, Sensitivity, Subject
from portal.connectors.registry import System
from portal.store.crypto import decrypt, encrypt, keyed_hash

log = structlog.get_logger(__name__)

MEMORY_BYTES = 64 * 1024 * 1024
REDIS_SECONDS = 0.25  # longer than this is no help: the systems themselves are about as fast
REDIS_REST = timedelta(seconds=30)
_SENSITIVITIES = {str(one): one for one in Sensitivity}
_MASKS = {str(one): one for one in Mask}


@dataclass(frozen=True, kw_only=True)
class Held:
    """An earlier success: what was answered, when, and from when the owner's data was."""

    records: tuple[Record, ...]
    fetched_at: datetime
    as_of: datetime


def keys_of(asker: Asker, subject: Subject, systems: Sequence[System]) -> dict[str, str]:
    """For each system a key that two people share only if they may see exactly the same."""
    common = _written(
        [
            sorted(asker.prefixes),
            asker.unit,
            asker.permission_digest,
            asker.purpose,
            asker.case_id,
            [subject.kind, subject.id, subject.id_number],
        ]
    )
    return {one.id: _key(common, asker, one) for one in systems}


def key_of(asker: Asker, subject: Subject, system: System) -> str:
    """The key of one system."""
    return keys_of(asker, subject, [system])[system.id]


def _key(common: str, asker: Asker, system: System) -> str:
    version = [system.id, system.manifest.version, system.site.endpoint]
    own = _written([sorted(asker.readable.get(system.id, ())), version])
    return "answer:" + keyed_hash(f"[{common},{own}]")


def _written(parts: list[Any]) -> str:
    return json.dumps(parts, ensure_ascii=False)


class Shelf(Protocol):
    """Where encrypted texts are kept under a key until a time."""

    async def get(self, keys: Sequence[str]) -> list[str | None]: ...

    async def put(self, entries: Mapping[str, tuple[str, float]]) -> None: ...

    async def drop(self, keys: Sequence[str]) -> None: ...

    async def close(self) -> None: ...


class MemoryShelf:
    """The memory of this process, bounded in bytes."""

    def __init__(self, now: Callable[[], datetime], max_bytes: int = MEMORY_BYTES) -> None:
        self._entries: TLRUCache[str, tuple[str, float]] = TLRUCache(
            max_bytes,
            ttu=lambda _key, entry, at: at + entry[1],
            timer=lambda: now().timestamp(),
            getsizeof=lambda entry: len(entry[0]),
        )

    async def get(self, keys: Sequence[str]) -> list[str | None]:
        return [(self._entries.get(key) or (None, 0.0))[0] for key in keys]

    async def put(self, entries: Mapping[str, tuple[str, float]]) -> None:
        for key, entry in entries.items():
            if len(entry[0]) <= self._entries.maxsize:
                self._entries[key] = entry

    async def drop(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._entries.pop(key, None)

    async def close(self) -> None:
        self._entries.clear()


class RedisShelf:
    """A Redis shared by the processes; entries end by themselves."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url,
            decode_responses=True,
            socket_timeout=REDIS_SECONDS,
            socket_connect_timeout=REDIS_SECONDS,
            retry=Retry(NoBackoff(), 1),  # once, for a connection that has gone stale
        )

    async def get(self, keys: Sequence[str]) -> list[str | None]:
        texts: list[Any] = await self._redis.mget(keys) if keys else []
        return texts

    async def put(self, entries: Mapping[str, tuple[str, float]]) -> None:
        async with self._redis.pipeline(transaction=False) as pipe:
            for key, (text, seconds) in entries.items():
                pipe.set(key, text, px=max(1, int(seconds * 1000)))
            await pipe.execute()

    async def drop(self, keys: Sequence[str]) -> None:
        if keys:
            await self._redis.delete(*keys)

    async def close(self) -> None:
        await self._redis.aclose()


class DegradingShelf:
    """Redis while it works, this process's memory while it does not."""

    def __init__(self, redis: Shelf, memory: Shelf, now: Callable[[], datetime]) -> None:
        self._redis = redis
        self._memory = memory
        self._now = now
        self._resting_until: datetime | None = None

    async def get(self, keys: Sequence[str]) -> list[str | None]:
        found: list[str | None] = await self._either("get", keys)
        return found

    async def put(self, entries: Mapping[str, tuple[str, float]]) -> None:
        await self._either("put", entries)

    async def drop(self, keys: Sequence[str]) -> None:
        """Forget in both: what Redis still held must not come back, nor what memory does."""
        await self._memory.drop(keys)
        await self._either("drop", keys)

    async def close(self) -> None:
        await self._memory.close()
        await self._redis.close()

    async def _either(self, action: str, argument: Any) -> Any:
        if self._resting_until is None or self._now() >= self._resting_until:
            try:
                result = await getattr(self._redis, action)(argument)
            except (RedisError, OSError, TimeoutError) as error:
                self._rest(error)
            else:
                self._recovered()
                return result
        return await getattr(self._memory, action)(argument)

    def _rest(self, error: Exception) -> None:
        if self._resting_until is None:
            log.warning("redis failed, memory takes over", fault=type(error).__name__)
        self._resting_until = self._now() + REDIS_REST

    def _recovered(self) -> None:
        if self._resting_until is not None:
            log.info("redis answers again")
            self._resting_until = None


class AnswerCache:
    """Successful answers under their keys. A broken or foreign entry counts as none."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def get(self, keys: Sequence[str]) -> dict[str, Held]:
        """What is held under each key, in one look."""
        texts = await self._shelf.get(keys)
        held = {key: _open(text) for key, text in zip(keys, texts, strict=True) if text}
        return {key: one for key, one in held.items() if one is not None}

    async def put(self, entries: Mapping[str, tuple[Held, float]]) -> None:
        """Keep successes, each for its number of seconds."""
        if entries:
            await self._shelf.put(
                {key: (_seal(held), seconds) for key, (held, seconds) in entries.items()}
            )

    async def drop(self, keys: Sequence[str]) -> None:
        """Forget, because the system itself now says otherwise."""
        if keys:
            await self._shelf.drop(keys)

    async def close(self) -> None:
        await self._shelf.close()


def open_cache(redis_url: str | None, now: Callable[[], datetime]) -> AnswerCache:
    """The cache this deployment asks for."""
    memory = MemoryShelf(now)
    if not redis_url:
        return AnswerCache(memory)
    return AnswerCache(DegradingShelf(RedisShelf(redis_url), memory, now))


def _seal(held: Held) -> str:
    records = [[one.title, one.fields] for one in held.records]  # a field is a tuple already
    times = [held.fetched_at.isoformat(), held.as_of.isoformat()]
    return encrypt(json.dumps([times, records], ensure_ascii=False))


def _open(text: str) -> Held | None:
    try:
        (fetched_at, as_of), records = json.loads(decrypt(text))
        return Held(
            records=tuple(
                Record(title=title, fields=tuple(_field(*parts) for parts in fields))
                for title, fields in records
            ),
            fetched_at=datetime.fromisoformat(fetched_at),
            as_of=datetime.fromisoformat(as_of),
        )
    except Exception as error:  # a rotated key or another version's entry: simply not held
        log.warning("cached answer unreadable", fault=type(error).__name__)
        return None


def _field(
    name: str, label: str, value: str | None, sensitivity: str, mask: str, note: str | None
) -> Field:
    return Field(name, label, value, _SENSITIVITIES[sensitivity], _MASKS[mask], note)
