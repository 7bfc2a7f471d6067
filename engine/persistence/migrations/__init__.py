"""Alembic migrations of the store. One linear history, forward only (the way back is the backup).

File names are `date_time_revision_slug.py`.
"""
