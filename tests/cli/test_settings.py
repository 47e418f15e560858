from pathlib import Path

import pytest

from ordertrail.setting_sources import SettingsError
from ordertrail.settings import load
from ordertrail.wiring import targets_of
from tests.cli.conftest import Ordertrail

WRONG = {
    "LGO=x": "ORDERTRAIL_LGO: unknown setting 'lgo'; did you mean log?",
    "LOG=mysql://u:canary@h/d": "ORDERTRAIL_LOG: log: mysql://u:***@h/d is no log",
    "LOG=postgresql://": "ORDERTRAIL_LOG: log: postgresql:// is no log: use sqlite:///FILE or postgresql://",
    "LOG=postgresql://h/db?foo=canary": "log: postgresql://h/db is no log",
    "LOG=postgresql://u:can@ary@h/db": "with the signs @ : / ? # % in a password percent-encoded",
    "LOG=sqlite:///": "log: sqlite:/// is no log",
    "LOG__FILE=x": "log is a single value",
    "KAFKA=localhost": "ORDERTRAIL_KAFKA: kafka: is no broker: use host:port",
    "KAFKA=canary:canary@h:9092": "is no broker",
    "PROVIDERS={}": "providers is a table",
    "PROVIDERS__RUN__URL=https://a": "unknown provider 'providers.run'; did you mean runa?",
    "PROVIDERS__RUNA__KEY=canary": "unknown setting 'providers.runa.key'; did you mean api_key?",
    "PROVIDERS__RUNA__API_KEY=canary\nx": "providers.runa.api_key: holds a character",
    "PROVIDERS__RUNA__URL=api.runa.io": "providers.runa.url: is no URL such as",
    "PROVIDERS__RUNA__URL=https://u:canary@api.runa.io": "keys go into api_key",
    "PROVIDERS__RUNA__WINDOWS=[300": "is no list such as",
    "PROVIDERS__RUNA__WINDOWS=300/fortnight": "'300/fortnight' is no rate",
    "PROVIDERS__RUNA__WINDOWS=0/min": "'0/min' is no rate: the count must be 1 to 1000000",
    "PROVIDERS__RUNA__WINDOWS=-5/min": "'-5/min' is no rate: write COUNT/TIME such as 300/min",
    "PROVIDERS__RUNA__WINDOWS=9999999/s": "the count must be 1 to 1000000",
    "PROVIDERS__RUNA__WINDOWS=300/0s": "the time must be 1 s to 31 days",
    "PROVIDERS__RUNA__WINDOWS=300/365d": "the time must be 1 s to 31 days",
    "PROVIDERS__RUNA__WINDOWS=[[0, 60]]": "is no rate: write it as text such as",
    "PROVIDERS__RUNA__WINDOWS=[]": "Value should have at least 1 item",
    "PROVIDERS__XMRTO__API_VERSION=v9": "_VERSION: providers.xmrto.api_version: XMR.TO has no API version",
    "PROVIDERS__RUNA__API_VERSION=20\n24": "providers.runa.api_version: holds a character",
    "PROVIDERS__RUNA__CACHE_ALLOWANCE=86401": "cache_allowance: Input should be less than or equal to 86400",
    "PATIENCE__WATCH_FOR=1e300": "patience.watch_for: Input should be less than or equal to",
    "PROVIDERS__RUNA__BOUND=0": "providers.runa.bound: Input should be greater than 0",
    "PROVIDERS__RUNA__BOUND=-60": "providers.runa.bound: Input should be greater than 0",
    "PROVIDERS__RUNA__BOUND=inf": "providers.runa.bound: Input should be a finite number",
    "PROVIDERS__RUNA__BOUND=nan": "providers.runa.bound: Input should be",
    "PROVIDERS__RUNA__IN_FLIGHT=0": "providers.runa.in_flight: Input should be greater than or equal to 1",
    "PROVIDERS__RUNA__IN_FLIGHT=1000": "providers.runa.in_flight: Input should be less than or equal to 256",
    "PROVIDERS__RUNA__BOUND=1h": "providers.runa.bound: Input should be a valid number",
    "PATIENCE__FAILURES=0": "patience.failures: Input should be greater than or equal to 1",
    "PACE=0": "pace: Input should be greater than 0",
    "CONFIG=nowhere.toml": "nowhere.toml",
}


@pytest.mark.parametrize("setting", WRONG)
def test_a_mistake_is_named_with_its_place_and_never_its_secret(setting: str) -> None:
    name, _, value = setting.partition("=")

    with pytest.raises(SettingsError) as caught:
        load(None, {f"ORDERTRAIL_{name}": value})

    assert WRONG[setting] in str(caught.value)
    assert "canary" not in str(caught.value)
    assert "ary@" not in str(caught.value)


def test_the_environment_overrides_the_file(place: Path) -> None:
    (place / "ordertrail.toml").write_text(
        'log = "sqlite:///a.db"\nworker = "w"\n[providers.runa]\nwindows = ["5/s"]\n'
    )

    loaded = load(None, {"ORDERTRAIL_LOG": "sqlite:///b.db", "ORDERTRAIL_PROVIDERS__RUNA__API_KEY": "0123"})

    assert (loaded.settings.log, loaded.settings.worker) == ("sqlite:///b.db", "w")
    assert loaded.origin("log") == "ORDERTRAIL_LOG"
    assert loaded.origin("worker") == "ordertrail.toml"
    assert loaded.origin("kafka") == "default"
    key = loaded.settings.provider("runa").api_key
    assert key is not None
    assert key.get_secret_value() == "0123"
    assert loaded.settings.provider("runa").windows == [(5, 1.0)]


