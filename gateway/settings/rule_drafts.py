"""Drafts of alarm rules: checked as the whole site would be, and written into its file when nobody was faster."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from drivers.strict_yaml import YamlError, load
from gateway.alarms.config import ScalesConfig
from gateway.alarms.scale import Scale
from gateway.alarms.thresholds import threshold_changes
from gateway.errors import GatewayError
from gateway.settings.difference import difference
from gateway.settings.fault import SiteError, SiteFault, of_validation, of_yaml
from gateway.settings.rule_file import FILE, RuleFile, RuleTextError, placed, read_draft, rewritten
from gateway.settings.site import Site, judging_texts

Texts = Mapping[str, str]
NOTHING = "rules: []\n"
SCALES = "scales.yaml"


class FileMoved(GatewayError):
    """Somebody has changed the file since the draft was begun; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A rule as text and as data; `stamp` tells whether the file has changed meanwhile."""

    id: str
    yaml: str
    rule: Mapping[str, Any]
    stamp: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a draft would do: its text, its data (none when it is no YAML), its faults, or what would differ."""

    yaml: str
    rule: Mapping[str, Any] | None
    faults: Sequence[SiteFault] = ()
    changes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Meant:
    """The files with a draft in them: `was` is the rule's id in the file, empty for a new one, `id` what it becomes."""

    id: str
    was: str
    texts: Texts


class RuleDrafts:
    """Called off the loop: reads and writes files. `load` reads the site with texts in place of files."""

    def __init__(self, folder: Path, load: Callable[[Texts | None], Site], *, running: Callable[[], Site]) -> None:
        self.folder = folder
        self._load, self._running = load, running

    def every(self) -> tuple[Sequence[Mapping[str, Any]], str]:
        """Return every rule of the file as data, and the file's stamp; raise SiteError."""
        text = self._text()
        return _read(text).rules, _stamp(text)

    def draft(self, id: str) -> Draft:  # noqa: A002 - the glossary's word
        """Return one rule; raise NoSuchRule, RuleTextError or SiteError."""
        text = self._text()
        yaml = _read(text).draft(id)
        return Draft(id, yaml, read_draft(yaml).data, _stamp(text))

    def scales(self) -> Sequence[Scale]:
        """Return the hazard scales of the site's file, whose levels a rule gives limits; raise SiteError."""
        try:
            document = load(self.texts()[SCALES], SCALES)
        except YamlError as error:
            raise SiteError([of_yaml(error)]) from None
        try:
            return [each.scale() for each in ScalesConfig.model_validate(document.data).scales]
        except ValidationError as error:
            raise SiteError(of_validation(document, error)) from None

    def check(self, was: str, yaml: str, rule: Mapping[str, Any] | None = None) -> Verdict:
        """Return what a draft would do; with `rule` the text is made to say that first.

        Raise RuleTextError, and SiteError for a file that cannot be read.
        """
        try:
            yaml = yaml if rule is None else rewritten(yaml, rule)
            data = read_draft(yaml).data
        except YamlError as error:
            return Verdict(yaml, None, [of_yaml(error)])
        meant = self.meant(was, yaml)
        try:
            site = self._load(meant.texts)
        except SiteError as error:
            text = meant.texts[FILE]
            return Verdict(yaml, data, [placed(fault, text, meant.id) for fault in error.faults])
        old = self._running()
        told = threshold_changes(old.rules, site.rules, before=old.handling, after=site.handling)
        return Verdict(yaml, data, changes=told or difference(old, site).sentences())

    def meant(self, was: str, yaml: str) -> Meant:
        """Return the files with a draft in them; raise YamlError, RuleTextError or SiteError."""
        id_ = str(read_draft(yaml).data["id"])
        file = _read(self._text())
        known = any(rule.get("id") == was for rule in file.rules)
        if id_ != was and any(rule.get("id") == id_ for rule in file.rules):
            raise RuleTextError(f"there is a rule {id_!r} already; open that one, or give this one another id")
        texts = {**judging_texts(self.folder), FILE: file.with_rule(was if known else id_, yaml)}
        return Meant(id_, was if known else "", texts)

    def texts(self) -> Texts:
        """Return the files that what rings follows from."""
        return judging_texts(self.folder)

    def write(self, was: str, yaml: str, *, stamp: str) -> Draft:
        """Put a sound draft into the file; raise FileMoved, RuleTextError, or SiteError for a draft with faults."""
        self._check_stamp(stamp)
        try:
            meant = self.meant(was, yaml)
        except YamlError as error:
            raise SiteError([of_yaml(error)]) from None
        self._put(meant.texts[FILE], meant.id)
        return self.draft(meant.id)

    def remove(self, id: str, *, stamp: str) -> None:  # noqa: A002 - the glossary's word
        """Take a rule out of the file; raise FileMoved, NoSuchRule, RuleTextError, or SiteError when others need it."""
        self._check_stamp(stamp)
        self._put(_read(self._text()).without(id), "")

    def _check_stamp(self, stamp: str) -> None:
        if _stamp(self._text()) != stamp:
            raise FileMoved(f"{FILE} has changed since this draft was begun; open the rule again and compare")

    def _put(self, text: str, id: str) -> None:  # noqa: A002 - the glossary's word
        """Give the file another text, once the site is sound with it; whole or not at all."""
        try:
            self._load({**judging_texts(self.folder), FILE: text})
        except SiteError as error:
            raise SiteError([placed(fault, text, id) if id else fault for fault in error.faults]) from None
        part = self.folder / f".{FILE}.part"
        try:
            part.write_text(text, encoding="utf-8")
            with part.open("rb") as file:
                os.fsync(file.fileno())
            part.replace(self.folder / FILE)
        except OSError as error:
            raise RuleTextError(f"{FILE} cannot be written: {error.strerror}; see to the folder's rights") from error
        finally:
            part.unlink(missing_ok=True)

    def _text(self) -> str:
        path = self.folder / FILE
        try:
            return path.read_text(encoding="utf-8") if path.exists() else NOTHING
        except (OSError, UnicodeDecodeError) as error:
            raise RuleTextError(f"{FILE} cannot be read: {error}") from error


def _read(text: str) -> RuleFile:
    try:
        return RuleFile(text)
    except YamlError as error:
        raise SiteError([of_yaml(error)]) from None


def _stamp(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
