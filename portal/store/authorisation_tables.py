"""The authorisation that a person and the family have signed, as it lies on file."""

from sqlalchemy import Column, Date, DateTime, Index, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import RegionCode, metadata

Moment = DateTime(timezone=True)

family_authorisation = Table(
    "family_authorisation",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("subject_hash", Text, nullable=False),  # the index is rebuilt, the paper stays
    Column("region_code", RegionCode, nullable=False),
    Column("systems", ARRAY(Text), nullable=False),
    Column("purposes", ARRAY(Text), nullable=False),
    Column("signed_on", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("signers", Integer, nullable=False),
    Column("paper_number", Text, nullable=False),
    Column("unit_id", Text, nullable=False),
    Column("unit_name", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("recorded_name", Text, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    Column("revoked_at", Moment),
    Column("revoked_name", Text),
    Column("revoked_why", Text),
    Index("ix_family_authorisation_subject_hash", "subject_hash"),
    Index("ix_family_authorisation_region_code", "region_code"),
    Index("ix_family_authorisation_unit_id", "unit_id"),
)
