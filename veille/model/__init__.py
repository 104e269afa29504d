"""The words of veille as frozen values: one module a noun, the standard library only.

A different type at each station of the river: :mod:`~veille.model.fetched` (bytes and what a feed
says), :mod:`~veille.model.changes` (what the merge decided), :mod:`~veille.model.item` (what the
team keeps), :mod:`~veille.model.edition` (what readers get), :mod:`~veille.model.delivery` (who got
it). Instants are aware datetimes in UTC everywhere; days and periods are counted in a time zone
that is passed along.
"""
