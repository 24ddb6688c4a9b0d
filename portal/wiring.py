"""The composition root: who is plugged into whom, for the server, the command line and tests."""

from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

from redis import Redis, RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from auth.principal import Principal
from portal import logs, plugs
from portal.affairs.briefing import desk as briefing
from portal.affairs.corrections import offer as corrections
from portal.affairs.dispatch import offer as dispatching
from portal.affairs.evaluation import visits
from portal.affairs.matters import desk as cases
from portal.affairs.matters import offer as matters
from portal.affairs.matters import queries as case_queries
from portal.affairs.notices import offer as notices_offer
from portal.affairs.orders import book as order_book
from portal.affairs.orders import classes as order_classes
from portal.affairs.orders import commands as order_commands
from portal.affairs.orders import desk as order_desk
from portal.affairs.orders import mirror as order_mirror
from portal.affairs.orders import offer as orders
from portal.affairs.orders import sweep as order_sweep
from portal.affairs.orders.advising import Adviser
from portal.affairs.orders.gone import Gone
from portal.affairs.rates import closing
from portal.affairs.supervision import sweep as supervision_sweep
from portal.affairs.supervision.reminding import Reminders
from portal.api.application import Functions
from portal.connectors.gateway import Gateway
from portal.connectors.messaging import open_channels
from portal.connectors.registry import load_registry
from portal.functions import drops, places, rounds
from portal.functions import messages as messaging
from portal.functions.changes import Notices, Patrol, WatchedCase
from portal.functions.digest import Digests
from portal.functions.entry import Entry
from portal.functions.matters import Filing, Matters
from portal.functions.matters import load as check_matters
from portal.functions.messages import Messages
from portal.functions.orders import offers
from portal.functions.people import Carriers
from portal.functions.records import CaseRef, Dispute, Disputes, Records, Things
from portal.functions.reports import Reports, standing
from portal.functions.reports.delivering import Deliveries
from portal.functions.resources import Resources
from portal.functions.resources import load as check_resources
from portal.functions.rosters import Rosters
from portal.functions.systems import Systems, alarms, background
from portal.functions.tasks import Tasks, hand_over
from portal.functions.tasks.platform import PlatformTasks
from portal.functions.verify import Runner, Verify
from portal.jobs import Jobs, Recurring, of_applications, of_orders, of_tasks
from portal.settings import secrets, settings
from portal.store import deployment, divisions, drafts, measure_notes, migrate, samples, stirs
from portal.store.citypack import CityPack, pack
from portal.store.engine import NoDatabaseError, begin
from portal.store.scope import Reach
from portal.store.switches import Switches

Readiness = dict[str, tuple[bool, str]]


def _case_of_matters(principal: Principal, case_id: str) -> CaseRef | None:
    case = matters.find_case(principal, case_id)
    if case is None:
        return None
    return CaseRef(
        id=case.id,
        number=case.number,
        matter=case.matter,
        subject_id=UUID(case.subject_id),
        region_code=case.region_code,
    )


def _open_cases(reach: Reach, limit: int) -> list[WatchedCase]:
    return [
        WatchedCase(
            id=one.id, subject_id=one.subject_id, region_code=one.region_code, unit_id=one.unit_id
        )
        for one in matters.open_everywhere(reach, limit)
    ]


def _file(principal: Principal, one: Dispute) -> corrections.Asked:
    return corrections.ask(principal, corrections.Asking(**vars(one)))


# What a 交接单 moves: words for the slip -> the move itself, within its transaction.
CARRIERS: Carriers = {"任务": hand_over, "草稿": drafts.carry}


