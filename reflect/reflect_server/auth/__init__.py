"""
API keys: issued, recognised by a keyed hash, and cached for a while.

It knows `domain` and `store.protocol`; what a key may do in a project is for the use cases.
"""
