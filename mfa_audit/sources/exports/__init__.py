"""Exported files: recognised by what is in them, checked strictly, staged for the snapshot.

:mod:`~mfa_audit.sources.exports.source` is the way in; to add a format, write one reader and name it in its table.
"""
