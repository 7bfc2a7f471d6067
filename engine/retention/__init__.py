"""Erases personal data when its time has come: rules, what a case holds of each kind, runs that carry a rule out, and the proof of it.

Nothing goes before an administrator has switched a rule on. What went is never kept: a run says what rule, which cases and how many.
"""
