from tests.rehearsal.rehearsing import rehearsal


def test_without_faults_the_log_says_all_that_the_looks_show() -> None:
    rehearsed = rehearsal()

    told = rehearsed.run()

    assert rehearsed.score.problems == []
    assert told["holds"] is True
    assert told["shown"] == told["recorded"] != 0


def test_the_same_seed_gives_the_same_events_byte_for_byte() -> None:
    first, again, other = (rehearsal("cut_off", "malformed", seed=seed).run() for seed in (5, 5, 6))

    assert first == again
    assert first["digest"] != other["digest"]
