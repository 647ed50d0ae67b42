"""Play a story on the simulated field, and follow it through the gateway's API as an operator would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Annotated, Any

import aiohttp
import typer

from drivers.bench.story import Doc, Look, Mirror, Story
from drivers.emulators.scenario import RAWA_MAKMUR
from drivers.errors import DriverError

DEMO_PASSWORD = "semarak-demo"  # noqa: S105 - the demo's own, printed by it
NOTE = "Dilihat petugas; tim lapangan menuju lokasi."
DISPOSITION = "significant_impact"
LEAST_PATIENCE_S = 60.0
STORY_S = 3_600.0
"""No step of a story takes longer than this in the site's life; the demo runs faster."""
FORBIDDEN, MISSING = 403, (404, 405)

app = typer.Typer(no_args_is_help=True, help="Play a story on the simulated field and follow it through the gateway.")


class StoryFailed(DriverError):
    """A step of the story did not come, or the gateway cannot be asked."""


class Desk:
    """An operator's desk: signed in, with the gateway's live messages on the screen."""

    def __init__(self, gateway: str, *, user: str, password: str) -> None:
        self._api = f"{gateway.rstrip('/')}/api/v1"
        self._origin = gateway.rstrip("/")
        self._login = {"name": user, "password": password}
        self._http: aiohttp.ClientSession
        self._live: aiohttp.ClientWebSocketResponse
        self._csrf = ""
        self.mirror = Mirror()

    async def __aenter__(self) -> Desk:
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        try:
            self._csrf = (await self.post("session", self._login))["csrf"]
            self._live = await self._http.ws_connect(
                f"{self._api}/live", origin=self._origin, max_msg_size=0, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
            )
            self.mirror.take(await self._live.receive_json())
        except (aiohttp.ClientError, TypeError) as error:
            await self._http.close()
            raise StoryFailed(f"{self._api} cannot be used: {error}; is the gateway running?") from None
        except StoryFailed:
            await self._http.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._live.close()
        await self._http.close()

    async def get(self, path: str) -> Any:
        """Return what the gateway answers; raise StoryFailed."""
        return await self._asked("GET", f"{self._api}/{path}", None)

    async def post(self, path: str, body: Doc) -> Any:
        """Return what the gateway answers; raise StoryFailed."""
        return await self._asked("POST", f"{self._api}/{path}", body)

    async def outside(self, url: str, body: Doc) -> int:
        """Post to the simulator and return its status."""
        async with self._http.post(url, json=body) as answer:
            return answer.status

    async def wait(self, look: Look, *, what: str, patience: float) -> str:
        """Return the sentence that `look` finds; raise StoryFailed when it does not come in time (seconds)."""
        try:
            async with asyncio.timeout(patience):
                while not (sentence := look()):
                    self.mirror.take(await self._live.receive_json())
        except TimeoutError:
            raise StoryFailed(f"{what} did not come within {patience:.0f} s; see the audit and the devices") from None
        except TypeError:
            raise StoryFailed("the gateway has closed the live connection; is it still running?") from None
        return sentence

    async def _asked(self, method: str, url: str, body: Doc | None) -> Any:
        headers = {"X-CSRF-Token": self._csrf}
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            told = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status == FORBIDDEN:
                raise Forbidden(f"{url}: {told.get('detail', 'this login may not')}")
            if answer.status >= 400:
                raise StoryFailed(f"{url} answers {answer.status}: {told.get('detail', told)}")
            return told


class Forbidden(StoryFailed):
    """The login may not do that."""


async def _simulator(desk: Desk, given: str) -> str:
    """Return where the simulator listens: as given, or as the gateway says; "" when only the gateway can reach it."""
    health: Mapping[str, Any] = await desk.get("health")
    if given or health.get("simulator"):
        return str(given or health["simulator"]).rstrip("/")
    if not health.get("simulation"):
        raise StoryFailed(
            "this gateway runs no simulation: start `semarak demo`, or name the simulator with --simulator"
        )
    return ""


async def _patience(desk: Desk) -> float:
    pace = float((await desk.get("health")).get("pace") or 1.0)
    return max(LEAST_PATIENCE_S, STORY_S / pace)


async def _begin(desk: Desk, simulator: str, name: str) -> None:
    if not simulator:
        await desk.post(f"demo/scenarios/{name}", {})
        return
    status = await desk.outside(f"{simulator}/scenario/{name}", {})
    if status >= 400:
        raise StoryFailed(f"{simulator}/scenario/{name} answers {status}; is the story being played already?")


async def _let_fall(desk: Desk, simulator: str, name: str) -> None:
    """Let the water fall now, where the simulator can be told; else it falls when its time has come."""
    if simulator:
        await desk.outside(f"{simulator}/scenario/{name}/fall", {})


async def _audit(desk: Desk) -> str:
    try:
        verdict = await desk.get("audit/verify")
    except Forbidden:
        return (
            "This login may not read the audit: `semarak audit verify` proves the chain on the gateway's own machine."
        )
    if not verdict["ok"]:
        raise StoryFailed(f"the audit does not verify: {verdict.get('why') or verdict}")
    return f"The audit's chain of {verdict['count']} events is whole."


async def follow(desk: Desk, *, name: str, simulator: str, ack: bool, say: Callable[[str], None]) -> None:
    """Play a story and say every step when it has happened; raise StoryFailed."""
    simulator, patience = await _simulator(desk, simulator), await _patience(desk)
    story = Story(RAWA_MAKMUR, desk.mirror)
    story.begin()
    await _begin(desk, simulator, name)
    say("The river rises at Rawa Makmur.")

    async def step(look: Look, what: str) -> None:
        say(await desk.wait(look, what=what, patience=patience))

    await step(story.raised, "the alarm")
    await step(story.claimed, "the scene's claim")
    await step(story.switched, "the salvo")
    await step(story.verified, "the verification of the wall")
    if ack:
        await desk.post(f"alarms/{story.alarm}/ack", {"note": NOTE, "disposition": DISPOSITION})
        await step(story.acknowledged, "the acknowledgement")
    await _let_fall(desk, simulator, name)
    await step(story.cleared, "the end of the alarm")
    await step(story.given_back, "the wall's return")
    say(await _audit(desk))


@app.callback()
def _group() -> None:
    """Play a story on the simulated field and follow it through the gateway."""


@app.command()
def banjir(
    simulator: Annotated[str, typer.Option(help="The simulator's side door; as the gateway says unless given.")] = "",
    gateway: Annotated[str, typer.Option(help="The gateway.")] = "http://127.0.0.1:8080",
    user: Annotated[str, typer.Option(help="Who follows the story.")] = "operator",
    password: Annotated[str, typer.Option(help="Their password.", envvar="SEMARAK_PASSWORD")] = DEMO_PASSWORD,
    ack: Annotated[bool, typer.Option(help="Acknowledge the alarm with a note.")] = True,  # noqa: FBT002 - a switch
) -> None:
    """Let the river rise at Rawa Makmur: alarm, scene, salvo, verification, acknowledgement, and all of it back."""

    async def play() -> None:
        async with Desk(gateway, user=user, password=password) as desk:
            await follow(desk, name="banjir", simulator=simulator, ack=ack, say=typer.echo)

    try:
        asyncio.run(play())
    except (StoryFailed, aiohttp.ClientError) as error:
        typer.echo(f"The story stopped: {error}", err=True)
        raise typer.Exit(1) from None
