"""ROOM 4: from kept items to finished text.

In: an edition, its picks and the items they name (:mod:`veille.model`). Out: an
:class:`~veille.model.edition.EditionContent`, then a :class:`~veille.model.edition.Rendered`
(subject, text, HTML, page), the files of the archive by relative path, and the findings of the
checks. Nothing here writes, sends or asks the clock.

::

    content.assemble → EditionContent → render.Renderer.edition → Rendered → lint.lint → findings
                                                       └ .site → {path: bytes}
"""
