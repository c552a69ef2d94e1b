"""
`ReflectClient`: its connection, and its methods in pairs, one of each for synchronous callers.

It knows the flows that do a method's work, the pool, the settings and the types of its signatures;
it decides nothing itself.
"""
