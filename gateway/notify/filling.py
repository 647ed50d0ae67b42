"""Fill the words of a delivery into the templates of a channel."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.notify.delivery import Delivery


def words_of(delivery: Delivery) -> Mapping[str, str]:
    """Return what `{text}` and the other words stand for."""
    said = delivery.message
    return {
        "address": delivery.address, "code": delivery.code, "id": delivery.id, "person": delivery.person,
        "severity": str(delivery.severity), "short": said.short, "subject": said.subject, "text": said.text,
    }  # fmt: skip


def filled(template: str, delivery: Delivery) -> str:
    """Return a template with its words filled in; the template has been proved to know no others."""
    return template.format_map(words_of(delivery))
