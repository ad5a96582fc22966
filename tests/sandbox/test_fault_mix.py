"""Faults come as they were asked for, and again in the same order."""

import aiohttp
import pytest
import requests
from pydantic import ValidationError
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped, unused-ignore]

from services.sandbox.app import Sandbox
from services.sandbox.faults import FaultMix, Faults
from services.sandbox.settings import Settings
from tests.sandbox.outside import ADA, Sdk

ANSWERED = [
    pytest.param(Faults(too_many=1), 429, 20429, 0, id="429"),
    pytest.param(Faults(error_before=1), 500, 20500, 0, id="500 before"),
    pytest.param(Faults(error_after=1), 500, 20500, 1, id="500 after"),
]
UNANSWERED = [
    pytest.param(Faults(half_open=1), requests.exceptions.ReadTimeout, 0, id="half-open"),
    pytest.param(Faults(hang_after=1), requests.exceptions.ReadTimeout, 1, id="hang after"),
    pytest.param(Faults(latency=5), requests.exceptions.ReadTimeout, 0, id="slow"),
    pytest.param(Faults(reset_before=1), requests.exceptions.ConnectionError, 0, id="reset before"),
    pytest.param(Faults(reset_after=1), requests.exceptions.ConnectionError, 1, id="reset after"),
]


@pytest.mark.parametrize(("faults", "status", "code", "accepted"), ANSWERED)
async def test_errors_are_twilios(settings: Settings, faults: Faults, status: int, code: int, accepted: int) -> None:
    """The SDK sees Twilio's error, and the ledger says whether the message was accepted all the same."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(faults)
        with pytest.raises(TwilioRestException) as caught:
            await sdk.create()
        assert (caught.value.status, caught.value.code) == (status, code)
        assert len(sandbox.ledger.texts) == accepted


@pytest.mark.parametrize(("faults", "error", "accepted"), UNANSWERED)
async def test_silence_is_silence(settings: Settings, faults: Faults, error: type[Exception], accepted: int) -> None:
    """The client gets no answer at all, and the ledger says whether the message was accepted."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox, timeout=1) as sdk:
        sandbox.set_faults(faults)
        with pytest.raises(error):
            await sdk.create()
        assert len(sandbox.ledger.texts) == accepted


async def test_a_refusal_stays_a_refusal(settings: Settings) -> None:
    """A message that is refused anyway doesn't meet a fault that comes after accepting."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(Faults(error_after=1))
        with pytest.raises(TwilioRestException) as caught:
            await sdk.create(to="+15005550001")
    assert caught.value.code == 21211


async def test_a_number_can_be_spared_a_second_fault(settings: Settings) -> None:
    """After a fault, a look at the number and the next text to it meet none; other numbers and later texts do."""
    numbers = (ADA, "+447700900002")
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(Faults(error_before=1, repeated=False))
        for taken in range(2):
            for number in numbers:
                with pytest.raises(TwilioRestException):
                    await sdk.create(to=number)
            for number in numbers:
                assert len(await sdk.list(to=number)) == taken
                await sdk.create(to=number)


async def test_a_list_can_lag(settings: Settings) -> None:
    """With `list_lag` a message that was accepted is not yet listed, but can be fetched."""
    async with Sandbox(settings) as sandbox, Sdk(sandbox) as sdk:
        sandbox.set_faults(Faults(list_lag=60))
        created = await sdk.create()
        assert await sdk.list() == []
        assert (await sdk.fetch(created.sid)).sid == created.sid


def test_a_seed_repeats() -> None:
    """The same seed draws the same faults; another seed draws others; half of the time is half of the time."""
    mixes = [FaultMix(Faults(seed=seed, too_many=0.5)) for seed in (1, 1, 2)]
    first, again, other = ([mix.for_request() for _ in range(1000)] for mix in mixes)
    assert first == again != other
    assert 400 < sum(fault is not None for fault in first) < 600


def test_a_request_meets_one_fault_at_most() -> None:
    """Probabilities that sum to more than 1 are refused, with the fields named."""
    with pytest.raises(ValidationError, match="half_open"):
        Faults(too_many=0.6, half_open=0.6)
    assert Faults(too_many=0.5, half_open=0.5).half_open == 0.5


async def test_faults_are_set_over_http(settings: Settings) -> None:
    """PUT replaces the mix at once and GET shows it; a wrong one is refused and changes nothing."""
    async with Sandbox(settings) as sandbox, aiohttp.ClientSession(sandbox.url) as session:
        async with session.put("/faults", json={"too_many": 0.25, "seed": 7}) as response:
            assert response.status == 200
        assert sandbox.faults == Faults(too_many=0.25, seed=7)
        wrongs: list[object] = [{"too_many": 2}, {"to_many": 1}, [], {"error_before": 0.6, "error_after": 0.6}]
        for wrong in wrongs:
            async with session.put("/faults", json=wrong) as response:
                assert response.status == 422
                assert (await response.json())["errors"]
        async with session.get("/faults") as response:
            assert Faults.model_validate(await response.json()) == Faults(too_many=0.25, seed=7)
