"""The migrations, in the package so that the wheel holds them; run by veille.store.schema."""
