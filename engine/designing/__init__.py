"""Designers' work on procedures: drafts, their versions, and what is checked, tried and deployed from them. Nothing here runs a case."""
