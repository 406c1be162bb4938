"""What all forms stand on."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from petition.core.errors import Forbidden


class PageForm(FlaskForm):
    """A form of a page. It reads form fields only: a JSON body or an uploaded file would bring other types."""

    class Meta:
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> MultiDict[str, str] | None:
            """The fields given, or else those that the request sends."""
            if formdata is None or isinstance(formdata, MultiDict):
                return formdata
            return request.form if request.method == "POST" and request.form else None


def refuse_forged() -> None:
    """Raises Forbidden unless what was sent came from a page of this browser's session."""
    if not FlaskForm().validate():
        raise Forbidden(_("This page was open for too long. Please go back, load it again and repeat."))
