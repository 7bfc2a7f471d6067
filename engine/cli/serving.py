"""`guicheng serve`, `worker`, `demo`: the processes that run. Ends them so that nothing running is cut off."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from engine.cli.console import calendar, complain, counter, language, say
from engine.cli.opening import db_option, open_engine
from engine.clock import Clock, MovableClock
from engine.errors import ConflictError
from engine.settings import load_settings

if TYPE_CHECKING:
    from engine.runtime import Runtime


@click.command(help="啟動網頁伺服器，並在同一程序內執行計時和後續作業。")
@db_option
@click.option("--host", metavar="ADDRESS", help="監聽的位址，預設 127.0.0.1。")
@click.option("--port", type=click.IntRange(0, 65535), help="監聽的連接埠，預設 8000；0 為任意空閒埠。")
@click.option("--test-clock", is_flag=True, help="允許以 API 把時鐘向前撥（僅供測試）。")
def serve(db: str | None, host: str | None, port: int | None, test_clock: bool) -> None:
    """One process: pages, API, timers and side effects, until SIGTERM or Ctrl-C."""
    settings = load_settings(db=db, host=host, port=port)
    clock: Clock | None = MovableClock(running=True) if test_clock else None
    with open_engine(settings, clock=clock) as runtime:
        serve_until_stopped(runtime)


@click.command(help="執行計時和後續作業的程序（PostgreSQL，可啟動多個）。")
@db_option
def worker(db: str | None) -> None:
    """Jobs without pages, until SIGTERM or Ctrl-C."""
    from engine.jobs.worker import Worker

    with open_engine(load_settings(db=db)) as runtime:
        running = Worker(runtime)
        with _stopped_by_signals(running.stop):
            say("作業程序已啟動，按 Ctrl-C 停止。")
            running.run()


@click.command(help="把空的資料庫填成示範公司，並列出各角色的登入帳號。")
@db_option
@click.option("--year", "whole_year", is_flag=True, help="填入一年的往來紀錄（由引擎按日期逐步執行，需幾分鐘）。")
@click.option("--serve", "then_serve", is_flag=True, help="填好後（或已填過）即啟動網頁伺服器。")
@click.option("--host", metavar="ADDRESS", help="監聽的位址，預設 127.0.0.1。")
@click.option("--port", type=click.IntRange(0, 65535), help="監聽的連接埠，預設 8000。")
def demo(db: str | None, whole_year: bool, then_serve: bool, host: str | None, port: int | None) -> None:
    """Fill an empty store; with `--serve` a store that this filled before is served as it is."""
    from engine import demo as example

    settings = load_settings(db=db, host=host, port=port)
    with open_engine(settings) as runtime:
        if not (then_serve and example.is_filled(runtime)):
            if whole_year:
                _fill_year(runtime)
            else:
                with counter("示範案件") as tell:
                    example.fill(runtime, tell)
        say("登入帳號和密碼：")
        for line in example.sign_ins(runtime, language()):
            click.echo(f"  {line}")
        if then_serve:
            serve_until_stopped(runtime)


def _fill_year(runtime: Runtime) -> None:
    from engine import demo as example
    from engine.demo.year import DAYS

    last = runtime.clock.now()
    try:
        with _interrupted_by_signals(), _only_warnings(), calendar("示範公司的一年", last - timedelta(days=DAYS), last) as tell:
            report = example.fill_year(runtime, tell)
    except KeyboardInterrupt as stopped:
        raise FillingStoppedError from stopped
    for each in report.refused:
        # the example's own files are wrong there: the year is whole all the same
        complain("示範資料未能執行：{process} {element} {reason}", process=each.process, element=each.element, reason=each.reason)


@contextmanager
def _only_warnings() -> Iterator[None]:
    """What a server would log of each night goes between no lines of progress."""
    import structlog

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    try:
        yield
    finally:
        structlog.configure(**before)


@contextmanager
def _interrupted_by_signals() -> Iterator[None]:
    """Ctrl-C and SIGTERM stop what is done here, between two commits."""
    def stop(_number: int, _frame: Any) -> None:
        # none of ours: whoever plays the year goes on after what the engine refused
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class FillingStoppedError(ConflictError):
    """Expected to be let finish."""

    code = "filling_stopped"
    sentence = "已中斷，示範公司不完整，無人能登入。請刪除資料庫檔案後重新執行。"


def serve_until_stopped(runtime: Runtime) -> None:
    """Serve pages and run jobs in this process until SIGTERM, SIGINT or SIGHUP; running requests and jobs finish first."""
    from engine.cli.http_server import EmbeddedServer
    from engine.jobs.embedded import embedded_jobs
    from webui.app import create_app

    settings = runtime.settings
    # a taken port is said before anything is started
    server = EmbeddedServer(create_app(runtime), settings.host, settings.port, settings.web_threads)
    with embedded_jobs(runtime):
        # what was loaded so far stays; scanning it again and again is what makes single requests slow
        gc.collect()
        gc.freeze()
        with _stopped_by_signals(server.stop):
            say("規程已啟動：{url}（按 Ctrl-C 停止）", url=server.url)
            server.run()


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    def handle(_number: int, _frame: Any) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
