import pytest

from domain.log import Log
from ordertrail.door import Address, AddressRefused, refuse_open_door
from tests.feed.serving import append, serving

PAGE = "https://shop.example"


@pytest.mark.parametrize("written", ["127.0.0.1:8787", "localhost:8787", "[::1]:8787", "127.3.2.1:0"])
def test_the_loopback_needs_no_token(written: str) -> None:
    address = Address.parse(written)

    refuse_open_door(address, None)

    assert str(address) == written


@pytest.mark.parametrize("written", ["0.0.0.0:8787", "[::]:8787", "192.168.1.5:80", "example.com:80"])
def test_elsewhere_a_token_is_demanded(written: str) -> None:
    with pytest.raises(AddressRefused, match="set a token"):
        refuse_open_door(Address.parse(written), None)

    refuse_open_door(Address.parse(written), "secret")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1", 200),
        ("[::1]:8787", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:8787", 403),
        ("localhost.evil.example", 403),
    ],
)
async def test_on_the_loopback_only_its_own_names_are_answered(
    log: Log, url: str, host: str, status: int
) -> None:
    async with serving(url) as reader:
        answer = await reader.get("/events", Host=host)

    assert answer[0] == status


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"Authorization": "Bearer secret"}, 200),
        ({"Authorization": "bearer secret"}, 200),
        ({"Authorization": "Bearer Secret"}, 401),
        ({"Authorization": "Bearer ünlaut"}, 401),
        ({"Authorization": "Bearer "}, 401),
        ({"Authorization": "Basic secret"}, 401),
        ({}, 401),
    ],
)
async def test_with_a_token_only_who_has_it_comes_in(
    log: Log, url: str, given: dict[str, str], status: int
) -> None:
    async with serving(url, token="secret") as reader:
        answers = [await reader.get(path, Host="any.example", **given) for path in ("/", "/events")]
        lost = await reader.get("/nothing", **given)

    assert [answer[0] for answer in answers] == [status, status]
    assert lost[0] == (404 if status == 200 else 401)
    assert status == 200 or answers[0][2]["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.anyio
async def test_pages_of_other_origins_may_read_nothing_by_default(log: Log, url: str) -> None:
    async with serving(url) as reader:
        _, _, headers = await reader.get("/events", Origin=PAGE)
        async with reader.session.options(f"{reader.url}/events", headers={"Origin": PAGE}) as asked:
            status = asked.status

    assert "Access-Control-Allow-Origin" not in headers
    assert status == 405


@pytest.mark.anyio
async def test_a_page_of_an_allowed_origin_may_read(log: Log, url: str) -> None:
    append(log, 1)

    async with serving(url, token="secret", origins=[PAGE]) as reader:
        _, _, other = await reader.get(
            "/events", Origin="https://other.example", Authorization="Bearer secret"
        )
        _, _, refused = await reader.get("/events", Origin=PAGE)
        async with reader.stream(Origin=PAGE, Authorization="Bearer secret") as stream:
            streamed = stream.headers
        async with reader.session.options(f"{reader.url}/events", headers={"Origin": PAGE}) as asked:
            allowed = (asked.status, asked.headers["Access-Control-Allow-Headers"])

    assert "Access-Control-Allow-Origin" not in other
    assert streamed["Access-Control-Allow-Origin"] == refused["Access-Control-Allow-Origin"] == PAGE
    assert allowed == (204, "Authorization, Last-Event-ID")
