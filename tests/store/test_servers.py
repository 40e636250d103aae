"""The settings of servers."""

from sqlalchemy import Connection

from bot.models import Server
from bot.store.servers import keep_server, server, servers


def test_a_server_has_defaults_until_it_sets_something(connection: Connection) -> None:
    with connection.begin():
        assert server(connection, 1) == Server(1)
        assert servers(connection, {1, 2}) == {}


def test_what_is_kept_comes_back_in_place_of_what_was_there(connection: Connection) -> None:
    chosen = Server(1, "Europe/Berlin", "de", 77, False, ("Daily Sample",), ("fußball", '"quoted"'))
    with connection.begin():
        keep_server(connection, Server(1, timezone="Asia/Tokyo"))
        keep_server(connection, chosen)
        keep_server(connection, Server(2))
        assert server(connection, 1) == chosen
        assert servers(connection, [1, 2, 3]) == {1: chosen, 2: Server(2)}
