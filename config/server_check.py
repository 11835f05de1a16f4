"""Whether the database server is set as the portal's promises need it."""

import time
from contextlib import closing

import psycopg2

OLDEST = 150_000  # PostgreSQL 15: the oldest on which everything is tried
CLOCK_SECONDS = 30
SETTINGS = ("server_version_num", "fsync", "synchronous_commit", "full_page_writes", "default_transaction_read_only")
DATABASE = """
    SELECT pg_encoding_to_char(encoding), datcollate, datctype, datlocprovider::text, pg_is_in_recovery(),
    extract(epoch FROM clock_timestamp())::float8 FROM pg_database WHERE datname = current_database()
"""
TOLD = (  # what libpq says, and what that means
    ("password authentication failed", "数据库口令不对，或没有这个用户（DATABASE_URL）。"),
    ("does not exist", "数据库或数据库用户不存在：请先建好（createdb、createuser），或改正 DATABASE_URL。"),
    ("could not translate host name", "DATABASE_URL 里的主机名找不到。"),
    ("no pg_hba.conf entry", "数据库不允许从这台机器连接：请在 pg_hba.conf 里加一行。"),
    ("Connection refused", "DATABASE_URL 所指的主机和端口上没有数据库在运行。"),
    ("No such file or directory", "DATABASE_URL 所指的套接字不存在：数据库没有运行，或路径不对。"),
    ("timeout", "数据库没有应答：请检查网络和防火墙。"),
    ("too many clients", "数据库的连接数已满：请调大 max_connections。"),
    ("starting up", "数据库正在启动或恢复，请稍后再试。"),
    ("SSL", "数据库的加密连接没有建成：请检查 sslmode 和证书。"),
    ("invalid", "DATABASE_URL 里有数据库不认识的参数。"),
)


def look(url):
    """What the server is set to; {"refused": its words} when it cannot be reached."""
    try:
        connection = psycopg2.connect(url, connect_timeout=5)
    except (psycopg2.OperationalError, psycopg2.ProgrammingError) as error:
        return {"refused": " ".join(str(error).split())}
    with closing(connection), connection.cursor() as cursor:
        found = {}
        for name in SETTINGS:
            cursor.execute("SELECT current_setting(%s)", [name])
            found[name] = cursor.fetchone()[0]
        begun = time.time()
        cursor.execute(DATABASE)
        names = ("encoding", "collate", "ctype", "provider", "is_standby", "clock")
        found |= zip(names, cursor.fetchone(), strict=True)
        found["offset"] = found.pop("clock") - (begun + time.time()) / 2
    return found


def server_problem(facts, *, is_trial=False):
    """The first thing wrong with a server, or "". On trial servers nothing need outlive a power cut."""
    if "refused" in facts:
        words = facts["refused"]
        return next((line for sign, line in TOLD if sign in words), f"连不上数据库：{words}")
    if int(facts["server_version_num"]) < OLDEST:
        return f"PostgreSQL 太旧（{int(facts['server_version_num']) // 10_000}）：至少要 {OLDEST // 10_000}。"
    if facts["encoding"] != "UTF8":
        return f"数据库的编码是 {facts['encoding']}，应是 UTF8：请用 createdb -E UTF8 -T template0 重建。"
    if facts["provider"] == "c" and facts["ctype"] in ("C", "POSIX"):
        return "数据库的 LC_CTYPE 是 C，按中文查找会找不到：请用 createdb --lc-ctype=C.UTF-8 -T template0 重建。"
    if facts["is_standby"]:
        return "DATABASE_URL 指向一个只读副本：请指向主库（副本写在 DATABASE_REPLICA_URL）。"
    if facts["default_transaction_read_only"] == "on":
        return "数据库被设为只读（default_transaction_read_only）：请改为 off。"
    if abs(facts["offset"]) > CLOCK_SECONDS:
        return f"本机与数据库的时钟相差 {abs(facts['offset']):.0f} 秒：请在两台机器上启用时间同步（timedatectl）。"
    if not is_trial:
        for name, harm in (
            ("fsync", "断电会损坏数据"),
            ("full_page_writes", "断电会损坏数据"),
            ("synchronous_commit", "断电会丢掉已经答复“成功”的记录"),
        ):
            if facts[name] == "off":
                return f"数据库的 {name} 是 off，{harm}：请改为 on。"
    return ""
