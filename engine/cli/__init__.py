"""The command `guicheng`. Command modules import what they need when they run, so that help is quick."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Sequence

import click

from engine.cli.bringing import import_bpmn
from engine.cli.console import DONE, FAILED, complain, language, report, report_wrong_use, worded
from engine.cli.deploying import check, deploy, export, rollback
from engine.cli.importing import import_workbook
from engine.cli.keeping import backup, restore, verify
from engine.cli.people import token, user
from engine.cli.retention import retention
from engine.cli.serving import demo, serve, worker
from engine.cli.store import bench, db, settings
from engine.cli.what_if import what_if
from engine.errors import GuichengError


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="guicheng", prog_name="guicheng")
def guicheng() -> None:
    """規程：物業公司的程序手冊，畫成 BPMN，直接執行。"""


for command in (
    serve, worker, demo, deploy, rollback, check, export, import_workbook, import_bpmn, user, token, db, backup, restore, verify, retention,
    what_if, settings, bench,
):
    guicheng.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    if language() != "zh-Hant" and (not arguments or not {"-h", "--help"}.isdisjoint(arguments)):
        _translate_help(guicheng)
    try:
        answer = guicheng.main(list(arguments), prog_name="guicheng", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return error.exit_code
    except click.ClickException as error:
        return report_wrong_use(error)
    except GuichengError as error:
        return report(error)
    except click.Abort:
        complain("已中止。")
        return FAILED
    except BrokenPipeError:
        # whoever read our output has enough of it; Python must not complain while closing it
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        complain("無法讀寫檔案：{reason}", reason=str(error))
        return FAILED
    return answer if isinstance(answer, int) else DONE


def _translate_help(command: click.Command) -> None:
    command.help = worded(command.help) if command.help else None
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            parameter.help = worded(parameter.help)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            _translate_help(inner)
