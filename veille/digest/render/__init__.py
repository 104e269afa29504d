"""Contents in, finished text out: mails, pages, feeds. The only package that knows Jinja2."""

from __future__ import annotations

from veille.digest.render.pages import STYLESHEET
from veille.digest.render.renderer import Renderer
from veille.digest.render.templates import standard_templates

__all__ = ["STYLESHEET", "Renderer", "standard_templates"]
