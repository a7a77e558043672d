"""Readers of upstream price catalogues and the merge of two of them (used by tools/make_catalogue.py)."""
