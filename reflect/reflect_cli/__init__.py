"""
The `reflect` command and the demo, on top of the client and the server.
"""