@dataclass(frozen=True, kw_only=True)
class Wired:
    """One process's functions, plugged together."""

    gateway: Gateway
    records: Records
    things: Things
    entry: Entry
    reports: Reports
    notices: Notices
    patrol: Patrol
    tasks: Tasks
    messages: Messages
    digests: Digests
    disputes: Disputes
    verify: Verify
    rosters: Rosters
    matters: Matters
    filing: Filing
    systems: Systems
    resources: Resources
    jobs: Jobs
    adviser: Adviser | None = None  # which unit a demand belongs to; none: the desk decides alone
    carriers: Carriers = field(default_factory=dict)  # what moves when a post is handed over

    def start(self, *, jobs: bool | None = None) -> None:
        """Start what runs in the background; refuse a database of the wrong kind.

        ``jobs`` says whether the recurring jobs run in this process; unsaid, the settings say it.
        """
        logs.configure()
        production = settings().production
        deployment.require(deployment.PRODUCTION if production else deployment.DEMO)
        divisions.find(pack().region_code)  # read the places now, not on the upstream loop
        self.gateway.start()
        self.jobs.start(work=settings().jobs == "within" if jobs is None else jobs)

    def stop(self) -> None:
        """Stop it."""
        self.jobs.stop()
        self.gateway.stop()

    def readiness(self) -> Readiness:
        """What a load balancer needs to know, part by part: well or not, and in words."""
        parts = {**_database_readiness(), "upstream": self._upstream(), "jobs": _jobs_readiness()}
        return parts | ({"redis": _redis_readiness(url)} if (url := settings().redis_url) else {})

    def _upstream(self) -> tuple[bool, str]:
        alive = self.gateway.alive
        return alive, "运行中" if alive else "接入网关没有运行"


def _jobs_readiness() -> tuple[bool, str]:
    """Well either way: a serving process is no better off elsewhere when the jobs stand still."""
    try:
        return True, background.standing().words
    except (SQLAlchemyError, NoDatabaseError):
        return True, "后台任务是否运行，须数据库可用时才能得知"


def _redis_readiness(url: str) -> tuple[bool, str]:
    """Well either way: without Redis the portal is slower and loses nothing."""
    try:
        with Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1) as client:
            client.ping()
    except RedisError:
        return True, "不可用，已改用本机内存，只影响速度"
    return True, "可用"


def _database_readiness() -> Readiness:
    try:
        with begin() as connection:
            role = connection.execute(
                text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
            ).scalar_one()
            trigrams = connection.execute(
                text("SELECT cardinality(show_trgm('张三丰'))")
            ).scalar_one()
            version = migrate.current(connection)
    except Exception as error:
        return {"database": (False, f"数据库不可用（{type(error).__name__}）")}
    return {
        "database": (True, "可用"),
        "migrations": (version == migrate.head(), f"表结构版本 {version}"),
        "role": (not role, "应用角色受行级权限约束" if not role else "应用角色可绕过行级权限"),
        "chinese": (trigrams > 0, "中文分词可用" if trigrams else "数据库区域设置不支持中文"),
    }


def _of_orders(city: CityPack) -> tuple[Recurring, ...]:
    """The clock of orders."""
    if city.flow(order_book.FLOW) is None:
        return ()
    return (
        Recurring(seconds=60, name="orders.sweep", work=order_sweep.sweep),
        Recurring(seconds=60, name="supervision.sweep", work=supervision_sweep.sweep),
        Recurring(seconds=60, name="evaluation.draw", work=visits.draw),
    )


def _place_name(code: str) -> str | None:
    found = divisions.find(code)
    return found.name if found else None


def _known(city: CityPack) -> list[str]:
    """Every system the city speaks of, those among them whose entry cannot be read."""
    return [one.id for one in city.systems] + [one.id for one in city.unread_systems]


def _messages(tasks: Tasks) -> Messages:
    """The channels of the pack, and what tasks are called; a list that fits nothing is refused."""
    chosen, city = settings(), pack()
    messaging.check(city, tasks.kinds_of)
    channels = open_channels(
        city.messages.channels, secret=secrets().system, allow=chosen.endpoint_allow
    )
    return Messages(channels=channels, name_of=tasks.name_of, kinds_of=tasks.kinds_of)


