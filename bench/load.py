"""Publish readings of the telemetry contract to a broker, as fast as it takes them or at a steady rate.

`python -m bench.load PORT QOS COUNT SENSORS RATE AGE` encodes everything first, prints `ready`, waits for a line on its
standard input, publishes, and prints the CLOCK_MONOTONIC nanoseconds of its first and last byte.
"""

from __future__ import annotations

import select
import socket
import sys
import time
from datetime import UTC, datetime, timedelta

HELLO = bytes([0x10, 16, 0, 4]) + b"MQTT" + bytes([4, 2, 0, 0, 0, 4]) + b"load"
TOPIC = "bkl/v1/bench/b{:04d}/telemetry"
WINDOW = 5_000
"""How many QoS 1 messages may wait for their PUBACK."""


def packet(topic: bytes, payload: bytes, qos: int, mid: int) -> bytes:
    """Return one PUBLISH (MQTT 3.1.1, §3.3)."""
    body = len(topic).to_bytes(2) + topic + (mid.to_bytes(2) if qos else b"") + payload
    length, head = len(body), bytearray([0x30 | qos << 1])
    while True:
        head.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return bytes(head) + body


def readings(count: int, sensors: int, qos: int, age: float) -> list[bytes]:
    """Return `count` encoded messages, turn by turn over the sensors, at least `age` seconds old."""
    start = datetime.now(UTC) - timedelta(seconds=count / sensors / 100 + age)
    packets = []
    for number in range(count):
        sensor, turn = number % sensors, number // sensors
        stamp = (start + timedelta(milliseconds=10 * turn)).isoformat(timespec="milliseconds")
        payload = (
            f'{{"v":1,"ts":"{stamp}","seq":{turn},"sensor":"b{sensor:04d}","metric":"tma",'
            f'"value":{200 + (number * 37 % 1000) / 100:.2f},"unit":"cm","q":"good","batt_v":12.4}}'
        )
        packets.append(packet(TOPIC.format(sensor).encode(), payload.encode(), qos, number % 65_535 + 1))
    return packets


def publish(port: int, packets: list[bytes], qos: int, rate: float) -> tuple[int, int]:
    """Send the packets (`rate` a second; 0: as fast as the broker takes them) and wait for every PUBACK."""
    with socket.create_connection(("127.0.0.1", port)) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link.sendall(HELLO)
        if link.recv(4)[3:] != b"\0":
            raise SystemExit("the broker did not accept the publisher")
        began = time.monotonic_ns()
        acked = sent = 0
        block = 200 if not rate else max(1, round(rate / 500))
        while sent < len(packets):
            if rate:
                due = began + round(sent / rate * 1e9)
                time.sleep(max(0.0, (due - time.monotonic_ns()) / 1e9))
            link.sendall(b"".join(packets[sent : sent + block]))
            sent += block
            while qos and (sent - acked > WINDOW or select.select([link], [], [], 0)[0]):
                acked += len(link.recv(65_536)) // 4
        ended = time.monotonic_ns()
        while qos and acked < len(packets):
            acked += len(link.recv(65_536)) // 4
        link.sendall(b"\xe0\0")
    return began, ended


def main() -> None:
    """Encode, say so, wait, publish."""
    port, qos, count, sensors = map(int, sys.argv[1:5])
    packets = readings(count, sensors, qos, float(sys.argv[6]))
    print("ready", flush=True)
    sys.stdin.readline()
    print(*publish(port, packets, qos, float(sys.argv[5])), flush=True)


if __name__ == "__main__":
    main()
