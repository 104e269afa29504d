"""ROOM 5: out of the house.

In: finished text (:class:`~veille.model.edition.Rendered`) and files by path. Out: one raw message
for each subscriber (:mod:`~veille.delivery.message`, pure), mails in a folder
(:mod:`~veille.delivery.maildir`), the archive on disk (:mod:`~veille.delivery.site`). What reaches
a disk does so whole or not at all (:mod:`~veille.delivery.atomic`).
"""
