"""A site's files for the API's tests."""

from __future__ import annotations

from gateway.auth.roles import Actor
from gateway.settings.approval import Applied, Approval, Approvals
from gateway.settings.fault import SiteError, SiteFault


class Config:
    """A site's files: sound until `fault` is set; what changes `thresholds` waits for a second person."""

    def __init__(self, approvals: Approvals) -> None:
        self.fault: SiteFault | None = None
        self.thresholds: list[str] = []
        self.approvals = approvals
        self.applied = 0

    async def check(self) -> list[str]:
        if self.fault is not None:
            raise SiteError([self.fault])
        return ["point river: every 300 s, was 60 s"]

    def advice(self) -> list[str]:
        return ["line: its points ask for 120% of the line's time"]

    async def apply(self, by: Actor, *, why: str) -> Applied:
        changes = await self.check()
        if self.thresholds:
            return Applied(changes, self.approvals.propose(by, why=why, changes=self.thresholds, texts={}))
        self.applied += 1
        return Applied(changes)

    async def approve(self, id: str, person: Actor) -> Applied:
        approval = self.approvals.second(id, person)
        self.applied += 1
        self.approvals.drop()
        return Applied(await self.check(), approval)

    async def reject(self, id: str) -> Approval:
        approval = self.approvals.find(id)
        self.approvals.drop()
        return approval

    def waiting(self) -> Approval | None:
        return self.approvals.waiting()
