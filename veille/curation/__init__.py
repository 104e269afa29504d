"""What curators may do to an item, and how they ask for items. Pure: values in, values out.

In: words typed by a person, the marks an item carries, an event of the log. Out: a
:data:`~veille.model.query.Query`, the marks an item carries from now on, or an error that says
what to type instead. Nothing here knows the database or the clock.
"""
