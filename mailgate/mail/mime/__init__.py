"""MIME taken apart: from bytes to parts, text and attachments. Pure."""
