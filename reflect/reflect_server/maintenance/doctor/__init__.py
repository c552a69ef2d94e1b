"""
What `reflect doctor` looks at: an installation, checked without a server and without changing it.
"""
