"""What is printed, by the tools that read it: Debian's cron, systemd, a shell and YAML; Airflow's is in the soak."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from cpm_core.model.errors import UsageError
from cpm_core.runs.schedule.cron import Schedule, schedule_of
from cpm_core.runs.schedule.due import Policy
from cpm_core.runs.schedule.forms import files
from cpm_core.runs.schedule.forms.plan import Plan, check, name_of
from tests.runs.schedule.words import HARD, OPTIONS, hard_plan

linux = pytest.mark.skipif(sys.platform != "linux", reason="systemd and Debian's cron are of Linux")


@pytest.fixture
def plan(tmp_path) -> Plan:
    """Hard to write down in every form."""
    return hard_plan(tmp_path)


def written(plan: Plan, form: str, folder: Path) -> list[Path]:
    paths = []
    for name, text in files(plan, form).items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def tool(*words: str) -> str:
    """What a tool prints; fails with what it says."""
    assert shutil.which(words[0]), f"{words[0]} is missing: run tools/need.sh cron systemd"
    done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "TZ": "UTC"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def scheduled(plan: Plan, cron: str) -> Plan:
    return replace(plan, schedule=replace(plan.schedule, cron=cron))


@linux
def test_cron_takes_the_line_and_the_shell_gets_every_word(plan, tmp_path):
    (path,) = written(plan, "cron", tmp_path)
    tool("crontab", "-n", str(path))
    *comments, line = path.read_text(encoding="utf-8").splitlines()
    assert all(comment.startswith("#") for comment in comments)
    *when, command = line.split(" ", 5)
    assert when == ["0,15,30,45", "*", "*", "*", "*"]
    # crontab(5): a % ends the command unless a backslash stands before it, which is taken away.
    assert not re.search(r"(?<!\\)%", command)
    done = tool("/bin/sh", "-c", command.replace(r"\%", "%"))
    assert json.loads(done) == [plan.folder, "due", *OPTIONS, *HARD]


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [("7 6 1 * *", "7,22,37,52"), ("*/5 * * * *", "0,5,10,15,20,25,30,35,40,45,50,55"), ("* 6 * * *", "*")],
)
def test_cron_wakes_at_the_minutes_on_which_a_tick_may_fall_in_any_zone(plan, cron, minutes):
    (text,) = files(scheduled(plan, cron), "cron").values()
    assert text.splitlines()[-1].startswith(f"{minutes} * * * * cd ")


def test_a_line_that_is_too_long_for_cron_is_told(plan):
    with pytest.raises(UsageError, match="a crontab takes 990"):
        files(replace(plan, words=("x" * 1000,)), "cron")


@linux
@pytest.mark.parametrize("missed", ["latest", "skip"])
def test_systemd_verifies_the_units(plan, tmp_path, missed):
    service, timer = written(replace(plan, policy=Policy(missed)), "systemd", tmp_path)
    assert tool("systemd-analyze", "verify", "--man=no", str(service), str(timer)) == ""
    assert ("Persistent=true" in timer.read_text(encoding="utf-8")) == (missed == "latest")


def test_systemd_gets_every_word(plan):
    service = files(plan, "systemd")["cpm-shop.service"]
    line = next(line for line in service.splitlines() if line.startswith("ExecStart="))
    # systemd.service(5), by hand: "" with \ before " and \, %% for %, $$ for $.
    end = line[line.index('" due ') + 2 :]
    assert end == (
        'due --cron "30 2 * * *" --timezone Europe/Berlin --missed latest "params/it\'s.yaml" -p title.en '
        '"100%% \\"sure\\" of $$HOME, $${USER} \\\\ $$(date); `id` {{ ds }} #1" ""'
    )
    assert line.startswith('ExecStart=/usr/bin/env "')
    assert 'it\'s 100%% \\"my\\" $$shop/bin/cpm" due' in line
    assert "WorkingDirectory=" + plan.folder.replace("%", "%%") in service.splitlines()


def elapses(timer: str, start: datetime, count: int) -> set[datetime]:
    """When systemd says that a timer's lines come, from an instant on."""
    found: set[datetime] = set()
    for line in re.findall(r"OnCalendar=(.*)", timer):
        words = ["--iterations", str(count), "--base-time", f"{start:%Y-%m-%d %H:%M:%S}", line]
        said = tool("systemd-analyze", "calendar", *words)
        found |= {
            datetime.strptime(time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            for time in re.findall(r"(?:Next elapse|Iter\. #\d+): \w+ ([-\d]+ [:\d]+) UTC", said)
        }
    return found


@linux
@pytest.mark.parametrize(
    ("cron", "zone"),
    [
        ("30 2 * * *", "Europe/Berlin"),
        ("0 6 1 * *", "Asia/Shanghai"),
        ("15 2 * * *", "Australia/Lord_Howe"),
        ("0,20,40 0-4 * 3,4,10,11 7", "America/New_York"),
        ("0 9 31 * *", "UTC"),
    ],
)
def test_systemd_calls_at_every_tick_also_where_the_clocks_skip_it(plan, cron, zone):
    schedule = schedule_of(cron, zone)
    timer = files(replace(plan, schedule=schedule), "systemd")["cpm-shop.timer"]
    start = datetime(2026, 1, 1, tzinfo=UTC)
    ticks = {tick.at for tick in schedule.coming(start, 330)}
    ticks = {at for at in ticks if at < start + timedelta(days=330)}
    assert ticks <= elapses(timer, start - timedelta(seconds=1), 400)


def test_kubernetes_reads_the_manifest(plan):
    (text,) = files(plan, "kubernetes").values()
    manifest = yaml.safe_load(text)
    spec = manifest["spec"]
    assert (manifest["apiVersion"], manifest["kind"]) == ("batch/v1", "CronJob")
    assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?", manifest["metadata"]["name"])
    # 02:30 is skipped in spring; Kubernetes would not run then, so that it also calls at 03:00.
    assert (spec["schedule"], spec["timeZone"]) == ("0,30 2,3 * * *", "Europe/Berlin")
    assert spec["concurrencyPolicy"] == "Forbid"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    pod = spec["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["restartPolicy"] == "Never"  # podFailurePolicy asks for it
    (container,) = pod["containers"]
    assert container["workingDir"] == plan.folder
    # What Kubernetes makes of $$ and $(NAME) in commands.
    assert [word.replace("$$", "$") for word in container["command"]] == [plan.program, "due", *OPTIONS, *HARD]
    assert not any(re.search(r"(?<!\$)(\$\$)*\$\(", word) for word in container["command"])
    (mount,) = container["volumeMounts"]
    assert mount["mountPath"] == f"{plan.folder}/my reports"
    assert [mount["name"]] == [volume["name"] for volume in pod["volumes"]]
    assert set(container["envFrom"][0]["secretRef"]) == {"name", "optional"}


@pytest.mark.parametrize(
    ("cron", "policy", "seconds"),
    [
        ("30 2 * * *", Policy("skip"), 3600),
        ("30 2 * * *", Policy("skip", timedelta(hours=3)), 3 * 3600),
        ("0 6 1 * *", Policy("all"), 7 * 24 * 3600),
        ("0 6 1 * *", Policy("all", timedelta(days=2)), 2 * 24 * 3600),
        # More than a hundred missed times within the deadline, and Kubernetes gives up.
        ("*/15 * * * *", Policy("latest"), 99 * 15 * 60),
    ],
)
def test_kubernetes_begins_late_by_policy(plan, cron, policy, seconds):
    (text,) = files(replace(scheduled(plan, cron), policy=policy), "kubernetes").values()
    assert yaml.safe_load(text)["spec"]["startingDeadlineSeconds"] == seconds


def test_kubernetes_needs_an_image(plan):
    with pytest.raises(UsageError, match="needs a container's image"):
        files(replace(plan, image=""), "kubernetes")


def test_sunday_is_0_for_everyone(plan):
    weekly = scheduled(plan, "30 12 * * 7")
    (text,) = files(weekly, "kubernetes").values()
    assert yaml.safe_load(text)["spec"]["schedule"] == "30 12 * * 0"
    assert "OnCalendar=Sun *-*-* 12:30:00 Europe/Berlin" in files(weekly, "systemd")["cpm-shop.timer"]


@pytest.mark.parametrize("word", ["a\nb", "a\tb"])
def test_what_no_form_can_hold_is_told(plan, word):
    with pytest.raises(UsageError, match="cannot stand in a schedule"):
        check(replace(plan, words=(word,)))


def test_a_secret_never_stands_in_a_file(plan, monkeypatch):
    monkeypatch.setattr(
        "cpm_core.runs.schedule.forms.plan.scrubbed", lambda text: text.replace("hunter2-hunter2", "•••")
    )
    with pytest.raises(UsageError) as caught:
        check(replace(plan, words=("shop", "-p", "sources.0.password", "hunter2-hunter2")))
    assert "hunter2" not in str(caught.value)
    assert "secret://env/NAME" in str(caught.value)


def test_names_are_such_as_every_scheduler_takes():
    assert name_of("Online_Retail") == "online-retail"
    long = name_of("-".join(f"tenant_{number}" for number in range(200)))
    assert len(long) <= 44
    assert long != name_of("-".join(f"tenant_{number}" for number in range(201)))
    assert name_of("客户") == "reports"


def test_times_move_only_where_clocks_skip_them(plan):
    assert plan.moved == ((3, 0),)
    assert replace(plan, schedule=Schedule("30 2 * * *", "Asia/Shanghai")).moved == ()
    assert replace(plan, schedule=Schedule("0 6 * * *", "Europe/Berlin")).moved == ()
    assert replace(plan, schedule=Schedule("15 2 * * *", "Australia/Lord_Howe")).moved == ((2, 30),)
    assert scheduled(plan, "30 * * * *").moved == ()
