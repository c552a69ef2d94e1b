"""
Logs, metrics and spans, for those who run the service.

It knows `store.protocol`, to count what is kept; everything above tells it what happened.
"""
