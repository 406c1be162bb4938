"""Petition: hosts petitions, collects confirmed signatures, tallies them by country, exports signed lists."""
