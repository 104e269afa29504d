"""ROOM 1: from a source's address to what it says.

In: addresses, subscription lists, bytes. Out: values of :mod:`veille.model`. In the river's order:

* :mod:`~veille.feeds.opml`: subscription lists in and out;
* :mod:`~veille.feeds.fetch`: the one door to the network;
* :mod:`~veille.feeds.parse`: an answer's bytes to a feed, through
  :mod:`~veille.feeds.clean` (text and HTML made safe);
* :mod:`~veille.feeds.merge`: what of it is new, changed or seen again (pure);
* :mod:`~veille.feeds.rhythm`: when to ask again (pure);
* :mod:`~veille.feeds.discover`, :mod:`~veille.feeds.article`: what a web page says of its feeds
  and of itself;
* :mod:`~veille.feeds.urls`, :mod:`~veille.feeds.language`: the identity of an address, the
  language of a text.

Nothing here knows the database, and only :mod:`~veille.feeds.fetch` opens a connection.
"""
