"""What is stored of a batch of persons to be verified: the batch, and a state per row.

Who is in a batch and what was answered is encrypted, and goes when the batch expires.
"""

from sqlalchemy import Column, DateTime, ForeignKey, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

verify_job = Table(
    "verify_job",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("owner", Text, nullable=False),  # the login of who asked, as the policies read it
    Column("account_id", Uuid, nullable=False),
    Column("holder_id", Uuid),  # for whom who asked was acting, if for somebody
    Column("post_id", Uuid, nullable=False),
    Column("factors", ARRAY(Text), nullable=False),  # how who asked had signed in
    Column("actor_name", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("reason", Text, nullable=False),
    Column("wanted", JSONB, nullable=False),  # system -> names of fields
    Column("persons", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("released_by", Text),
    Column("note", Text),  # why it was not released, or stopped
    Column("asked_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("finished_at", Moment),
    Column("expires_at", Moment, nullable=False),
    Column("different", Integer),  # of a finished batch: rows whose name did not fit
    Index("ix_verify_job_owner", "owner"),
    Index("ix_verify_job_unit_id", "unit_id"),
    Index("ix_verify_job_region_code", "region_code"),
    Index("ix_verify_job_state", "state"),
)

verify_row = Table(
    "verify_row",
    metadata,
    Column("job_id", Uuid, ForeignKey("verify_job.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),  # as a spreadsheet shows it
    Column("owner", Text, nullable=False),
    Column("person", Text, nullable=False),  # encrypted: name and identity number
    Column("state", Text, nullable=False),  # 待核验 | 核验中 | 已核验
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_until", Moment),
    Column("outcome", Text),
    Column("answers", Text),  # encrypted
    Column("done_at", Moment),
    Index("ix_verify_row_state", "job_id", "state"),
)
