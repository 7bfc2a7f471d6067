"""Figures for Prometheus at `/metrics`: how long requests take, and what stands in the store. Open only to who has the token."""

from __future__ import annotations

import hmac
import time
from collections.abc import Iterator

import flask
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from engine.persistence.unit_of_work import UnitOfWork
from engine.queries import gauges
from engine.runtime import Runtime

#: around the targets: a page within 3 ms, the slowest within 15
_BUCKETS = (0.001, 0.002, 0.003, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


def register(app: flask.Flask) -> None:
    """Measure every request, and answer `/metrics` where a token is set."""
    runtime: Runtime = app.extensions["guicheng"]
    if not runtime.settings.metrics_token:
        return
    registry = CollectorRegistry()
    registry.register(_Store(runtime))
    took = Histogram(
        "guicheng_request_seconds", "Time to answer a request", ["endpoint", "method", "status"], buckets=_BUCKETS, registry=registry
    )

    def begin() -> None:
        flask.g.measured_from = time.perf_counter()

    def end(response: flask.Response) -> flask.Response:
        begun = flask.g.get("measured_from")
        if begun is not None:
            # by endpoint, never by address: addresses hold ids, and there are too many of them
            labels = (flask.request.endpoint or "none", flask.request.method, f"{response.status_code // 100}xx")
            took.labels(*labels).observe(time.perf_counter() - begun)
        return response

    def metrics() -> flask.Response:
        sent = flask.request.headers.get("Authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {runtime.settings.metrics_token}".encode()):
            flask.abort(404)
        return flask.Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)

    app.before_request(begin)
    app.after_request(end)
    app.add_url_rule("/metrics", "metrics", metrics)


class _Store:
    """Asked at each scrape."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        """Gauges over the whole company, the same from every process."""
        with UnitOfWork(self._runtime.database) as uow:
            now = gauges.read(uow, self._runtime.clock.now())
        by_state = GaugeMetricFamily("guicheng_instances", "Instances that are not over", labels=["state"])
        for state, count in sorted(now.instances.items()):
            by_state.add_metric([state], count)
        yield by_state
        for name, about, value in (
            ("guicheng_work_items_open", "Work items that wait for somebody", now.open_work_items),
            ("guicheng_work_items_late", "Open work items past their due time", now.late_work_items),
            ("guicheng_incidents_open", "Incidents that nobody has mended", now.incidents),
            ("guicheng_due_oldest_seconds", "How long the oldest due row has waited to be fired", now.oldest_due_seconds),
        ):
            yield GaugeMetricFamily(name, about, value=value)
