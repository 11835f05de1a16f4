"""How the portal itself is: each matter with a sign, what was found, and what to do."""

import platform
import shutil
import sys
import time
import tomllib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import django
import redis
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.recorder import MigrationRecorder

from accounts.models import AuditEvent, AuditLink
from assessment.models import Seal
from files import scanner
from jobs.models import Job
from portal.models import MaintenanceRun
from portal.operations import archive, replica
from reminders.models import Delivery, Sweep
from vault import keys, seal_keys

FINE, CARE, BAD = "done", "late", "miss"
BACKUP_HOURS = 26
DRILL_DAYS = 8  # it runs once a week
ARCHIVE_MINUTES = 5  # a segment a minute is put away, since something is always written
CLOCK_SECONDS = (1, 2)
LAG_MINUTES = 5
KEY_YEARS = 2
ANSWER_SECONDS = 0.5


@dataclass(frozen=True)
class Check:
    title: str
    state: str
    found: str
    advice: str = ""

    WORDS = {FINE: "正常", CARE: "留意", BAD: "要处理"}

    @property
    def word(self):
        return self.WORDS[self.state]


def ready():
    """What keeps the portal from serving, in one word each, for the log; empty: it is ready. A queue that is down does not."""
    found = []
    try:
        if pending_migrations():
            found.append("migrations")
    except DatabaseError:
        found.append("database")
    try:
        keys.load(keys.directory())
    except keys.KeyProblem:
        found.append("keys")
    if _free() < settings.FILES_MIN_FREE / 5:
        found.append("disk")
    return found


def all_checks(now):
    """Every matter of the status page."""
    return [each for check in CHECKS if (each := check(now))]


@cache
def _on_disk():
    """(app, name) of every migration that the code brings."""
    found = set()
    for config in apps.get_app_configs():
        folder = Path(config.path, "migrations")
        found |= {(config.label, path.stem) for path in folder.glob("[0-9]*.py")}
    return frozenset(found)


def pending_migrations():
    return sorted(_on_disk() - set(MigrationRecorder(connection).applied_migrations()))


def _database(now):
    begun = time.time()
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM clock_timestamp()), current_setting('server_version')")
        told, version = cursor.fetchone()
    offset = abs(float(told) - (begun + time.time()) / 2)
    words = f"PostgreSQL {version}；数据库与网站的时钟相差 {offset:.2f} 秒"
    if offset > CLOCK_SECONDS[0]:
        return Check(
            "数据库和时钟",
            BAD if offset > CLOCK_SECONDS[1] else CARE,
            words,
            "请在两台机器上启用时间同步（timedatectl）。",
        )
    return Check("数据库和时钟", FINE, words)


def _migrations(now):
    applied = set(MigrationRecorder(connection).applied_migrations())
    missing = sorted(_on_disk() - applied)
    ours = {config.label for config in apps.get_app_configs()}
    newer = sorted(row for row in applied - _on_disk() if row[0] in ours)
    if missing:
        return Check(
            "数据库版本",
            BAD,
            f"有 {len(missing)} 个更新没有执行：{'.'.join(missing[0])}",
            "请执行 manage.py migrate，再重启。",
        )
    if newer:
        words = f"数据库比程序新：{'.'.join(newer[0])}"
        return Check("数据库版本", CARE, words, "程序可能被退回旧版；请换回与数据库相配的版本。")
    return Check("数据库版本", FINE, f"{len(applied)} 个更新都已执行")


def _queue(now):
    try:
        line = redis.Redis.from_url(
            settings.REDIS_URL.replace("redis+socket://", "unix://"),
            socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS,
        )  # fmt: skip
        waiting = line.llen("celery")
    except (redis.RedisError, ValueError):
        words = "没有应答：网页照常使用，后台工作和提醒要等它恢复"
        return Check("队列（Redis）", BAD, words, "请检查 Redis 服务；恢复后会自动补上，不用重做。")
    state = CARE if waiting > 1000 else FINE
    return Check(
        "队列（Redis）", state, f"有应答，{waiting} 件在排队", "请看后台进程是否在运行。" if state == CARE else ""
    )


