"""What is decided and noticed about the connected systems; nothing here is about a person's data.

Rows carry the city's own code: posts whose scope is the whole city see them, nobody below.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)


def _number() -> Column[int]:
    return Column("id", BigInteger, Identity(always=True), primary_key=True)


# Only ever added to: the newest row of a system is the decision that holds.
system_switch = Table(
    "system_switch",
    metadata,
    _number(),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("before", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_system_switch_system_id_id", "system_id", "id"),
)

# The switch-over checklist, likewise: the newest row of an item holds.
system_step = Table(
    "system_step",
    metadata,
    _number(),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("item", Text, nullable=False),
    Column("evidence", Text, nullable=False),  # empty: taken back
    Column("until", Date),
    Column("manifest_version", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_system_step_system_id_id", "system_id", "id"),
)

# How far the call records of a system have been looked at, and since when it fails.
system_watch = Table(
    "system_watch",
    metadata,
    Column("system_id", Text, primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("seen", BigInteger, nullable=False),
    Column("failing_since", Moment),
    Column("alarmed", Integer, nullable=False),
    Column("heard_at", Moment),
)

system_alarm = Table(
    "system_alarm",
    metadata,
    _number(),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("kind", Text, nullable=False),  # 中断 | 恢复
    Column("since", Moment, nullable=False),
    Column("at", Moment, nullable=False),
    Column("fault", Text, nullable=False),
    Column("seen_by", Text),
    Column("seen_at", Moment),
    UniqueConstraint("system_id", "kind", "since", name="uq_system_alarm_system_id_kind_since"),
)

# The shape of answers that did not fit, values replaced; a few for each system.
system_sample = Table(
    "system_sample",
    metadata,
    _number(),
    Column("system_id", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("call", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("shape", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_system_sample_system_id_id", "system_id", "id"),
)

# A sign of life of each process that runs the recurring jobs, with the last turn of each job.
job_beat = Table(
    "job_beat",
    metadata,
    Column("worker", Text, primary_key=True),
    Column("region_code", RegionCode, nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("beat_at", Moment, nullable=False),
    Column("ended_at", Moment),  # it was told to stop, and did
    Column("turns", JSONB, nullable=False),  # job -> seconds, began, ended, failed
)
