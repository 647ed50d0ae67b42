"""The figures for Prometheus, read from the parts at the moment that somebody asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gateway.api.live import Hub
from gateway.api.ports import Gateway
from gateway.api.rates import Limiter
from gateway.forward.status import SinkStatus
from gateway.repairs import Severity
from gateway.supervisor import PartState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SEVERITIES = range(1, 5)
SINK_GAUGES: Mapping[str, tuple[str, Callable[[SinkStatus], float | None]]] = {
    "backlog_rows": ("Readings that wait for a sink.", lambda status: status.rows),
    "backlog_bytes": ("Bytes of journal that wait for a sink.", lambda status: status.bytes),
    "backlog_age_seconds": ("How long the oldest of them waits.", lambda status: status.age),
    "time_to_full_seconds": ("When the journal is full, if it goes on like this.", lambda status: status.time_to_full),
    "batch_rows": ("Rows in a request, as far as is learnt.", lambda status: status.batch),
    "quarantine_rows": ("Rows that the server refuses.", lambda status: status.quarantined),
}


@dataclass(slots=True)
class Requests:
    """What was asked, by operation and status."""

    by_status: Counter[tuple[str, int]] = field(default_factory=Counter)


class Figures(Collector):
    """All figures of the service."""

    def __init__(self, gateway: Gateway, *, hub: Hub, limiter: Limiter, requests: Requests) -> None:
        self._gateway, self._hub, self._limiter, self._requests = gateway, hub, limiter, requests

    def collect(self) -> Iterable[Metric]:
        """Return every figure as it is now."""
        yield _counts("semarak_store", "What the journal counts.", "what", self._gateway.store.counters)
        yield _counts("semarak_judged", "Readings that were marked as doubtful.", "why", self._gateway.judged)
        yield _counts("semarak_derived", "What the derived points count.", "what", self._gateway.derived)
        yield _counts("semarak_occurrences", "What the history of alarms counts.", "what", self._gateway.written_down())
        yield from self._devices()
        yield from self._parts()
        yield self._alarms()
        yield self._repairs()
        yield from self._sinks()
        yield from self._channels()
        yield self._rejected()
        yield from self._api()

    def _devices(self) -> Iterable[Metric]:
        states = GaugeMetricFamily(
            "semarak_device_state", "1 for the state that a device is in.", labels=["device", "state"]
        )
        for status in self._gateway.statuses.values():
            states.add_metric([status.device, status.state.value], 1)
        yield states
        counts = CounterMetricFamily(
            "semarak_device", "What a device's session or source counts.", labels=["device", "what"]
        )
        for device, counters in self._gateway.counters.items():
            for what, count in counters.items():
                counts.add_metric([device, what], count)
        yield counts

    def _parts(self) -> Iterable[Metric]:
        running = GaugeMetricFamily("semarak_part_running", "Whether a part of the service runs.", labels=["part"])
        restarts = CounterMetricFamily("semarak_part_restarts", "How often a part was started again.", labels=["part"])
        for part in self._gateway.parts():
            running.add_metric([part.name], part.state is PartState.RUNNING)
            restarts.add_metric([part.name], part.restarts)
        yield running
        yield restarts

    def _alarms(self) -> Metric:
        counted = Counter(alarm.severity for alarm in self._gateway.alarms.alarms())
        family = GaugeMetricFamily("semarak_alarms", "Alarms that stand, by severity.", labels=["severity"])
        for severity in SEVERITIES:
            family.add_metric([str(severity)], counted[severity])
        return family

    def _repairs(self) -> Metric:
        counted = Counter(repair.about.severity.value for repair in self._gateway.repairs.open())
        family = GaugeMetricFamily("semarak_repairs", "What a person should mend, by severity.", labels=["severity"])
        for severity in Severity:
            family.add_metric([severity.value], counted[severity.value])
        return family

    def _sinks(self) -> Iterable[Metric]:
        """Tell how far each server is behind the journal; there is no time to full while the journal does not fill."""
        statuses = [sink.status() for sink in self._gateway.sinks.values()]
        states = GaugeMetricFamily("semarak_sink_state", "1 for the state that a sink is in.", labels=["sink", "state"])
        counts = CounterMetricFamily("semarak_sink", "What a sink counts.", labels=["sink", "what"])
        for status in statuses:
            states.add_metric([status.id, status.state.value], 1)
            for what, count in status.counters.items():
                counts.add_metric([status.id, what], count)
        yield states
        yield counts
        for name, (help_, of) in SINK_GAUGES.items():
            gauge = GaugeMetricFamily(f"semarak_sink_{name}", help_, labels=["sink"])
            for status in statuses:
                if (value := of(status)) is not None:
                    gauge.add_metric([status.id], value)
            yield gauge

    def _channels(self) -> Iterable[Metric]:
        channels = self._gateway.notices.channels() if self._gateway.notices else ()
        waiting = GaugeMetricFamily(
            "semarak_notify_waiting", "Messages that wait for a channel.", labels=["channel"]
        )  # fmt: skip
        counts = CounterMetricFamily("semarak_notify", "What became of messages.", labels=["channel", "what"])
        for channel in channels:
            waiting.add_metric([channel.id], channel.waiting)
            for what, count in channel.counters.items():
                counts.add_metric([channel.id, what], count)
        yield waiting
        yield counts

    def _rejected(self) -> Metric:
        by_device: Counter[str] = Counter()
        for (device, _), count in self._hub.rejected.items():
            by_device[device] += count
        return _counts("semarak_rejected", "Garbage that came in.", "device", by_device)

    def _sessions(self) -> int:
        gateway = self._gateway
        return sum(len(gateway.sessions.list(account.name)) for account in gateway.accounts.list())

    def _api(self) -> Iterable[Metric]:
        yield GaugeMetricFamily("semarak_sessions", "Signed-in browsers.", value=self._sessions())
        yield GaugeMetricFamily("semarak_live_clients", "Live connections.", value=len(self._hub.clients))
        yield _counts("semarak_live", "What the live hub counts.", "what", self._hub.counters)
        yield CounterMetricFamily("semarak_limited", "Requests refused as too many.", value=self._limiter.refused)
        family = CounterMetricFamily("semarak_requests", "Requests answered.", labels=["operation", "status"])
        for (operation, status), count in self._requests.by_status.items():
            family.add_metric([operation, str(status)], count)
        yield family


def text(figures: Figures) -> bytes:
    """Return all figures in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(figures)
    return generate_latest(registry)


def _counts(name: str, help_: str, label: str, counts: Mapping[str, int]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, help_, labels=[label])
    for what, count in counts.items():
        family.add_metric([what], count)
    return family
