"""
The self-hosted Reflect service.
"""
