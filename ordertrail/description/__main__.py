"""`python -m ordertrail.description` writes the documents, `--check` says whether that would change any.

Neither passes over a change that breaks consumers: then nothing is written. The exit status is 0 or 1.
"""

from pathlib import Path

import click

from ordertrail.description.compatibility import Break, advice
from ordertrail.description.documents import DOCS, SCHEMAS, broken, outdated, write
from ordertrail.description.schemas import Undescribed

UNRELEASED = (
    f"If nobody has that schema yet, remove its file from docs/{SCHEMAS} and run `make docs`: that is then "
    "the promise."
)


@click.command(help="Writes docs/asyncapi.json and docs/schemas from the models.")
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 if anything would change.")
@click.option("--docs", type=click.Path(path_type=Path), default=DOCS, help="Where the documents are.")
def main(check: bool, docs: Path) -> None:
    try:
        if found := broken(docs):
            raise click.ClickException(_told(found))
        changed = outdated(docs)
    except Undescribed as error:
        raise click.ClickException(str(error)) from error
    if check and changed:
        raise click.ClickException(f"{', '.join(changed)} out of date: run make docs")
    if not check:
        write(docs)


def _told(found: list[Break]) -> str:
    lines = [str(each) for each in found]
    advised = [advice(name) for name in dict.fromkeys(each.name for each in found)]
    return "\n".join([*lines, *advised, UNRELEASED])


if __name__ == "__main__":
    main()
