"""Typography, put in at display time: what curators type stays as typed in the database."""

from veille.digest.typography.english import curl, english
from veille.digest.typography.french import french
from veille.digest.typography.prose import JOINT

__all__ = ["JOINT", "curl", "english", "french"]