def test_windows_are_a_list_or_words(place: Path) -> None:
    for value in ('["300/min", "10/s"]', "300/min, 10/s"):
        loaded = load(None, {"ORDERTRAIL_PROVIDERS__RUNA__WINDOWS": value})

        assert loaded.settings.provider("runa").windows == [(300, 60.0), (10, 1.0)]


def test_a_bound_is_what_its_provider_is_watched_by(place: Path) -> None:
    loaded = load(None, {"ORDERTRAIL_PROVIDERS__RUNA__BOUND": "900"})

    promised = {
        slug: target.policy.schedule(slug, 5.0, seed=1).bounds.promised
        for slug, target in targets_of(loaded.settings).items()
    }
    assert promised == {"xverse": 3600, "ordinalsbot": 3600, "runa": 900, "xmrto": 3600}


def test_requests_at_a_time_are_as_many_as_a_provider_is_set_to(place: Path) -> None:
    loaded = load(None, {"ORDERTRAIL_PROVIDERS__RUNA__IN_FLIGHT": "40"})

    at_a_time = {slug: target.in_flight for slug, target in targets_of(loaded.settings).items()}
    assert at_a_time == {"xverse": 16, "ordinalsbot": 16, "runa": 40, "xmrto": 16}


def test_an_unknown_key_in_the_file_stops_every_command(place: Path, ordertrail: Ordertrail) -> None:
    (place / "ordertrail.toml").write_text("[providers.runa]\nulr = 'https://a'\n")

    for command in (["orders"], ["check"], ["run"], ["track", "runa/O-1"]):
        answer = ordertrail(*command)

        assert answer.status == 2
        assert "ordertrail.toml: unknown setting 'providers.runa.ulr'; did you mean url?" in answer.err


def test_check_says_where_each_value_comes_from_and_masks_secrets(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__RUNA__API_KEY", "canary-key")
    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__RUNA__URL", "http://127.0.0.1:1")

    answer = ordertrail("check", "--json")

    rows = {line["setting"]: line for line in answer.lines if "setting" in line}
    assert rows["providers.runa.api_key"] == {
        "setting": "providers.runa.api_key",
        "value": "********",
        "from": "ORDERTRAIL_PROVIDERS__RUNA__API_KEY",
    }
    assert rows["log"]["from"] == "default"
    assert "canary-key" not in answer.out + answer.err


def test_check_says_what_is_unreachable(ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__RUNA__URL", "http://127.0.0.1:1")

    answer = ordertrail("check", "--json")

    assert answer.status == 3
    reached = {line["check"]: line["reachable"] for line in answer.lines if "check" in line}
    assert reached == {
        "log": True,
        "evidence_key": True,
        "kafka": None,
        "xverse": None,
        "ordinalsbot": None,
        "runa": False,
        "xmrto": None,
    }


def test_check_goes_on_past_a_log_that_does_not_answer(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_LOG", "postgresql://u:canary@127.0.0.1:1/d")
    monkeypatch.setenv("ORDERTRAIL_PROVIDERS__RUNA__URL", "http://127.0.0.1:1")

    answer = ordertrail("check", "--json")

    reached = {line["check"]: line for line in answer.lines if "check" in line}
    assert answer.status == 3
    assert [reached[name]["reachable"] for name in ("log", "evidence_key", "runa")] == [False] * 3
    assert "name one in evidence_key_file" in reached["evidence_key"]["says"]
    assert "canary" not in answer.out + answer.err


def test_check_says_whether_the_evidence_key_fits(place: Path, ordertrail: Ordertrail) -> None:
    def says() -> tuple[bool, str]:
        [line] = [line for line in ordertrail("check", "--json").lines if line.get("check") == "evidence_key"]
        return line["reachable"], line["says"]

    new = says()
    ordertrail("track", "runa/O-1")
    fitting = says()
    (place / "ordertrail.db.key").write_text("ab" * 32)
    other = says()
    (place / "ordertrail.db.key").unlink()

    assert (new, fitting) == ((True, "not there yet; made when it is needed"), (True, "fits the log"))
    assert not other[0]
    assert "does not fit" in other[1]
    assert not says()[0]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("LOG=sqlite:///", "sqlite:/// is no log"),
        ("PROVIDERS__XMRTO__API_VERSION=v9", "XMR.TO has no API version 'v9': known are v0, v1, v2, v3"),
    ],
)
def test_bad_settings_end_every_command_with_two(
    ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch, setting: str, says: str
) -> None:
    name, _, value = setting.partition("=")
    monkeypatch.setenv(f"ORDERTRAIL_{name}", value)

    for command in (["check"], ["track", "runa/O-1"], ["run", "poll"]):
        answer = ordertrail(*command)

        assert answer.status == 2
        assert says in answer.err


def test_a_key_file_that_is_a_directory_is_wrong_use(
    place: Path, ordertrail: Ordertrail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERTRAIL_EVIDENCE_KEY_FILE", str(place))

    answer = ordertrail("track", "runa/O-1")

    assert answer.status == 2
    assert f"the evidence key file {place} can't be used: Is a directory" in answer.err
