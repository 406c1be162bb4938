"""The directory of diplomatic missions."""
