"""Why an event is in the log."""

import textwrap
from collections.abc import Sequence

import click

from adapters.providers import ADAPTERS
from domain.encoding import UnknownEvent
from domain.identity import OrderKey
from domain.providers import PROVIDERS
from ordertrail.cli.session import Session, common
from ordertrail.cli.trouble import Exit, No
from ordertrail.cli.values import ORDER
from ordertrail.cli.watching import known_order
from ordertrail.explaining import Explanations, UnknownVersion
from ordertrail.explanation import Section, line, sections

WIDTH = 100


@click.command()
@click.argument("order", type=ORDER)
@click.argument("version", type=click.IntRange(min=1))
@common
@click.pass_obj
def explain(session: Session, order: OrderKey, version: int) -> int:
    """How we know: the look, the evidence, what was read from it, and why that led to this event.

    The judgement is made again on the spot; if it does not come to the same, the exit status is 1. `history`
    names the versions.

    \b
    ordertrail explain runa/O-01GTR 4
    """
    with known_order(session, order) as parts:
        readers = {slug: adapter.read for slug, adapter in ADAPTERS.items()}
        explanations = Explanations(parts.log, parts.vault, PROVIDERS, readers)
        try:
            explained = explanations.explain(order, version)
        except (UnknownVersion, UnknownEvent) as error:
            raise No(str(error)) from None
    if session.json:
        session.line(line(explained))
    else:
        click.echo(_shown(sections(explained)))
    return Exit.DONE if explained.agrees else Exit.NO


def _shown(told: Sequence[Section]) -> str:
    """Titles flush left, sentences below them; a sentence that is indented stays so."""
    parts: list[str] = []
    for title, sentences in told:
        parts.append(f"{title}\n" + "".join(f"{_wrapped(sentence)}\n" for sentence in sentences))
    return "\n".join(parts).rstrip("\n")


def _wrapped(sentence: str) -> str:
    margin = "  " + " " * (len(sentence) - len(sentence.lstrip()))
    return textwrap.fill(
        sentence.strip(), WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )
