"""A server that answers every Runa order the same each time, for measuring clients: prints its port."""

import asyncio
import json

from aiohttp import web


def body(order_id: str) -> bytes:
    """About 1.9 kB, as a Runa order of three items is; one that is open is asked about as often as may be."""
    item = {
        "distribution_method": {"type": "PAYOUT_LINK"},
        "products": {"type": "MULTIPLE", "values": ["AMZ-US", "AIRBNB-US", "AMC-US"]},
        "currency": "USD",
        "face_value": "10.00",
        "price": "10.00",
        "discount_multiplier": "0.00",
        "payout": {
            "status": "ACTIVE",
            "status_updated_at": "2026-01-01T00:00:01.000000+00:00",
            "url": "https://example.spend.runa.io/055306f2-466b-4fc4-8b59-9538eaf1be92",
            "expiry_date": None,
        },
    }
    order = {
        "id": order_id,
        "status": "PROCESSING",
        "created_at": "2026-01-01T00:00:00.000000+00:00",
        "completed_at": None,
        "payment_method": {"type": "ACCOUNT_BALANCE", "currency": "USD"},
        "currency": "USD",
        "total_price": "30.00",
        "total_discount": "0.00",
        "items": [{"id": f"E-{number}", **item} for number in range(3)],
        "transaction_detail": {"USD": {"value": "30.00", "fx": None}},
    }
    return json.dumps(order).encode()


async def answer(request: web.Request) -> web.Response:
    return web.Response(body=body(request.match_info["id"]), content_type="application/json")


async def main() -> None:
    app = web.Application()
    app.router.add_get("/v2/order/{id}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
