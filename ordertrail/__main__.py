"""The command line's way in and out: what is raised inside becomes one line on stderr and an exit status.

0 done · 1 the answer is no · 2 wrong use or settings · 3 something needed is unreachable
"""

import os
import sys
import traceback

import click

from ordertrail.cli import program
from ordertrail.cli.session import Session, log_to_stderr
from ordertrail.cli.trouble import Exit, explained
from ordertrail.render import clean

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Never returns: exits with the status of the command."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    session = Session()
    log_to_stderr(session.verbosity)
    try:
        status = program.main(arguments, prog_name="ordertrail", standalone_mode=False, obj=session)
        sys.stdout.flush()
        return status if isinstance(status, int) else Exit.DONE
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except click.UsageError as error:
        error.show()
        return Exit.WRONG_USE
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the flush at exit complains
        return Exit.DONE
    except Exception as error:  # noqa: BLE001 the last resort: people get a sentence, never a traceback
        return _failed(error, session)


def _failed(error: Exception, session: Session) -> int:
    words, status = explained(error)
    click.echo(f"ordertrail: {clean(words)}", err=True)
    if session.verbosity > 1:
        traceback.print_exception(error)
    return status


if __name__ == "__main__":
    main()
