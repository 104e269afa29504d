"""The command line: words in, a workflow called, words out.

One file a noun or group of verbs, and nothing in it but glue. What is printed passes one door,
:mod:`~veille.cli.show`; what a command needs comes with its :class:`~veille.cli.context.Session`.
"""
