"""The journal: what was planned and what happened at each gate."""
