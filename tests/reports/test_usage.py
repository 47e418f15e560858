from ordertrail.reporting import Usage


def test_which_share_of_a_budget_is_used_is_told_when_there_was_room_for_enough() -> None:
    usage = Usage()

    told = [usage.share(looks, 1.0, at) for at, looks in ((0.0, 5), (15.0, 15), (30.0, 20), (45.0, 35))]

    assert told == [None, None, 0.5, 0.5]


def test_a_slow_budget_is_not_unused_because_no_request_was_due_yet() -> None:
    usage = Usage()

    told = [usage.share(at // 100, 0.01, float(at)) for at in range(0, 4001, 50)]

    assert {share for share in told if share is not None} == {1.0}
