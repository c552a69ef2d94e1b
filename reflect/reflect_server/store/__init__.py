"""
Where the service keeps what it knows: a protocol, and the stores that implement it.
"""
