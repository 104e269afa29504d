"""The verbs: load, decide, save. The only code that joins rooms; a transaction belongs to a verb.

Every function takes what it works with (database, web, renderer, the instant, who acts) as
arguments, returns values, and prints nothing.
"""
