"""`HEAD` at the API's addresses: answered as `GET`, without the body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from checkdam.server.routing import is_below_api


class HeadAsGet:
    """ASGI middleware. The headers, the length of the body among them, are those that `GET` would give."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or not is_below_api(scope["path"]):
            await self._app(scope, receive, send)
            return

        async def bodiless(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, bodiless)
