"""The words of code and templates in other languages, a folder each, and what keeps them complete."""
