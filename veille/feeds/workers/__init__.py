"""Work on bytes of strangers, in processes that may die of it.

A feed of 30 kB can keep a parser busy for minutes, or make it ask for gigabytes; no limit on sizes
prevents that. So parsing is done in worker processes with limits on processor time and memory,
kept by the kernel. A worker's death is the failure of one source, and another worker takes its place.

Workers are programs started afresh (``python -m veille.feeds.workers.child``), not forks: the
fetcher runs threads, and a fork of a process with threads may inherit a lock that nobody will ever
release. They answer in MessagePack, never in pickles, since what a hostile document took over must
not be believed.
"""

from veille.feeds.workers.jobs import Job
from veille.feeds.workers.pool import Limits, Workers

__all__ = ["Job", "Limits", "Workers"]
