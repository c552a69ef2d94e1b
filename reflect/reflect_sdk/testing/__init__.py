"""
A service in memory, for the tests of your own agent, without the extra `server`.

It knows all other rooms; none knows it.
"""

from reflect_sdk.testing.fake import FakeReflect

__all__ = ["FakeReflect"]
