"""One way into a KNX installation through xknx: the only file that knows that library, an extra that is loaded late."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from types import SimpleNamespace
from typing import Any

from drivers.errors import BadCommand, BadConfig, LinkError, ProtocolError, Refused
from drivers.model import PointKind, Value
from drivers.sensors.knx_groups import KnxOptions, Payload, Way, group_number, group_text

NO_MORE = "E_NO_MORE_CONNECTIONS"
"""What a gateway answers whose tunnels are all in use (KNX 03.08.02 §7.8.2)."""

Heard = Callable[[str, Payload], None]


class Unconfirmed(LinkError):
    """A telegram left, and nothing says that the bus has it."""


def installed() -> bool:
    """Return whether the library is there."""
    return find_spec("xknx") is not None


def library() -> SimpleNamespace:
    """Return what we use of xknx; raise BadConfig when it is not installed."""
    try:
        from xknx import XKNX
        from xknx.core.connection_state import XknxConnectionState
        from xknx.dpt.dpt import DPTBase, DPTEnum, DPTNumeric
        from xknx.dpt.dpt_16 import DPTString
        from xknx.dpt.payload import DPTArray, DPTBinary
        from xknx.exceptions import XKNXException
        from xknx.io import ConnectionConfig, ConnectionType
        from xknx.telegram import GroupAddress, Telegram
        from xknx.telegram.apci import GroupValueRead, GroupValueResponse, GroupValueWrite
    except ImportError as error:
        raise BadConfig(f"KNX needs the extra `knx` ({error}); install it: pip install 'semarak[knx]'") from None
    return SimpleNamespace(
        XKNX=XKNX, State=XknxConnectionState, DPTArray=DPTArray, DPTBase=DPTBase, DPTBinary=DPTBinary, DPTEnum=DPTEnum,
        DPTNumeric=DPTNumeric, DPTString=DPTString, Fault=XKNXException, Config=ConnectionConfig, Type=ConnectionType,
        GroupAddress=GroupAddress, Telegram=Telegram, Read=GroupValueRead, Response=GroupValueResponse,
        Write=GroupValueWrite,
    )  # fmt: skip


class Datapoint:
    """The coding of one datapoint type for points of one kind; raises BadConfig when the two do not go together."""

    def __init__(self, dpt: str, kind: PointKind) -> None:
        self._lib, self._dpt, self._kind = library(), dpt, kind
        self._coder: Any = self._lib.DPTBase.parse_transcoder(dpt)
        if self._coder is None:
            raise BadConfig(f"dpt: {dpt} is no datapoint type that is known here")
        kinds = self._kinds()
        if kind is not kinds:
            told = f"it is for points of kind {kinds.value}" if kinds else "it holds several values in one"
            raise BadConfig(f"dpt: {dpt} does not go with a point of kind {kind.value}; {told}")

    def _kinds(self) -> PointKind | None:
        if self._dpt.split(".")[0] == "1":
            return PointKind.FLAG
        if issubclass(self._coder, self._lib.DPTNumeric):
            return PointKind.NUMBER
        texts = issubclass(self._coder, self._lib.DPTString | self._lib.DPTEnum)
        return PointKind.TEXT if texts else None

    def decode(self, payload: Payload) -> Value:
        """Return the value of a telegram; raise ProtocolError for a payload of another size or without meaning."""
        try:
            value = self._coder.from_knx(self._wrapped(payload))
        except self._lib.Fault as error:
            raise ProtocolError(f"{shown(payload)} is no value of {self._dpt}: {error}") from None
        if self._kind is PointKind.FLAG:
            return bool(value.value)
        return value if isinstance(value, int | float | str) else str(value.name).lower()

    def encode(self, value: Value) -> Payload:
        """Return what a value is on the bus; raise BadCommand for one that this type cannot carry."""
        try:
            coded = self._coder.to_knx(value)
        except self._lib.Fault as error:
            raise BadCommand(f"{value!r} is no value of {self._dpt}: {error}") from None
        return _plain(coded.value)

    def _wrapped(self, payload: Payload) -> Any:
        return self._lib.DPTBinary(payload) if isinstance(payload, int) else self._lib.DPTArray(tuple(payload))


class KnxWire:
    """One connection; `heard` gets every value that the groups tell. `open` first, `close` at the end."""

    def __init__(self, way: Way, options: KnxOptions, *, heard: Heard) -> None:
        self._way, self._options, self._heard = way, options, heard
        self._lib = SimpleNamespace()
        self._xknx: Any = None
        self._lost = asyncio.Event()

    @property
    def where(self) -> str:
        """Return the gateway's address."""
        return f"{self._way.host}:{self._way.port}"

    async def open(self) -> None:
        """Connect; raise Refused when the gateway has no tunnel left, LinkError, or BadConfig without the library."""
        self._lib = lib = library()
        self._lost.clear()
        self._xknx = lib.XKNX(
            connection_config=self._config(),
            telegram_received_cb=self._on_telegram,
            connection_state_changed_cb=self._on_state,
        )
        try:
            await self._xknx.start()
        except (lib.Fault, OSError) as error:
            raise self._failure(error) from None

    def _config(self) -> Any:
        local = self._options.local or None
        return self._lib.Config(
            connection_type=self._lib.Type.TUNNELING, local_ip=local, gateway_ip=self._way.host,
            gateway_port=self._way.port, route_back=self._options.route_back, auto_reconnect=False,
        )  # fmt: skip

    def _failure(self, error: BaseException) -> Refused | LinkError:
        """Return what the library's word means; the one that says more is often the cause."""
        cause = error.__cause__ or error
        code = getattr(getattr(cause, "error_code", None), "name", "")
        if code == NO_MORE:
            return Refused(f"{self.where} has no tunnel left: all are in use ({code})")
        return LinkError(f"{self.where} gives no connection: {cause}")

    async def close(self) -> None:
        """Take leave of the gateway, which waits a second at most for its answer."""
        xknx, self._xknx = self._xknx, None
        if xknx is not None:
            await xknx.stop()

    async def lost(self) -> None:
        """Wait until the connection is gone, and raise LinkError."""
        await self._lost.wait()
        raise LinkError(f"the connection to {self.where} is gone: it was ended, or telegrams were not acknowledged")

    async def read(self, group: str) -> None:
        """Ask a group for its value; raise LinkError or Unconfirmed."""
        await self._send(group, self._lib.Read())

    async def write(self, group: str, payload: Payload) -> None:
        """Write a value to a group; raise LinkError (it did not leave) or Unconfirmed (nobody knows)."""
        held = self._lib.DPTBinary(payload) if isinstance(payload, int) else self._lib.DPTArray(tuple(payload))
        await self._send(group, self._lib.Write(held))

    async def _send(self, group: str, payload: Any) -> None:
        if self._xknx is None or self._lost.is_set():
            raise LinkError("KNX is not connected; see the device's state")
        telegram = self._lib.Telegram(destination_address=self._lib.GroupAddress(group_number(group)), payload=payload)
        try:
            await self._xknx.cemi_handler.send_telegram(telegram)
        except self._lib.Fault as error:
            raise Unconfirmed(f"{self.where} did not confirm the telegram to {group}: {error}") from None

    def _on_telegram(self, telegram: Any) -> None:
        payload, target = telegram.payload, telegram.destination_address
        if isinstance(payload, self._lib.Response | self._lib.Write) and isinstance(target, self._lib.GroupAddress):
            self._heard(group_text(target.raw), _plain(payload.value.value))

    def _on_state(self, state: Any) -> None:
        if state is self._lib.State.DISCONNECTED:
            self._lost.set()


def shown(payload: Payload) -> str:
    """Return a payload as the hex log shows it."""
    return f"{payload:02x}" if isinstance(payload, int) else payload.hex(" ")


def _plain(value: Any) -> Payload:
    """Return a payload of the library as a plain one."""
    return value if isinstance(value, int) else bytes(value)
