"""veille turns the web a team watches into a short, commented selection."""

__version__ = "0.1.0"
