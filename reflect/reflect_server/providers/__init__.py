"""
Endpoints of models that speak OpenAI's API: asked, bounded in time, and left alone during an
outage.

It knows `configuration` and `domain` no more than the errors that they share; what is asked for
is said in the rooms above.
"""
