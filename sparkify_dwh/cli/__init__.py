"""The command line: ``sparkify-dwh COMMAND``.

Results go to standard output, progress and errors to standard error. Errors are one sentence; ``--debug`` shows where they
come from. Exit codes: 0 done, 1 failed, and those of ``sparkify_dwh.errors``: 2 usage, 3 configuration, 4 the warehouse
is not reachable, 5 not migrated, 6 an input cannot be read, 7 the load failed and was rolled back, 8 a check failed, 9 the
export failed, 10 AWS refused. 130 interrupted, 143 terminated. A reader that has seen enough (``| head``) is no error.
"""

from __future__ import annotations

import errno
import io
import logging
import os
import re
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from sparkify_dwh import __version__
from sparkify_dwh.cli import (
    check,
    cluster,
    completion,
    demo,
    doctor,
    export,
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
)
from sparkify_dwh.cli.context import Invocation
from sparkify_dwh.cli.groups import Commands, ReaderGone, with_place
from sparkify_dwh.errors import SourceError, SparkifyError, UsageError

if TYPE_CHECKING:
    from sparkify_dwh.warehouse import Warehouse

INTERRUPTED, TERMINATED = 130, 143  # as a shell gives them

# How messages begin that are parts of others too. What begins with a name, such as dwh.cfg, is left as it is.
BEGINNING = re.compile(r"(a|all|an|cannot|no|not|something|the|this|two|what) ")


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--config", type=click.Path(path_type=Path), help="The configuration; else SPARKIFY_DWH_CONFIG, else ./dwh.cfg."
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress: results, warnings and errors alone.")
@click.option("-v", "--verbose", is_flag=True, help="Say what happens, step by step.")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="sparkify-dwh")
@click.pass_context
def cli(context: click.Context, config: Path | None, quiet: bool, verbose: bool, debug: bool) -> None:
    """Sparkify's listening warehouse on Amazon Redshift: create its tables, load them, look at them.

    The options of this page go before the command, those of a command after it. For example:
    sparkify-dwh -v load --json.

    \b
    Try it without a cluster:  sparkify-dwh demo
    See what does not work:    sparkify-dwh doctor
    """
    if quiet and verbose:
        raise UsageError("--quiet shows no progress, and --verbose more of it: leave out one of the two.")
    context.obj = Invocation(config, debug, quiet, context.obj)
    context.color = False if os.environ.get("NO_COLOR") else None
    logging.basicConfig(level=logging.WARNING, format="%(levelname)-7s %(message)s")
    if verbose:
        logging.getLogger("sparkify_dwh").setLevel(logging.INFO)


for command in (
    check.check,
    cluster.cluster,
    completion.completion,
    demo.demo,
    doctor.doctor,
    export.export,
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
):
    cli.add_command(command)
completion.complete_names(cli)


def main(warehouse: Warehouse | None = None) -> None:
    """Run the command line, and turn what goes wrong into one sentence and an exit code.

    Another ``warehouse`` than Sparkify's has the same commands, but for those of songs and plays: query, report, demo.
    """
    signal.signal(signal.SIGTERM, _terminated)
    _make_streams_usable()
    try:
        cli.main(standalone_mode=False, obj=warehouse)
        sys.stdout.flush()
    except SparkifyError as error:
        _fail(str(error), error.exit_code)
    except click.Abort:
        _fail("Interrupted.", INTERRUPTED)
    except click.ClickException as error:
        with_place(error).show()
        sys.exit(error.exit_code)
    except (ReaderGone, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains when it closes it
    except OSError as error:
        if error.filename is None and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            _fail(f"The output could not be written: {error.strerror}. What the command did before is done.", 1)
        _fail(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.", SourceError.exit_code)
    except Exception as error:  # what nobody foresaw is still told to a person in a sentence
        _fail(_unforeseen(error), 1)


def _make_streams_usable() -> None:
    """Python has no stream where one was closed (``>&-``); and no terminal is too simple to be told of a name."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 (as long as the program runs)
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _unforeseen(error: Exception) -> str:
    if (exceptions := sys.modules.get("sqlalchemy.exc")) and isinstance(error, exceptions.DBAPIError):
        from sparkify_dwh.database import server_message

        said = server_message(error).rstrip(".")
        return (
            f"The warehouse refused: {said}. `sparkify-dwh doctor` looks at its tables, and at what this user may do."
        )
    return f"Unexpected {type(error).__name__}: {_first_line(error)}. Run it with --debug to see where."


def _terminated(_number: int, _frame: object) -> NoReturn:
    """A scheduler wants the command to end: a transaction is rolled back, and what was begun is put away."""
    with suppress(OSError):
        os.write(2, b"Error: Terminated.\n")  # and not by print, which may be what was interrupted
    sys.exit(TERMINATED)


def _first_line(error: Exception) -> str:
    return str(error).split("\n", 1)[0][:300] or "no message"


def _fail(sentence: str, code: int) -> None:
    if "--debug" in sys.argv:
        traceback.print_exc()
    if BEGINNING.match(sentence):
        sentence = sentence[0].upper() + sentence[1:]
    click.secho(f"Error: {sentence}", fg=None if os.environ.get("NO_COLOR") else "red", err=True)
    sys.exit(code)
