"""``python -m mfa_audit``."""

from mfa_audit.cli.app import main

if __name__ == "__main__":
    main()
