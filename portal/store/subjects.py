"""The subject index: who exists and which systems know them, and nothing more.

Records stay in the systems they belong to. The index holds a name (with its pinyin), keyed hashes
of identity number and phone, the encrypted identity number that the systems are asked by, and dated
relations to places. A look-up by name starts from the scope, not from the name (LIKE is not
leakproof, so the planner may not use an index on names under row-level security): there is none.
Row-level security on ``subject_relation`` decides which persons are visible.
"""

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from portal.store.base import RegionCode, metadata

address = Table(
    "address",
    metadata,
    Column("id", Text, primary_key=True),  # keyed hash of region and text
    Column("region_code", RegionCode, nullable=False),
    Column("text", Text, nullable=False),
    Column("place_key", Text),  # the same for every spelling of one dwelling; see records.places
    Index("ix_address_region_code", "region_code"),
    Index("ix_address_place_key", "place_key"),
)

subject = Table(
    "subject",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # person
    Column("name", Text, nullable=False),
    Column("pinyin", Text, nullable=False),  # full pinyin, no spaces
    Column("initials", Text, nullable=False),
    Column("id_hash", Text, nullable=False, unique=True),
    Column("id_cipher", Text, nullable=False),
    Column("phone_hash", Text, index=True),
    Column("systems", ARRAY(Text), nullable=False),
    Column("simulated", Text),  # the seed that made this row; production holds none
)

subject_relation = Table(
    "subject_relation",
    metadata,
    Column("subject_id", Uuid, ForeignKey("subject.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),  # 户籍 | 居住 | 产权 | 就业
    Column("region_code", RegionCode, nullable=False),
    Column("address_id", Text, ForeignKey("address.id")),
    Column("household_no", Text),  # keyed hash of the source's household number
    Column("head", Boolean, nullable=False, server_default=text("false")),  # of that household
    Column("starts", Date),
    Column("ends", Date),
    Column("system_id", Text, nullable=False),
    Index("ix_subject_relation_subject_id", "subject_id"),
    Index("ix_subject_relation_region_code", "region_code"),
    Index("ix_subject_relation_address_id", "address_id"),
    Index("ix_subject_relation_household_no", "household_no"),
)

# Households, houses and enterprises: which there are and where, and the number that each system
# has for them. Who lives in one is told by the relations of persons above.
thing = Table(
    "thing",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),  # household | family | house | enterprise
    Column("key_hash", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Column("name", Text, nullable=False),  # of an enterprise, or of the head of a household
    Column("pinyin", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("place_key", Text),
    Column("code_cipher", Text),  # an enterprise's credit code, which systems are asked by
    Column("simulated", Text),
    Index("uq_thing_kind_key_hash", "kind", "key_hash", unique=True),
    Index("ix_thing_region_code", "region_code"),
    Index("ix_thing_place_key", "place_key"),
)

thing_known = Table(
    "thing_known",
    metadata,
    Column("thing_id", Uuid, ForeignKey("thing.id", ondelete="CASCADE"), primary_key=True),
    Column("system_id", Text, primary_key=True),
    Column("number_hash", Text, primary_key=True),
    Column("number_cipher", Text, nullable=False),
    Column("region_code", RegionCode, nullable=False),
    Index("ix_thing_known_system_id", "system_id"),
    Index("ix_thing_known_region_code", "region_code"),
)
