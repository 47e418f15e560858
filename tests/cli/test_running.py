import json
import signal
import subprocess
import sys
import time

from tests.cli.conftest import Ordertrail
from tests.cli.processes import line_with, started

CANARY = "canary-key"


def test_simulated_orders_are_recorded_and_everything_stops_when_told(ordertrail: Ordertrail) -> None:
    simulator = started("simulate", "runa", "--json", "--orders", "2", "--scale", "0.001")
    told = json.loads(line_with(simulator.stdout, "url"))
    settings = {"providers__runa__url": told["url"], "providers__runa__api_key": CANARY, "pace": "0.02"}
    ordertrail("track", "runa/O-nowhere", "--config", _config(told["url"]))
    worker = started("run", **settings)

    line_with(worker.stderr, "watching orders: 0 of xverse, 0 of ordinalsbot, 1 of runa")
    assert _seen(ordertrail)

    for process in (worker, simulator):
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=15)
        assert process.returncode == 0
        assert time.monotonic() - began < 10
        assert "Traceback" not in err
        assert CANARY not in out + err


def test_unreachable_providers_and_brokers_are_said_once_and_waited_for(ordertrail: Ordertrail) -> None:
    ordertrail("track", "runa/O-1", "--config", _config("http://127.0.0.1:1"))

    worker = started("run", providers__runa__url="http://127.0.0.1:1", kafka="127.0.0.1:1", pace="0.02")
    line_with(worker.stderr, "publishing to 127.0.0.1:1 waits")
    time.sleep(3)  # time to try again, and to say so if it would
    worker.send_signal(signal.SIGINT)
    _, err = worker.communicate(timeout=15)

    assert worker.returncode == 0
    assert "publishing to" not in err
    assert "Traceback" not in err


def test_a_reader_that_leaves_early_is_no_trouble() -> None:
    command = f"{sys.executable} -m ordertrail lifecycles | head -n 1"

    done = subprocess.run(command, shell=True, capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("Xverse (xverse)\n", "")


def _config(url: str) -> str:
    with open("runa.toml", "w") as file:
        file.write(f'[providers.runa]\nurl = "{url}"\n')
    return "runa.toml"


def _seen(ordertrail: Ordertrail) -> bool:
    """Whether the order is looked at before long."""
    for _ in range(50):
        if ordertrail("order", "runa/O-nowhere", "--json").lines[0]["last_look"]:
            return True
        time.sleep(0.2)  # the worker is another process
    return False
