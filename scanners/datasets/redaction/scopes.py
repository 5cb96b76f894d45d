"""The keys of a scope: what makes equal values equal in some data sets and not in others."""

from __future__ import annotations

from pathlib import Path

from scanners.datasets.redaction.plan import Plan, Secrets
from scanners.personal_data.keys import tenant_key
from scanners.personal_data.vault import Vault


def scope_secrets(data_dir: Path, tenant: str, plan: Plan, scope: str = "", data_subject: str = "") -> Secrets:
    """The keys that `plan` needs; those of the tenant itself without a scope.

    Tokens of a data subject are of its own key, whatever the scope, so that destroying it destroys them all.
    Raises KeyUnusable, UnknownProfile.
    """
    key = tenant_key(data_dir, tenant, f"redaction\x00{scope}" if scope else "redaction")
    if not plan.needs_vault:
        return Secrets(key.hex())
    vault = Vault(data_dir, tenant).key(data_subject or (f"scope {scope}" if scope else ""))
    return Secrets(key.hex(), vault.id, vault.secret.hex())
