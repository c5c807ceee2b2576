"""The command line: ``sparkify-dwh COMMAND``.

Results go to standard output, progress and errors to standard error. Errors are one sentence; ``--debug`` adds the
traceback. Exit codes: 0 success, 1 failure, and those of ``sparkify_dwh.errors``: 2 usage, 3 configuration, 4 no connection
to the warehouse, 5 not migrated, 6 an input cannot be read, 7 the load failed and was rolled back, 8 a check failed or the
data is too old, 9 the export failed, 10 AWS refused. 129 hung up, 130 interrupted, 143 terminated. A closed output
(``| head``) is no error.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparkify_dwh import __version__
from sparkify_dwh.cli import (
    check,
    cluster,
    completion,
    demo,
    doctor,
    export,
    grant,
    history,
    load,
    pack,
    physical,
    plan,
    query,
    report,
    reset,
    restore,
    schema,
    simulate,
    sql,
    standin,
    upgrade,
    verify,
)
from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.cli.groups import Commands, OutputClosed, explain_option
from sparkify_dwh.cli.output import echo
from sparkify_dwh.errors import SourceError, SparkifyError, UsageError
from sparkify_dwh.utils.printable import printable
from sparkify_dwh.utils.signals import ending_signals, exit_code

if TYPE_CHECKING:
    from sparkify_dwh.warehouse import Warehouse


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), help="Configuration file. Default: SPARKIFY_DWH_CONFIG, or ./dwh.cfg."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress, only results, warnings and errors.")
@click.option("-v", "--verbose", is_flag=True, help="Log every step.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="sparkify-dwh")
@click.pass_context
def cli(context: click.Context, config: Path | None, quiet: bool, verbose: bool, debug: bool) -> None:
    """Sparkify's listening warehouse on Amazon Redshift: create its tables, load them, query them.

    The options on this page go before the command, those of a command after it. For example:
    sparkify-dwh -v load --json.

    \b
    Try it without a cluster:  sparkify-dwh demo
    Find out what is wrong:    sparkify-dwh doctor
    """
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other", "leave out one of the two.")
    context.obj = Invocation(config, debug, quiet, context.obj)
    context.color = False if os.environ.get("NO_COLOR") else None
    handler = logging.StreamHandler()
    handler.addFilter(_is_no_interruption)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)-7s %(message)s", handlers=[handler])
    if verbose:
        logging.getLogger("sparkify_dwh").setLevel(logging.INFO)


for command in (
    check.check,
    cluster.cluster,
    completion.completion,
    demo.demo,
    doctor.doctor,
    export.export,
    grant.grant,
    history.history,
    load.load,
    pack.pack,
    physical.physical,
    plan.plan,
    query.query,
    report.report,
    reset.reset,
    restore.restore,
    schema.schema,
    simulate.simulate,
    sql.sql,
    standin.standin,
    upgrade.upgrade,
    verify.verify,
):
    cli.add_command(command)
completion.complete_names(cli)


def main(warehouse: Warehouse | None = None) -> None:
    """Run the command line. Turn exceptions into one sentence and an exit code.

    Another ``warehouse`` than Sparkify's has the same commands, except query, report and demo, which need songs and plays.
    """
    with ending_signals():
        _make_streams_usable()
        _run(warehouse)


def _run(warehouse: Warehouse | None) -> None:
    try:
        cli.main(standalone_mode=False, obj=warehouse)
        sys.stdout.flush()
    except SparkifyError as error:
        _fail(str(error), error.exit_code)
    except click.Abort:
        _fail("Interrupted.", exit_code(signal.SIGINT))
    except click.ClickException as error:
        explain_option(error).show(shown := io.StringIO())
        echo(shown.getvalue().rstrip("\n"), err=True)
        sys.exit(error.exit_code)
    except (OutputClosed, BrokenPipeError):
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # otherwise Python reports an error when it closes the stream
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            _fail(f"Cannot write the output: {error.strerror}. What the command did before that is done.", 1)
        _fail(f"Cannot use {error.filename or 'a file'}: {error.strerror or error}.", SourceError.exit_code)
    except Exception as error:  # unexpected errors are one sentence too
        _fail(_describe_unexpected(error), 1)


def _is_no_interruption(record: logging.LogRecord) -> bool:
    """Return whether a record is to be shown: SQLAlchemy logs signals that come while it resets a connection."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, (KeyboardInterrupt, SystemExit))


def _make_streams_usable() -> None:
    """Replace closed streams (``>&-``), which are None in Python, and escape characters that a terminal cannot show."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 (as long as the program runs)
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _describe_unexpected(error: Exception) -> str:
    if (exceptions := sys.modules.get("sqlalchemy.exc")) and isinstance(error, exceptions.DBAPIError):
        from sparkify_dwh.database import server_message

        message = server_message(error).rstrip(".")
        return (
            f"The warehouse refused a query: {message}. `sparkify-dwh doctor` checks the tables and this user's rights."
        )
    return f"Unexpected {type(error).__name__}: {_first_line(error)}. Run with --debug to see where."


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or "no message"


def _fail(sentence: str, code: int) -> None:
    if "--debug" in sys.argv:
        echo(traceback.format_exc().rstrip("\n"), err=True)
    click.secho(f"Error: {printable(sentence)}", fg=None if os.environ.get("NO_COLOR") else "red", err=True)
    sys.exit(code)
