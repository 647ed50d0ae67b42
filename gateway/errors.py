"""The errors of the service, named by what a person does about them.

GatewayError
├── StoreError      the disk or the database file
├── AuthError       who somebody is, or may do
├── AuditUnreadable no audit can be proved at a path
├── RuleError       an alarm rule that cannot work
├── NoSuchAlarm     no rule has that name; NotAllowed: the alarm's state forbids it
├── SiteError       the site's files cannot be used
├── NoSuchApproval  no change waits under that number; NotApproved: it takes another person
├── NotifyError     news of an alarm cannot be queued to a call list
├── SinkError       a database does not take rows, or tell of old ones
└── Problem         what the API answers; CannotListen: its address is taken
"""

from __future__ import annotations


class GatewayError(Exception):
    """Anything that goes wrong inside the service."""


class NotifyError(GatewayError):
    """News of an alarm cannot be queued: the text says why and what to do."""
