"""``python -m veille.settings > docs/settings.md`` writes the reference page again."""

from __future__ import annotations

import sys

from veille.settings.document import reference

if __name__ == "__main__":
    sys.stdout.write(reference())
