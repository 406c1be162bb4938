"""Packages: the frozen files made for a mission, and what is kept of them."""
