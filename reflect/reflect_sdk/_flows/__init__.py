"""
What each method of the client does, written once as a flow for both worlds.

A flow knows the generated operations, the types, the spool and the effects that it may ask for; it
never knows whether its caller blocks or awaits.
"""
