"""The personal-data engine as the gate's redactor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanners.personal_data.redact import Method


class PersonalDataRedactor:
    """Implements `Redactor`. What could not be examined in time is withheld (fail closed)."""

    def __init__(self, tenant_key: Callable[[str], bytes]) -> None:
        self._tenant_key = tenant_key

    def __call__(
        self,
        value: Any,
        *,
        tenant: str,
        schema: Mapping[str, Any] | None,
        entities: Sequence[str] | None,
        method: Method,
    ) -> Any:
        """Raises CannotRedact when no redacted value would fit the schema."""
        from scanners.personal_data.inline import redact_json  # loads the pattern engine: only where policy asks for it

        wanted = None if entities is None else tuple(entities)
        return redact_json(value, schema, method=method, key=self._tenant_key(tenant), entities=wanted).value
