"""
Warm-up: the embedder's model is loaded before the first request needs it.
"""

from __future__ import annotations

import logging
import threading

from reflect_server.embedders.protocol import Embedder, EmbedderError
from reflect_server.errors import ProviderUnavailableError

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
        self._hindrance: str | None = "The embedder is still loading its model. Ask again shortly."
        threading.Thread(target=self._load, name="reflect-warm-up", daemon=True).start()

    def require_done(self) -> None:
        """
        Return where the model is loaded.

        Raises:
            EmbedderError: It is not yet, or cannot be; says why.
        """
        if self._hindrance is not None:
            raise EmbedderError(self._hindrance)

    def _load(self) -> None:
        try:
            self._embedder.embed(["ready"])
        except ProviderUnavailableError as error:
            self._hindrance = None
            _log.warning("%s Until then queries are answered with 503.", error.message)
        except EmbedderError as error:
            self._hindrance = error.message
            _log.error("%s Requests that need it are answered with 503.", error.message)
        except Exception as error:  # noqa: BLE001 - else it would seem to be loading for ever
            self._hindrance = (
                f"The embedder failed with an unexpected {type(error).__name__}; the server's log "
                "has the details."
            )
            _log.exception("the embedder cannot be made ready")
        else:
            self._hindrance = None
