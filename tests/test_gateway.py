"""What goes wrong at the gateway of the real program, while it sends."""

import pytest

from tests.audit import until
from tests.delivery.newsroom import Newsroom
from tests.loopback import Loopback
from tests.running import CREATE, LONG, all_well, queue, run, states, subscribed


async def test_sending_goes_on_while_the_gateway_comes_and_goes(loopback: Loopback, room: Newsroom) -> None:
    subscribed(loopback, room, 2)
    queue(room, "a")
    async with run(loopback, room) as program:
        await program.wait_for_output("Invite:", LONG)
        await until(lambda: states(room) == {"sent": 2}, LONG)
        loopback.gateway.order_reconnect()  # op 7
        await loopback.wait_for(lambda: loopback.ledger.resumes, LONG)
        loopback.gateway.forget_sessions()
        await loopback.gateway.disconnect()  # and the RESUME that follows is refused: op 9
        room.write("b")
        await until(lambda: states(room) == {"sent": 4}, LONG)
        await loopback.wait_for(lambda: len(loopback.ledger.identifies) == 2, LONG)
        code, _ = await program.terminate()
    assert code == 0
    all_well(loopback, room)


async def test_a_gateway_that_fell_silent_is_noticed_and_resumed_and_sending_goes_on(
    loopback: Loopback, room: Newsroom
) -> None:
    subscribed(loopback, room, 2)
    queue(room, "a")
    held = loopback.fault("POST", CREATE, hang=True, times=2)
    loopback.gateway.heartbeat_interval = 0.5
    async with run(loopback, room, LOOPBACK_SILENCE="3") as program:
        await loopback.wait_for(lambda: loopback.gateway.connected and held.hits == 2, LONG)
        loopback.gateway.acknowledge_heartbeats = False
        held.release()
        await until(lambda: states(room) == {"sent": 2}, LONG)
        assert (loopback.gateway.connected, loopback.ledger.resumes) == (True, [])
        await loopback.wait_for(lambda: loopback.ledger.resumes, LONG)
        loopback.gateway.acknowledge_heartbeats = True
        answer = await loopback.slash(loopback.channel, "news top", within=LONG)
        assert "**a**" in answer.text
        code, _ = await program.terminate()
    assert code == 0
    assert len(loopback.ledger.identifies) == 1
    assert "Traceback" not in program.output()
    all_well(loopback, room)


async def test_a_token_that_the_gateway_rejects_ends_it_with_one_line(loopback: Loopback, room: Newsroom) -> None:
    loopback.fault("GET", "/gateway/bot", status=401)
    async with run(loopback, room) as program:
        assert await program.wait(LONG) == 1
    assert program.output().splitlines()[-1].startswith("heatline: Discord does not accept DISCORD_TOKEN.")
    assert "Traceback" not in program.output()


@pytest.mark.parametrize(("code", "said"), [(4004, "Discord does not accept DISCORD_TOKEN."), (4014, "intents")])
async def test_a_fatal_close_ends_it_with_one_line(loopback: Loopback, room: Newsroom, code: int, said: str) -> None:
    async with run(loopback, room) as program:
        await program.wait_for_output("Invite:", LONG)
        await loopback.gateway.disconnect(code)
        assert await program.wait(LONG) == 1
    assert said in program.output().splitlines()[-1]
    assert "Traceback" not in program.output()
