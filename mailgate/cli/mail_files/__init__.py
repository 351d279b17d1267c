"""Commands over mail files: `parse` (what is understood), `explain` (what would happen), `inject` (accept it as SMTP would)."""
