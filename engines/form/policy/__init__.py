"""Who may do what with which records and fields (D6)."""

from engines.form.policy.grants import Grant, Right
from engines.form.policy.policy import Policy, policy_for
from engines.form.policy.reasons import Explanation, Reason, explain

__all__ = ["Explanation", "Grant", "Policy", "Reason", "Right", "explain", "policy_for"]
