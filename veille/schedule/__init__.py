"""The unattended loop: a ticker, and jobs that know themselves what is due.

The ``schedule`` package only ticks. What is due at a tick depends on the database and the clock
alone (:mod:`veille.workflows.due`), so a restart, a suspended machine or a missed tick changes
nothing but the hour. ``clock`` says whether the machine's time can be believed, ``jobs`` what each
job does, ``loop`` runs them in processes of their own, ``once`` runs them here and ends.
"""
