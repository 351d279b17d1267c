"""How an editor finds the schema of a policy document: a line at the top that names a file beside it. Imports nothing that reads YAML."""

from __future__ import annotations

SCHEMA_FILE = "policy.schema.json"
MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
"""As the YAML language server takes it; to YAML it is a comment."""


def has_modeline(text: str) -> bool:
    """Whether the document itself names a schema."""
    return "# yaml-language-server:" in text
