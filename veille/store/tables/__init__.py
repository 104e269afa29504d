"""The tables, private to the store; a module for each part of the river.

A command imports those it needs: every table costs it half a millisecond of its start-up. Those who
need all of them take the metadata from :mod:`veille.store.tables.whole`.
"""
