"""What deploy/ holds is understood by the programs that read it."""

import configparser
import os
import re
import shutil
import subprocess

import pytest
from django.core.management import load_command_class
from django.urls import reverse

from config import celery, validation
from tests.config.front import DEPLOY, configured

UNITS = sorted(path.name for path in DEPLOY.glob("*.service"))


def test_the_front_understands_its_configuration(tmp_path):
    if not (program := shutil.which("nginx")):
        pytest.skip("这里没有 nginx：apt install nginx-light")

    done = subprocess.run([program, "-t", "-c", configured(tmp_path)], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_the_front_writes_no_key_of_a_calendar_into_its_log():
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    (written,) = re.findall(r"log_format portal '(.*)'", text)
    instead = dict(re.findall(r'"~(\S+)" (\S+);', text))
    address = reverse("exchange:feed", args=["k" * 43])

    assert not re.search(r"\$(uri|request|request_uri)\b", written)
    assert [shown for pattern, shown in instead.items() if re.match(pattern, address)] == ["/feeds/-.ics"]
    assert not any(re.match(pattern, reverse("exchange:feeds")) for pattern in instead)


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_understands_each_unit(tmp_path, unit):
    if not (program := shutil.which("systemd-analyze")):
        pytest.skip("这里没有 systemd-analyze：apt install systemd")
    for path in DEPLOY.glob("portal-*"):
        text = path.read_text("utf-8")
        # The programs and the files of an installation are not here; what they are called is.
        text = re.sub(r"/opt/portal/\.venv/bin/\w+|/usr/local/sbin/portal-wal", "/bin/true", text)
        text = text.replace("WorkingDirectory=/opt/portal", "")
        text = re.sub(r"^(User|Group)=(portal|postgres)$", "", text, flags=re.MULTILINE)
        (tmp_path / path.name).write_text(text, "utf-8")

    done = subprocess.run([program, "verify", tmp_path / unit], capture_output=True, text=True)

    ours = [line for line in done.stderr.splitlines() if "portal-" in line and "not found" not in line]
    assert ours == []


@pytest.mark.parametrize("unit", UNITS)
def test_each_service_runs_as_its_own_user_and_reads_one_file_of_settings(unit):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str
    parser.read_string((DEPLOY / unit).read_text("utf-8"))
    service = parser["Service"]

    if unit == "portal-base.service":  # the whole database is read by its own user, who needs nothing of the portal's
        assert (service["User"], "EnvironmentFile" in service) == ("postgres", False)
    else:
        assert (service["User"], service["EnvironmentFile"]) == ("portal", "/etc/portal/portal.env")
    assert (service["NoNewPrivileges"], service["UMask"]) == ("yes", "0077")
    if service.get("Type") != "oneshot":
        assert service["RestartPreventExitStatus"] == str(validation.EXIT)


def test_the_settings_as_given_make_sense(tmp_path):
    lines = (DEPLOY / "portal.env").read_text("utf-8").splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    environ |= {"VAR_DIR": str(tmp_path), "KEY_DIR": str(tmp_path / "keys"), "BACKUP_DIR": str(tmp_path / "backup")}

    assert validation.refusal(environ, on_server=False) == ""


def test_a_segment_of_the_log_is_kept_once_and_comes_back(tmp_path):
    """As PostgreSQL asks: the same again is well, another under the same name is refused and nothing is written over."""
    program = DEPLOY / "portal-wal"
    (tmp_path / "log").mkdir()
    segment, other, back = tmp_path / "segment", tmp_path / "other", tmp_path / "back"
    segment.write_bytes(b"log" * 1000)
    other.write_bytes(b"another")

    def run(*words):
        environment = {"PATH": os.environ["PATH"], "WAL_DIR": str(tmp_path)}
        return subprocess.run([program, *words], env=environment, capture_output=True).returncode

    name = "00000001000000000000000A"
    assert [run("put", segment, name), run("put", segment, name), run("put", other, name) != 0] == [0, 0, True]
    assert run("get", name, back) == 0
    assert back.read_bytes() == segment.read_bytes()
    assert run("get", "00000001000000000000000B", back) != 0
    assert run("rm", back) == 2
    assert [path.name for path in (tmp_path / "log").iterdir()] == [f"{name}.gz"]
    assert oct((tmp_path / "log" / f"{name}.gz").stat().st_mode)[-3:] == "600"


def test_the_drill_opens_a_locked_backup_with_the_options_of_the_settings():
    unit = (DEPLOY / "portal-drill.service").read_text("utf-8")
    (options,) = re.findall(r"^#DRILL_OPTIONS=(.*)$", (DEPLOY / "portal.env").read_text("utf-8"), re.MULTILINE)
    given = load_command_class("portal", "drill").create_parser("manage.py", "drill").parse_args(options.split())

    assert "manage.py drill $DRILL_OPTIONS\n" in unit
    assert given.identity


def test_the_daily_backup_is_on_the_schedule():
    assert celery.app.conf.beat_schedule["backup"]["task"] == "portal.tasks.back_up"
