"""``veille demo``: the main job on a bundled sample, through the real commands, offline."""
