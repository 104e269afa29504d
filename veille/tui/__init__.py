"""Keyboard screens (Textual, extra ``tui``): words and keys only, what they do is a workflow's.

The command line imports a screen when its command is called, and hands over what it needs.
"""
