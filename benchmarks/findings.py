"""未诉先办: the pilot's table over a city's findings, and a bulletin that tells of them."""

import time
from collections.abc import Callable
from itertools import count
from statistics import median
from uuid import UUID

from sqlalchemy import create_engine, text

from auth.principal import Principal, Unit
from benchmarks import ground
from benchmarks.figures import Figure, emit
from portal.affairs.findings import desk, figures
from portal.affairs.findings.desk import Draft
from portal.affairs.orders import tally
from portal.affairs.rates.entrants import today
from portal.commands import setup
from portal.store import divisions
from portal.store.citypack import pack
from portal.store.engine import driver_url

FINDINGS, RUNS, PILOT = 20_000, 20, "630103"
# As history leaves them: nine of ten solved, by all three ways, over two years.
_FILL = text(
    """
    INSERT INTO finding (id, number, source, form_no, class, title, content, place, region_code,
        stage, finder_unit, finder_name, unit_id, seat_units, way, state, state_since, found_at,
        closed_at, simulated)
    SELECT gen_random_uuid(), 'WS-B' || n, '社区发现', 'B' || n, '环境卫生', '楼后堆物', '两车垃圾',
           '楼后', code, '试点', 'com-' || code, '测试', 'com-' || code, '{}',
           (ARRAY['自办', '协办', '联办'])[1 + n % 3],
           CASE WHEN n % 10 = 0 THEN '联办中' ELSE '已解决' END, at, at,
           CASE WHEN n % 10 = 0 THEN NULL ELSE at END, 'bench'
      FROM generate_series(1, cast(:many AS int)) AS n,
           LATERAL (SELECT (cast(:codes AS text[]))[1 + n % cardinality(cast(:codes AS text[]))]
                           AS code,
                           now() - make_interval(hours => (n % 17000)) AS at) AS here
    """
)


def _who(region: str, level: str, role: str, unit: str) -> Principal:
    none = UUID(int=0)
    return Principal(
        account_id=none, login="bench", name="测试", post_id=none, post_title="测试",
        unit=Unit(id=unit, name="测试", kind="government" if level != "community" else level,
                  level=level, region_code=region),
        roles=(role,), prefixes=(region,), session_id="bench", factors=frozenset({"pwd", "otp"}),
    )  # fmt: skip


def _report(name: str, seconds: list[float]) -> None:
    emit(Figure(figure=f"findings.{name}", value=round(median(seconds) * 1000, 1), unit="ms",
                runs=len(seconds), scale=f"{FINDINGS} findings"))  # fmt: skip


def _timed(work: Callable[[], object], runs: int = RUNS, warm: int = 2) -> list[float]:
    taken = []
    for _ in range(runs + warm):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return taken[warm:]


def run() -> None:
    """Fill a fresh city with findings, time what is asked of them, and print it."""
    with ground.folder() as place, ground.database(place) as owner:
        setup.load_city(pack())
        tally.define()
        codes = [one.code for one in divisions.below(PILOT, "community")]
        engine = create_engine(driver_url(owner))
        with engine.begin() as connection:
            connection.execute(_FILL, {"many": FINDINGS, "codes": codes})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE finding"))
        engine.dispose()
        _measure(codes[0])


def _measure(code: str) -> None:
    who = _who(PILOT, "district", "district_officer", f"gov-{PILOT}")
    last = today()
    _report("table.year", _timed(lambda: figures.table(who, last.replace(month=1, day=1), last)))
    _report("table.month", _timed(lambda: figures.table(who, last.replace(day=1), last)))
    clerk = _who(code, "community", "community_clerk", f"com-{code}")
    numbers = count()

    def found() -> None:
        given = Draft(form_no=f"N{next(numbers)}", class_="环境卫生", title="楼后堆积建筑垃圾",
                      content="3 号楼后堆积建筑垃圾约两车。", place="3 号楼后")  # fmt: skip
        desk.act(clerk, desk.found(clerk, given), "keep")

    _report("found_and_kept", _timed(found))
    _report("drain", _timed(tally.drain, runs=1, warm=0))
