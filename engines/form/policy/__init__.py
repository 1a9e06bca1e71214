"""Who may do what with which records and fields (D6)."""

from engines.form.policy.grants import Grant, Right
from engines.form.policy.policy import Policy, policy_for

__all__ = ["Grant", "Policy", "Right", "policy_for"]
