"""Backup and restore: the whole company as one file, the same for SQLite and PostgreSQL.

A backup is a ZIP of what the store held at one moment: `manifest.json`, a file of JSON lines a table, the jobs that waited, and each
attachment's content by its digest. It is taken while everything runs and is restored into an empty store of either kind.
"""

from engine.archive.reading import BackupDamagedError, BackupUnsuitableError, restore
from engine.archive.writing import Counted, backup

__all__ = ["BackupDamagedError", "BackupUnsuitableError", "Counted", "backup", "restore"]
