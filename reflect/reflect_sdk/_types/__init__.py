"""
What users hand in and get back: values, trajectories and errors.

It is the ground: of this project it knows the generated client alone.
"""
