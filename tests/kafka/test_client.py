import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("options", "environment", "says"),
    [
        (["-O"], {}, "Python runs with -O"),
        ([], {"AIOKAFKA_NO_EXTENSIONS": "1"}, "compiled extension"),
    ],
)
def test_an_unfit_interpreter_is_refused(options: list[str], environment: dict[str, str], says: str) -> None:
    code = "from adapters.kafka.client import check_client; check_client()"

    done = subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, env=os.environ | environment
    )

    assert done.returncode == 1
    assert says in done.stderr
