"""A synthetic pack of 37 HTTP systems: manifests written into a folder, and where they answer."""

from collections.abc import Sequence
from pathlib import Path

from portal.connectors.registry import Registry, load_registry
from portal.store.citypack import SystemSite

FAILURES = 20  # more than are measured while a system hangs

# 性别 and the like are coded, dates come in three styles, one key is retired: an ordinary dialect.
_MANIFEST = """
id = "{id}"
version = 1
about = "性能测量用的业务系统"
field = "service"
transport = "rest"
capabilities = ["entry", "records"]
network = "政务外网"
login = "平台票据"

[limits]  # the bare side keeps none; these are beyond what is measured
parallel = 64
per_second = 10000
failures = {failures}

[envelope]
success = "code == '0'"
not_found = "code == '404'"
busy = "code == '429'"
as_of = {{ from = "sjsj", convert = ["moment:yyyy-MM-dd HH:mm:ss"] }}

[calls.person]
path = "/person"
query = {{ zjhm = "{{id_number}}" }}
items = "result.list"

[calls.probe]
path = "/healthz"

[tables]
gender = {{ 1 = "男", 2 = "女" }}
status = {{ 1 = "正常参保", 2 = "暂停参保" }}
certified = {{ 0 = "未通过", 1 = "通过" }}

[fields]
person_no = {{ label = "个人编号", sensitivity = "open" }}
name = {{ label = "姓名", sensitivity = "personal", mask = "name" }}
id_number = {{ label = "身份证号", sensitivity = "sensitive", mask = "id_number" }}
gender = {{ label = "性别", sensitivity = "open" }}
birth_date = {{ label = "出生日期", sensitivity = "personal" }}
phone = {{ label = "联系电话", sensitivity = "personal", mask = "phone" }}
registered_address = {{ label = "户籍地址", sensitivity = "personal", mask = "address" }}
current_address = {{ label = "居住地址", sensitivity = "personal", mask = "address" }}
region = {{ label = "户籍区划", sensitivity = "open" }}
status = {{ label = "参保状态", sensitivity = "personal" }}
since = {{ label = "参保日期", sensitivity = "personal" }}
months = {{ label = "缴费月数", sensitivity = "personal" }}
grade = {{ label = "缴费档次", sensitivity = "personal" }}
amount = {{ label = "待遇金额", sensitivity = "personal" }}
account = {{ label = "银行账号", sensitivity = "sensitive", mask = "account" }}
certified_on = {{ label = "认证日期", sensitivity = "personal" }}
certified = {{ label = "认证结果", sensitivity = "personal" }}
handled_on = {{ label = "经办日期", sensitivity = "open" }}
remark = {{ label = "备注", sensitivity = "personal" }}

[[records]]
title = "参保信息"

[records.map]
person_no = "rybh"
name = {{ from = "xm", convert = ["name"] }}
id_number = {{ from = "zjhm", convert = ["id_number"] }}
gender = {{ from = "xb", convert = ["code:gender"] }}
birth_date = {{ from = "csrq", convert = ["date:yyyyMMdd"] }}
phone = {{ from = "lxdh", convert = ["phone"] }}
registered_address = "hjdz"
current_address = "xzdz"
region = {{ from = "hjqh", convert = ["region"] }}
status = {{ from = "cbzt", convert = ["code:status"] }}
since = {{ from = "cbrq", convert = ["date:yyyyMMdd"] }}
months = {{ from = "jfys", convert = ["number"] }}
grade = {{ from = "jfdc", convert = ["money"] }}
amount = {{ from = "dyje", convert = ["money"] }}
account = "yhzh"
certified_on = {{ from = "rzrq", convert = ["date:yyyy/MM/dd"] }}
certified = {{ from = "rzjg", convert = ["code:certified"] }}
handled_on = {{ from = "jbrq", convert = ["date:yyyy/MM/dd"] }}
remark = "bz"
"""


def names(count: int) -> list[str]:
    """The ids of the synthetic systems."""
    return [f"s{number:02}" for number in range(1, count + 1)]


def registry(folder: Path, base: str, ids: Sequence[str]) -> Registry:
    """Write a manifest per system, and join each with its place below ``base``."""
    (folder / "service").mkdir(parents=True, exist_ok=True)
    for one in ids:
        text = _MANIFEST.format(id=one, failures=FAILURES)
        (folder / "service" / f"{one}.toml").write_text(text, encoding="utf-8")
    sites = [
        SystemSite(
            id=one,
            name=f"业务系统 {one}",
            owner="某局",
            level="市级",
            legal_basis="测量用",
            mode="正式",
            endpoint=f"{base}/{one}",
            simulated=True,
        )
        for one in ids
    ]
    return load_registry(sites, folder=folder)
