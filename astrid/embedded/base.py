"""The engine hook: whoever asks for connection parameters finds the embedded server running."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db.backends.postgresql import base, client

from astrid.embedded.cluster import CLIENT_OPTIONS
from astrid.embedded.server import Server

# One per directory and process: a `Server` is also this process's entry among the server's users.
server_in = cache(Server)


class DatabaseClient(client.DatabaseClient):
    """`manage.py dbshell`, with the psql that belongs to the server."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        server = server_in(settings_dict["DIRECTORY"])
        address = server.ensure_running()
        arguments, environment = super().settings_to_cmd_args_env(settings_dict | address.django, parameters)
        return [str(server.binaries().directory / "psql"), *arguments[1:]], environment


class DatabaseWrapper(base.DatabaseWrapper):
    """PostgreSQL in `settings_dict["DIRECTORY"]`, started by the first connection."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        self.settings_dict.update(server_in(self.settings_dict["DIRECTORY"]).ensure_running().django)
        return super().get_connection_params() | CLIENT_OPTIONS
