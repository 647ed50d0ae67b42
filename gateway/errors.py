"""The errors of the service, named by what a person does about them.

GatewayError
├── StoreError      the disk or the database file
├── AuthError       who somebody is, or may do
├── RuleError       an alarm rule that cannot work
└── SiteError       a site file that cannot be used (settings)
"""

from __future__ import annotations


class GatewayError(Exception):
    """Anything that goes wrong inside the service."""
