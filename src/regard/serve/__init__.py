"""A view's declaration → a notebook, one HTML file, a terminal."""
