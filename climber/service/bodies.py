"""JSON bodies of many documents, read in one go.

The framework makes Python's lists and dictionaries of a body first and models of those second; pydantic reads the text
straight into the models in two thirds of the time. A body that does not pass is read again in the framework's way, so
that every refusal says what and where in the same words as on other routes.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError


class JsonRoute(APIRoute):
    """A route whose body, if it is one model, is validated as it is parsed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler, given a request that reads its body so."""
        handle = super().get_route_handler()
        model: Any = self.body_field.field_info.annotation if self.body_field else None
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            return handle
        parsing = _reading(model)

        async def handle_parsed(request: Request) -> Response:
            return await handle(parsing(request.scope, request.receive))

        return handle_parsed


def _reading(model: type[BaseModel]) -> type[Request]:
    class Parsing(Request):
        async def json(self) -> Any:
            """The model; of a body that does not pass, what the framework wants, to refuse it."""
            try:
                return model.model_validate_json(await self.body())
            except ValidationError:
                return await super().json()

    return Parsing
