"""
The rules of Reflect: what a review does, what a query returns, how a value is learned.

Pure functions and values. It knows the standard library, numpy and `errors`, and nothing of HTTP,
SQL or models.

Its words:

- Verdict: what a review says of a run, pass or fail.
- Credit: the share of a verdict that a memory gets, for it was retrieved for the run or used by it.
- Reward: what a verdict moves a Q-value towards, 1 for a pass and 0 for a fail.
- Evidence: verdicts weighed by their credit, as a memory has gathered them.
- Utility: the chance that a memory helps, estimated from its evidence; its mean and interval.
- Base rate: how often runs end well where a memory stands, which its utility is compared with.
- Gain: how far a memory's utility moves the logarithm of its base rate, up or down.
- Lesson: what a reflection teaches, in one text.
- Stance: the answer of a run to its task, and whether it was accepted. Memories that take the same
  stance share their evidence.
- Candidates: the memories that a query weighs, near to its task by meaning or by letters; with
  their values and vectors they are its pool.
"""
