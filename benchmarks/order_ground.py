"""Orders and their history in any number, the same everywhere, written by the database itself.

Each number gives its order: when it came, from where, of which class, how far it is. Every tenth is
open; each has seven lines of history. Of the open ones one in twenty has a limit that may have
passed, and is marked late exactly if it has, as the sweep leaves them.
"""

from dataclasses import dataclass

from sqlalchemy import create_engine, text

from portal.commands import setup
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.engine import driver_url

EVENTS = 7
OPEN_EACH = 10

_ORDERS = """
INSERT INTO work_order (id, order_no, source, source_no, master, kind, category, title, content,
    place, region_code, urgency, unit_id, lead_unit, dispatch_unit, seat_units, state, state_since,
    received_at, dispatched_at, signed_at, contacted_at, respond_due_at, limit_from, due_at,
    overdue_at, replied_at, reply, closed_at, day_rule, resolved, satisfied, simulated)
SELECT uuid_of(n), '63' || lpad(n::text, 15, '0'), source, 'B' || n, '本平台为主', kind,
       category, kind || '：' || topic || '问题', '请有关单位核实处理' || topic || '问题。',
       spot, region,
       1 + dice(n, 7, 4), holder, holder, 'dept-command', ARRAY['dept-command', holder],
       CASE WHEN is_open
            THEN (ARRAY['待签收','办理中','办理中','办理中','待审核','待回访','重办','督办'])
            [1 + dice(n, 8, 8)] ELSE '已办结' END,
       came + interval '1 day', came, came + interval '10 minutes', came + interval '1 hour',
       came + interval '2 hours', came + interval '1 day', came + interval '10 minutes',
       ends, CASE WHEN is_open AND ends < :now OR NOT is_open AND dice(n, 10, 20) = 0 THEN ends END,
       CASE WHEN NOT is_open THEN came + interval '3 days' END,
       CASE WHEN NOT is_open THEN '已处理完毕。' END,
       CASE WHEN NOT is_open THEN came + interval '4 days' END, '日历日',
       CASE WHEN NOT is_open
            THEN (ARRAY['已解决','已解决','已解决','未解决'])[1 + dice(n, 11, 4)] END,
       CASE WHEN NOT is_open
            THEN (ARRAY['满意','满意','基本满意','不满意'])[1 + dice(n, 12, 4)] END,
       'bench'
  FROM (SELECT *, came + CASE WHEN is_open AND dice(n, 10, 20) > 0 THEN interval '13 days'
                              ELSE (1 + dice(n, 9, 11)) * interval '1 day' END AS ends
          FROM (
        SELECT n, n % :open_each = 0 AS is_open,
               cast(:now AS timestamptz) - CASE WHEN n % :open_each = 0
                   THEN dice(n, 1, 12 * 1440) ELSE 12 * 1440 + dice(n, 1, 718 * 1440) END
                   * interval '1 minute' AS came,
               (ARRAY['12345','12345','12345','领导信箱','邻里牵手','110非警务'])
                   [1 + dice(n, 2, 6)] AS source,
               (ARRAY['投诉','投诉','求助','求助','咨询','建议','举报','表扬'])
                   [1 + dice(n, 3, 8)] AS kind,
               lpad((1 + dice(n, 4, 20))::text, 2, '0') || '.' ||
                   lpad((1 + dice(n, 5, 15))::text, 2, '0') || '.' ||
                   lpad((1 + dice(n, 13, 10))::text, 2, '0') AS category,
               (ARRAY['供水','供暖','噪声','停车','物业','垃圾','路灯','油烟'])
                   [1 + dice(n, 4, 8)] AS topic,
               (ARRAY['昆仑','五四','建国','七一','祁连','共和','南川','海湖'])
                   [1 + dice(n, 6, 8)] || '路'
                   || (1 + dice(n, 14, 300)) || '号' || (1 + dice(n, 15, 30)) || '栋' AS spot,
               (cast(:regions AS text[]))[1 + dice(n, 16, :places)] AS region,
               (cast(:units AS text[]))[1 + dice(n, 16, :places)] AS holder
          FROM generate_series(cast(:first AS int), cast(:last AS int)) AS n) AS come) AS made
"""
_EVENTS = """
INSERT INTO order_event (order_id, at, move, from_state, to_state, unit_id, unit_name, actor,
                         actor_name, words, detail)
SELECT uuid_of(n), cast(:now AS timestamptz) - (:last - n) * interval '1 second', move, was, now_is,
       'dept-command', '指挥中心', 'bench', '测量', '办理', jsonb_build_object('version', step)
  FROM generate_series(cast(:first AS int), cast(:last AS int)) AS n,
       (VALUES (1, 'born', '', '待派单'), (2, 'dispatch', '待派单', '待签收'),
               (3, 'sign', '待签收', '办理中'), (4, 'contact', '办理中', '办理中'),
               (5, 'reply', '办理中', '待审核'), (6, 'approve', '待审核', '待回访'),
               (7, 'visit', '待回访', '已办结')) AS steps (step, move, was, now_is)
"""
_HELPERS = (
    "CREATE OR REPLACE FUNCTION uuid_of(n int) RETURNS uuid LANGUAGE sql IMMUTABLE"
    " AS $$ SELECT md5('order' || n)::uuid $$",
    "CREATE OR REPLACE FUNCTION dice(n int, salt int, sides int) RETURNS int LANGUAGE sql IMMUTABLE"
    " AS $$ SELECT abs(hashint8(n * 1000003::bigint + salt * 7919)::bigint % sides)::int $$",
)


@dataclass(frozen=True, kw_only=True)
class Places:
    """The communities of the city, and for each the unit that handles what happens there."""

    regions: list[str]
    units: list[str]


def places() -> Places:
    """From the city pack, which is loaded on the way."""
    setup.load_city(pack())
    found = [
        one.code
        for one in divisions.below(pack().region_code, "community")
        if not one.statistics_only
    ]
    # Of five orders of a place one is the community's, three the street's, one the district's desk.
    return Places(
        regions=found,
        units=[
            (f"com-{code}", f"gov-{code[:9]}", f"gov-{code[:9]}", f"gov-{code[:9]}",
             f"gov-{code[:6]}")[place % 5]
            for place, code in enumerate(found)
        ],
    )  # fmt: skip


def fill(owner: str, first: int, last: int, now: object, *, events: bool = True) -> None:
    """Write the orders of these numbers with their history."""
    here = places()
    given = {"first": first, "last": last, "now": now, "open_each": OPEN_EACH,
             "regions": here.regions, "units": here.units, "places": len(here.regions)}  # fmt: skip
    engine = create_engine(driver_url(owner))
    with engine.begin() as connection:
        for helper in _HELPERS:
            connection.execute(text(helper))
        connection.execute(text(_ORDERS), given)
        if events:
            connection.execute(text(_EVENTS), {"first": first, "last": last, "now": now})
    with engine.connect() as connection:
        plain = connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in ("work_order", "order_event"):
            plain.execute(text(f"VACUUM (ANALYZE) {table}"))
    engine.dispose()
