"""Who cannot yet prove who they are, who is never asked to, and who must be reminded today."""

__version__ = "0.1.0"