def _worker(now):
    last = Sweep.objects.first()
    if last is None:
        return Check("后台和定时", BAD, "还没有运行过", "请启动 portal-worker 和 portal-beat。")
    minutes = int((now - last.last_at).total_seconds() // 60)
    if minutes >= LAG_MINUTES:
        words = f"已有 {ago(now - last.last_at)}没有动静（每分钟应有一次）"
        return Check("后台和定时", BAD, words, "请检查 portal-worker 和 portal-beat 两个服务及其日志。")
    return Check("后台和定时", FINE, f"{minutes} 分钟前运行过" if minutes else "刚刚运行过")


def _outbox(now):
    oldest = Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now).order_by("next_at").first()
    unknown = Delivery.objects.filter(state=Delivery.State.UNKNOWN, on__gt=now.date() - timedelta(days=7)).count()
    if oldest and now - oldest.next_at > timedelta(minutes=LAG_MINUTES):
        words = f"最早一条已等了 {ago(now - oldest.next_at)}"
        return Check("外发提醒", CARE, words, "提醒只在规定的时段外发；时段内仍不动的，请看“提醒渠道”的发送记录。")
    if unknown:
        return Check("外发提醒", CARE, f"七天内有 {unknown} 条结果不明", "请到“提醒渠道”查看，必要时电话告知。")
    return Check("外发提醒", FINE, "没有积压")


def _jobs(now):
    oldest = Job.objects.filter(state=Job.State.WAITING).order_by("pk").first()
    if oldest and now - oldest.created_at > timedelta(minutes=LAG_MINUTES):
        return Check(
            "后台工作", CARE, f"最早一件已等了 {ago(now - oldest.created_at)}", "请看 portal-worker 是否在运行。"
        )
    return Check("后台工作", FINE, "没有积压")


def backup_is_late(now):
    """Whether no good backup is young enough, where there should be one."""
    if not settings.BACKUP_DIR:
        return False
    last = MaintenanceRun.objects.good().filter(kind=MaintenanceRun.Kind.BACKUP).first()
    return last is None or now - last.finished_at > timedelta(hours=BACKUP_HOURS)


def _backup(now):
    runs = MaintenanceRun.objects.filter(kind=MaintenanceRun.Kind.BACKUP)
    last, good = runs.first(), runs.good().first()
    if last and not last.is_good:
        return Check(
            "备份", BAD, f"最近一次没有成功：{last.reason}", "按提示处理后执行 manage.py backup；见运维手册“备份”。"
        )
    if good and now - good.finished_at <= timedelta(hours=BACKUP_HOURS):
        lock = "已加密" if good.detail.get("is_locked") else "未加密，只可存本机"
        return Check("备份", FINE, f"{ago(now - good.finished_at)}前做过一份（{lock}）")
    words = f"最近一份是 {ago(now - good.finished_at)}前的" if good else "还没有备份"
    if settings.BACKUP_DIR:
        return Check(
            "备份",
            BAD,
            words,
            "每天 02:15 自动备份；没有做成的请看 portal-worker 的日志，并立即执行 manage.py backup。",
        )
    return Check("备份", CARE, words, "请设置 BACKUP_DIR，或按运维手册由别的机器每天执行 manage.py backup。")


def _archive(now):
    with connection.cursor() as cursor:
        return archived(archive.look(cursor), now)


def archived(found, now):
    if not found.is_on:
        words = "没有开启：恢复时，上次备份以后的录入会丢失"
        return Check("连续归档", CARE, words, "要少丢到一分钟以内，请按运维手册“恢复到某一时刻”开启。")
    if found.is_stuck:
        words = f"最近一次没有成功（{ago(now - found.failed_at)}前），之前归档到 {found.segment or '—'}"
        return Check("连续归档", BAD, words, "请看归档目录写不写得进、盘满没满；归档停着，日志会积满主库的盘。")
    if found.at is None or now - found.at > timedelta(minutes=ARCHIVE_MINUTES):
        words = f"最近一段是 {ago(now - found.at)}前的" if found.at else "还没有归档过"
        return Check("连续归档", BAD, words, "请核对 archive_timeout 和 archive_command，看 PostgreSQL 的日志。")
    return Check("连续归档", FINE, f"{ago(now - found.at)}前归档到 {found.segment}")


