"""Who is asked for MFA: Conditional Access evaluated offline, never saying more than is known.

Semantics: ``docs/conditional-access.md``. :func:`mfa_audit.access.sign_in.decide` decides one sign-in.
"""
