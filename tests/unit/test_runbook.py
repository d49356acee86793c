"""Alarms, dashboard and runbook know each other."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from larder.services.upkeep.receive_object import Arrival
from larder.services.upkeep.sweep import SweepResult
from larder.services.webhooks.deliver import Told
from tests.support.template import ALARMS, FUNCTIONS, RESOURCES, ROOT, TEMPLATE

RUNBOOK = (ROOT / "docs/runbook.md").read_text()
_, *_PARTS = re.split(r"^## (.+)\n", RUNBOOK, flags=re.MULTILINE)
SECTIONS = dict(zip(_PARTS[::2], _PARTS[1::2], strict=True))
OWN = {
    "Namespace": "Larder",
    "Dimensions": [{"Name": "service", "Value": {"Ref": "AWS::StackName"}}],
}


def emitted() -> set[str]:
    """Return the names of the metrics that the functions count."""
    sources = [
        *ROOT.glob("functions/*/app.py"),
        *ROOT.glob("layers/larder/python/larder/**/*.py"),
    ]
    calls = [call for path in sources for call in re.findall(r"\bcount\((.*)", path.read_text())]
    names = {name for call in calls for name in re.findall(r'"(\w+)"', call)}
    names |= {f"Arrival{each.title().replace('_', '')}" for each in Arrival}
    names |= {f"Sweep{each.title().replace('_', '')}" for each in SweepResult}
    names |= {f"Webhook{each.title().replace('_', '')}" for each in Told}
    return names | {"QuotaExceeded", "ProjectFull", "RateLimit", "Contention", "Throttled"}


def dashboard() -> list[dict[str, Any]]:
    body = RESOURCES["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets: list[dict[str, Any]] = json.loads(body)["widgets"]
    return widgets


def test_every_alarm_has_its_section_and_no_section_is_of_an_alarm_that_is_gone() -> None:
    assert {name for name in SECTIONS if name.endswith("Alarm")} == set(ALARMS)


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_section_says_what_it_means_how_to_see_it_and_what_to_do(alarm: str) -> None:
    for part in ("Means", "See", "Do"):
        assert f"* **{part}**: " in SECTIONS[alarm]


def test_links_within_the_runbook_lead_somewhere() -> None:
    anchors = {re.sub(r"[^a-z -]", "", name.lower()).replace(" ", "-") for name in SECTIONS}

    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= anchors


def test_what_the_runbook_asks_for_by_name_exists() -> None:
    named = set(re.findall(r"\$\(physical (\w+)\)", RUNBOOK))

    # SAM names the rule after the function and its event.
    assert named <= set(RESOURCES) | {"SweepTimer"}
    assert "Timer" in FUNCTIONS["Sweep"]["Events"]


def test_alarms_on_our_own_metrics_watch_what_the_functions_count() -> None:
    own = [alarm for alarm in ALARMS.values() if alarm.get("Namespace") == "Larder"]

    assert {alarm["MetricName"] for alarm in own} == {
        *("RecordFailed", "CounterDrift", "SweepBatchRestarted", "ProjectRecordBytes"),
        *("SweepBatchStuck", "SweepLag", "BatchWorkerIdle", "UpstreamUnreachable"),
    }
    assert {alarm["MetricName"] for alarm in own} <= emitted()
    for alarm in own:
        assert OWN.items() <= alarm.items()


def test_costs_count_the_alarms_and_the_metrics_that_they_watch() -> None:
    costs = " ".join((ROOT / "docs/costs.md").read_text().split())
    watched = sum(
        sum("MetricStat" in metric for metric in alarm["Metrics"]) if "Metrics" in alarm else 1
        for alarm in ALARMS.values()
    )

    assert f"| {len(ALARMS)} alarms on {watched} metrics | {watched * 0.10:.2f} |" in costs
    assert f"for {watched} watched metrics" in TEMPLATE["Parameters"]["Alarms"]["Description"]


def test_metrics_go_by_the_stack_s_name() -> None:
    variables = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["POWERTOOLS_SERVICE_NAME"] == {"Ref": "AWS::StackName"}
    assert variables["POWERTOOLS_METRICS_NAMESPACE"] == "Larder"


def test_the_dashboard_shows_what_the_functions_count() -> None:
    shown = {
        metric[1]
        for widget in dashboard()
        for metric in widget["properties"]["metrics"]
        if metric[0] == "Larder"
    }

    assert shown <= emitted()
    assert {
        *("Admitted", "AdmittedBytes", "QuotaExceeded", "GivenBack", "CounterDrift"),
        *("ArrivalProcessed", "ArrivalRejected", "ArrivalDuration", "RecordFailed"),
    } <= shown


def test_the_dashboard_shows_every_dead_letter_queue() -> None:
    [widget] = [each for each in dashboard() if each["properties"]["title"] == "Dead letters"]

    queues = {metric[3] for metric in widget["properties"]["metrics"]}
    assert queues == {
        f"${{{name}.QueueName}}" for name in RESOURCES if name.endswith("DeadLetters")
    }


def test_no_two_widgets_lie_upon_each_other() -> None:
    places = [(each["x"], each["y"]) for each in dashboard()]

    assert len(set(places)) == len(places)
    assert all(each["x"] + each["width"] <= 24 for each in dashboard())
