"""Files of a case: everyone who may see the case may download them; browsers never open them."""

from __future__ import annotations

from mailgate.application.cases.read import ReadFile, read_file
from mailgate.web.pages.request import Answer, Download, PageRequest


def show(request: PageRequest) -> Answer:
    """One file of one comment."""
    params = request.params
    file = read_file(request.app, request.principal, ReadFile(params["key"], params["comment"], params["sha256"].lower()))
    return Download(file.content, file.filename, file.content_type)
