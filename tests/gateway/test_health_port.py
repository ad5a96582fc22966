"""The port beside the public one."""

from services.gateway.settings import Settings
from tests.gateway.gateway_harness import PATH, free_port, opened


async def test_metrics_are_on_the_health_port(settings: Settings) -> None:
    """The health port shows what became of requests, and has no public route."""
    port = free_port()
    async with opened(settings.model_copy(update={"health_port": port})) as door:
        health = f"http://127.0.0.1:{port}"
        assert await door.send() == 204
        async with door.session.get(f"{health}/metrics") as response:
            assert f'cocreate_gateway_requests_total{{outcome="taken",route="{PATH}"}}' in await response.text()
        async with door.session.post(f"{health}{PATH}") as response:
            assert response.status == 404