def _drill(now):
    runs = MaintenanceRun.objects.filter(kind=MaintenanceRun.Kind.DRILL)
    last = runs.first()
    advice = "请执行 manage.py drill；没有恢复过的备份不算备份。"
    if last is None:
        return Check("恢复演练", CARE, "还没有演练过", advice)
    if not last.is_good:
        return Check("恢复演练", BAD, f"最近一次没有通过：{last.reason}", "请另做一份备份再演练；见运维手册“恢复”。")
    words = f"{ago(now - last.finished_at)}前通过"
    return Check(
        "恢复演练", *((CARE, words, advice) if now - last.finished_at > timedelta(days=DRILL_DAYS) else (FINE, words))
    )


def _free():
    place = Path(settings.VAR_DIR)
    usage = shutil.disk_usage(place if place.exists() else place.parent)
    return usage.free / usage.total


def _disk(now):
    share, least = _free(), settings.FILES_MIN_FREE
    words = f"还剩 {share:.0%}"
    if share < least:
        return Check("磁盘", BAD, f"{words}，已停止接收上传", "请清理或扩容；低于 3% 时门户报告未就绪。")
    return Check("磁盘", *((CARE, words, "请安排清理或扩容。") if share < least + 0.05 else (FINE, words)))


def _keys(now):
    try:
        ring, seals = keys.ring(), seal_keys.ring()
        folder = keys.directory()
        keys.load(folder)
        made = (folder / f"data-{ring.current}.key").stat().st_mtime
    except (keys.KeyProblem, OSError) as problem:
        return Check("密钥", BAD, str(problem), "请从密钥备份恢复；绝不要新建同名密钥。")
    years = (now.timestamp() - made) / 31_557_600
    words = f"数据密钥 {len(ring.data)} 把，现用 data-{ring.current}（{years:.1f} 年），封存密钥 {len(seals.public)} 把"
    if years > KEY_YEARS:
        return Check("密钥", CARE, words, "现用密钥已满两年，请按运维手册添一把新的。")
    return Check("密钥", FINE, words)


def _scanner(now):
    if not settings.CLAMD:
        return Check("查毒", CARE, "没有接入；上传的文件都按内容重做过", "有条件的请安装 clamd 并设置 CLAMD。")
    if scanner.answers(ANSWER_SECONDS):
        return Check("查毒", FINE, "有应答")
    return Check("查毒", BAD, "没有应答：新上传的文件先隔离，不放行", "请检查 clamd 服务；恢复后自动补查。")


def _acts(now):
    last = AuditLink.objects.order_by("-position").first()
    floor = last.event_id if last else 0
    waiting = AuditEvent.objects.filter(pk__gt=floor, at__lt=now - timedelta(minutes=LAG_MINUTES)).count()
    words = f"{last.position if last else 0} 环" + (
        f"，另有 {waiting} 条超过 {LAG_MINUTES} 分钟没有成链" if waiting else ""
    )
    return Check(
        "操作记录链", *((CARE, words, "请看 portal-worker；并在“操作记录”里校验。") if waiting else (FINE, words))
    )


def _seals(now):
    last = Seal.objects.order_by("-number").first()
    return Check("封存链", FINE, f"到第 {last.number} 号" if last else "还没有封存的年度")


def _replica(now):
    if not settings.DATABASE_REPLICA_URL:
        return None
    state = replica.lag()
    if state is None:
        words = "没有应答或落后太多，现在都读主库"
        return Check("只读副本", CARE, words, "请检查副本的复制状态（pg_stat_wal_receiver）。")
    return Check("只读副本", FINE, f"落后不超过 {max(state, 1):.0f} 秒")


def _version(now):
    python = ".".join(map(str, sys.version_info[:3]))
    words = f"门户 {version()}，Django {django.get_version()}，Python {python}，主机 {platform.node()}"
    return Check("版本", FINE, words)


@cache
def version():
    return tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def ago(span):
    """A span of time as people say it."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 60:
        return f"{max(minutes, 0)} 分钟"
    return f"{minutes // 60} 小时" if minutes < 48 * 60 else f"{minutes // 1440} 天"


CHECKS = (
    _database, _migrations, _queue, _worker, _jobs, _outbox, _backup, _archive, _drill, _disk, _keys, _scanner, _acts, _seals, _replica,
    _version,
)  # fmt: skip
