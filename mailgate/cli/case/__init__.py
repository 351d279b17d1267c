"""`mailgate case`: everyday work with cases (`everyday`), and corrections (`corrections`)."""

from mailgate.cli.case import corrections, desk, everyday, files, undo
from mailgate.cli.case.everyday import app

__all__ = ["app", "corrections", "desk", "everyday", "files", "undo"]
