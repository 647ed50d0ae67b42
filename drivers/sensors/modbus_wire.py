"""One Modbus TCP connection through pymodbus: the only file that knows that library."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from pymodbus.client import AsyncModbusTcpClient
from pymodbus.constants import ExcCodes
from pymodbus.exceptions import ModbusException

from drivers.errors import LinkError, Refused
from drivers.sensors.modbus_line import IllegalAddress, Silent
from drivers.sensors.register_map import BIT_TABLES, Block, Words

NEVER = 1_000_000
"""pymodbus closes a connection after so many silences; when to redial is for our line to say."""

ABSENT = (ExcCodes.GATEWAY_PATH_UNAVIABLE, ExcCodes.GATEWAY_NO_RESPONSE)
MEANINGS = {
    ExcCodes.ILLEGAL_FUNCTION: "it cannot read this table",
    ExcCodes.ILLEGAL_VALUE: "it cannot send so many registers at once",
    ExcCodes.DEVICE_FAILURE: "it reports a failure of its own",
    ExcCodes.DEVICE_BUSY: "it is busy",
}


class ModbusWire:
    """A connection that is dialled once, and asks one question at a time."""

    def __init__(self, host: str, port: int, *, timeout: float, seen: Callable[[str, bytes], None]) -> None:
        def trace(sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - the library's signature
            seen("sent" if sending else "received", data)
            return data

        self._where = f"{host}:{port}"
        self._timeout = timeout
        self._client = AsyncModbusTcpClient(
            host, port=port, timeout=timeout, retries=0, reconnect_delay=0, trace_packet=trace
        )
        self._client.set_max_no_responses(NEVER)
        self._reads = {
            "hr": self._client.read_holding_registers,
            "ir": self._client.read_input_registers,
            "di": self._client.read_discrete_inputs,
            "co": self._client.read_coils,
        }
        # Every silence and refusal is told by what we raise; the library would tell it a second time.
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)

    async def open(self) -> None:
        """Connect; raise LinkError."""
        if not await self._client.connect():
            raise LinkError(f"{self._where} cannot be reached")

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    async def ask(self, block: Block) -> Words:
        """Return the words of a block; raise Silent, IllegalAddress, Refused or LinkError."""
        where = f"unit {block.unit} {block.table} {block.address}+{block.count}"
        try:
            reply = await self._reads[block.table](block.address, count=block.count, device_id=block.unit)
        except (ModbusException, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError):
                raise
            self._check_connection()
            raise Silent(f"{where} on {self._where} did not answer within {self._timeout:g} s") from None
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # In Python 3.11 the library's wait loses a cancellation that comes together with the answer.
            raise asyncio.CancelledError
        if reply.isError():
            self._check_connection()
            raise _refusal(where, reply.exception_code)
        words = reply.bits if block.table in BIT_TABLES else reply.registers
        if len(words) < block.count:
            raise Silent(f"{where} on {self._where} answered with {len(words)} values only")
        return words

    def _check_connection(self) -> None:
        if not self._client.connected:
            raise LinkError(f"{self._where} closed the connection")


def _refusal(where: str, code: int) -> Silent | Refused:
    """Return what an exception reply means (Modbus application protocol V1.1b3, section 7)."""
    if code == ExcCodes.ILLEGAL_ADDRESS:
        return IllegalAddress(f"{where}: the device has no such address; check the register map")
    if code in ABSENT:
        return Silent(f"{where}: the gateway says that the unit does not answer")
    return Refused(f"{where}: {MEANINGS.get(ExcCodes(code), f'exception {code}') if code in set(ExcCodes) else code}")
