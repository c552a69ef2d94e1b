"""
Reflectors turn a reviewed run into what it teaches.
"""
