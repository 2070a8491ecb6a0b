"""The mandatory-MFA policy as data: what it says, how it is loaded, and the rules of the exemption register."""

from mfa_audit.policy.load import load_policy, preset_names
from mfa_audit.policy.schema import Policy

__all__ = ["Policy", "load_policy", "preset_names"]
