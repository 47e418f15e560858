from domain.log import Log


def test_a_note_is_kept_with_the_log_for_all_who_open_it(log: Log, other: Log) -> None:
    log.take_note("audited", "up to 7")

    assert other.note("audited") == "up to 7"
    assert log.note("else") == ""


def test_a_later_note_takes_the_place_of_an_earlier_one(log: Log) -> None:
    log.take_note("audited", "up to 7")
    log.take_note("audited", "up to 9")

    assert log.note("audited") == "up to 9"


def test_notes_leave_what_the_log_knows_of_itself_alone(log: Log, other: Log) -> None:
    log.take_note("log", "another")
    log.take_note("schema", "0")

    assert log.id == other.id
    assert log.note("log") == "another"
