"""The reference for a paced stream: paho-mqtt's own loop, which only counts what it gets."""

from __future__ import annotations

import sys
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    """Subscribe to everything and count for ever."""
    seen = [0]

    def count(_client: Client, _data: Any, _message: Any) -> None:
        seen[0] += 1

    client = Client(CallbackAPIVersion.VERSION2)
    client.on_message = count
    client.connect("127.0.0.1", int(sys.argv[1]))
    client.subscribe("bkl/#", 0)
    client.loop_forever()


if __name__ == "__main__":
    main()