def build() -> Wired:
    """Plug the functions together from the settings and the city pack."""
    chosen = settings()
    city = pack()
    registry = load_registry(
        city.systems,
        retired_codes=city.retired_codes,
        place_name=_place_name,
        allow=chosen.endpoint_allow,
        pack_folder=city.folder,
        switches=Switches(),
        unread=city.unread_systems,
        share=chosen.limits_share,
    )
    check_matters(registry, city.matters)
    check_resources(registry, city.resources, _known(city))
    plugs.forms_know(registry, city)
    gateway = Gateway(
        registry,
        deadline_seconds=chosen.upstream_deadline_seconds,
        cache_seconds=chosen.cache_seconds,
        redis_url=chosen.redis_url,
        keep_sample=lambda one: samples.keep([one], city.region_code),
    )
    order_desk.decide_elsewhere(
        order_commands.Commands(offers=lambda system_id: offers(registry, system_id))
    )
    notices = Notices(registry=registry)
    order_classes.named_by(dispatching.names_at)
    patrol = Patrol(gateway=gateway, notices=notices, open_cases=_open_cases)
    ours: list[PlatformTasks] = [
        corrections.CorrectionTasks(),
        matters.MatterTasks(),
        notices_offer.NoticeTasks(),
    ]
    if city.flow(order_book.FLOW):
        order_book.flow()  # a flow that makes no sense stops here, with file, line and reason
        ours += [orders.OrderTasks(), dispatching.ConsultationTasks()]
    ours += plugs.tasks_of_findings(city)
    ours += plugs.tasks_of_forms(city)
    tasks = Tasks(registry=registry, platform={one.id: one for one in ours})
    messages = _messages(tasks)
    digests = Digests(messages=messages)
    digests.offer(tasks)
    digests.offer(Reminders())
    digests.offer(standing.Reminders())
    records = Records(gateway=gateway, case_sources=[_case_of_matters, tasks.case], notices=notices)
    runner = Runner(records=records)
    catalogue = Matters(records=records, registry=registry)
    reports = Reports(registry=registry, own=plugs.own_measures(city))
    return Wired(
        gateway=gateway,
        records=records,
        things=Things(records=records),
        entry=Entry(gateway=gateway),
        reports=reports,
        notices=notices,
        patrol=patrol,
        tasks=tasks,
        messages=messages,
        digests=digests,
        disputes=Disputes(records=records, take=_file, standing=corrections.about),
        verify=Verify(records=records),
        rosters=Rosters(records=records),
        matters=catalogue,
        filing=Filing(matters=catalogue, open_case=cases.open_case, numbers=case_queries.numbers),
        systems=Systems(gateway=gateway),
        resources=Resources(registry=registry, reports=reports),
        jobs=Jobs(
            more=(
                *of_tasks(gateway),
                *of_orders(gateway, order_mirror.take, Gone(), order_commands.Outbox()),
                *of_applications(gateway, cases.finish_case),
                Recurring(
                    seconds=chosen.drops_seconds,
                    name="drops.fetch",
                    work=lambda: drops.fetch_all(gateway),
                ),
                Recurring(
                    seconds=900,
                    name="rounds.walk",
                    work=lambda: rounds.at_night(gateway),
                ),
                Recurring(seconds=900, name="changes.patrol", work=patrol.at_night),
                Recurring(seconds=1, name="measures.drain", work=measure_notes.drain),
                Recurring(seconds=900, name="matters.sweep", work=cases.sweep),
                Recurring(seconds=900, name="corrections.sweep", work=corrections.sweep),
                Recurring(seconds=15, name="messages.turn", work=messages.turn),
                Recurring(seconds=60, name="digests.turn", work=digests.turn),
                Recurring(seconds=900, name="notices.sweep", work=notices_offer.sweep),
                Recurring(seconds=120, name="tasks.stirs", work=stirs.forget),
                *_of_orders(city),
                *plugs.jobs_of_findings(city),
                *plugs.jobs_of_forms(city),
                Recurring(seconds=900, name="rates.close", work=closing.close_due),
                Recurring(seconds=0.5, name="verify.turn", work=runner.turn),
                Recurring(seconds=900, name="verify.expire", work=runner.expire),
                Recurring(seconds=3600, name="drafts.expire", work=drafts.expire),
                Recurring(seconds=60, name="divisions.turn", work=places.turn),
                Recurring(seconds=60, name="briefing.turn", work=briefing.turn),
                Recurring(seconds=60, name="reports.turn", work=Deliveries(reports=reports).turn),
                Recurring(seconds=1, name="systems.modes", work=registry.refresh, everywhere=True),
                Recurring(
                    seconds=60, name="divisions.follow", work=divisions.follow, everywhere=True
                ),
                Recurring(seconds=60, name="systems.watch", work=lambda: alarms.watch(gateway)),
            )
        ),
        adviser=dispatching.adviser(),
        carriers=CARRIERS,
    )


def functions() -> Functions:
    """The functions of this process as the API asks for them; nothing is built before the first."""
    return Functions(
        records=lambda: app().records,
        reports=lambda: app().reports,
        tasks=lambda: app().tasks,
        entry=lambda: app().entry,
        verify=lambda: app().verify,
    )


@lru_cache(maxsize=1)
def app() -> Wired:
    """The one of this process."""
    return build()
