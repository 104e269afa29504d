"""Items for other programs: reference managers, spreadsheets, readers of feeds.

Items in, one text out. :mod:`~veille.delivery.exports.references` says what a citation holds, in the
words of CSL-JSON; RIS and BibTeX are made from that.
"""
