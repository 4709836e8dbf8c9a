"""The routes: each checks who asks, calls one service, and says what came of it."""

from checkdam.server.routes import datasets, exports, findings, items, jobs, lineage, media, rules, session, users

ROUTERS = tuple(
    module.router for module in (session, users, datasets, exports, items, findings, rules, jobs, lineage, media)
)
