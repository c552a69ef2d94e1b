"""
Warm-up: the embedder's model is loaded before the first request needs it.
"""

from __future__ import annotations

import logging
import threading

from reflect_server.embedders.protocol import Embedder, EmbedderError
from reflect_server.errors import ProviderUnavailableError, WarmingUpError

_log = logging.getLogger("reflect_server.embedders")


class WarmUp:
    """
    Loads an embedder's model in the background, from construction on.

    An endpoint that cannot be reached is no hindrance: it is another service, and may come back.

    Args:
        embedder: The embedder.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._hindrance: str | None = None
        self._tried = threading.Event()
        threading.Thread(target=self._load, name="reflect-warm-up", daemon=True).start()

    def wait(self, seconds: float) -> None:
        """
        Wait until the model is loaded, or cannot be.

        Args:
            seconds: How long at the most.
        """
        self._tried.wait(seconds)

    def require_loaded(self) -> None:
        """
        Return where the model is no longer being loaded.

        Raises:
            WarmingUpError: It still is.
        """
        if not self._tried.is_set():
            raise WarmingUpError("The embedder is still loading its model. Ask again shortly.")

    def require_done(self) -> None:
        """
        Return where the model is loaded.

        Raises:
            WarmingUpError: It still is being loaded.
            EmbedderError: It cannot be; says why.
        """
        self.require_loaded()
        if self._hindrance is not None:
            raise EmbedderError(self._hindrance)

    def _load(self) -> None:
        try:
            self._hindrance = self._found_hindrance()
        finally:
            self._tried.set()

    def _found_hindrance(self) -> str | None:
        try:
            self._embedder.embed(["ready"])
        except ProviderUnavailableError as error:
            _log.warning("%s Until then queries are answered with 503.", error.message)
        except EmbedderError as error:
            _log.error("%s Requests that need it are answered with 503.", error.message)
            return error.message
        except Exception as error:  # noqa: BLE001 - else it would seem to be loading for ever
            _log.exception("the embedder cannot be made ready")
            return (
                f"The embedder failed with an unexpected {type(error).__name__}; the server's log "
                "has the details."
            )
        return None
