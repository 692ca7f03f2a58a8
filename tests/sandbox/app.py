"""The sandbox as one ASGI application: every far side under its prefix, and the control API."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from tests.sandbox.amazon.appstore import Appstore
from tests.sandbox.amazon.central import ConsentPage
from tests.sandbox.amazon.console import Console
from tests.sandbox.amazon.edge import Edge
from tests.sandbox.amazon.lwa import TokenEndpoint
from tests.sandbox.amazon.operations import find_in_sandbox, find_operation
from tests.sandbox.amazon.rotation import PATH as ROTATION
from tests.sandbox.amazon.rotation import Rotation
from tests.sandbox.amazon.static_cases import StaticCases
from tests.sandbox.clock import VirtualClock
from tests.sandbox.control import control_routes
from tests.sandbox.control_listings import listing_routes
from tests.sandbox.control_orders import order_routes
from tests.sandbox.control_stock import stock_routes
from tests.sandbox.mailbox import Mailbox, mail_routes
from tests.sandbox.models import REGIONS
from tests.sandbox.octopia.edge import OctopiaEdge
from tests.sandbox.octopia.keycloak import OctopiaTokens
from tests.sandbox.world import Options, World

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def create_app(options: Options, clock: VirtualClock | None = None) -> Starlette:
    """A sandbox of its own; its `World` is at `app.state.world`."""
    world, mailbox = World(options, clock), Mailbox()
    lwa = TokenEndpoint(world)
    find = StaticCases.load(options.static_cases).find if options.static_cases else find_operation

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with mailbox.open(options.mail_host, options.mail_port):
            yield
        world.close()

    routes = [
        *control_routes(world),
        *stock_routes(world),
        *order_routes(world),
        *listing_routes(world),
        *mail_routes(world, mailbox),
        Route("/amazon/lwa/auth/o2/token", lwa.serve, methods=["POST"]),
        *_central_routes("/amazon/central/{country}", world, vendors=False),
        *_central_routes("/amazon/vendorcentral/{country}", world, vendors=True),
        *(
            Route(
                f"/amazon/sandbox/{name}/{{rest:path}}",
                Edge(world, name, find_in_sandbox, sandbox=True).serve,
                methods=_METHODS,
            )
            for name in REGIONS
        ),
        Route(f"/amazon/{{region}}{ROTATION}", Rotation(world).serve, methods=["POST"]),
        *(Route(f"/amazon/{name}/{{rest:path}}", Edge(world, name, find).serve, methods=_METHODS) for name in REGIONS),
    ]
    routes += [
        Route("/octopia/auth/realms/maas/protocol/openid-connect/token", OctopiaTokens(world).serve, methods=["POST"]),
        Route("/octopia/api/{rest:path}", OctopiaEdge(world).serve, methods=_METHODS),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    app.state.world = world
    return app


def _central_routes(host: str, world: World, *, vendors: bool) -> list[Route]:
    """A country's Seller Central or Vendor Central."""
    central, appstore = ConsentPage(world, vendors=vendors), Appstore(world, vendors=vendors)
    console = Console(world, vendors=vendors)
    return [
        Route(f"{host}/apps/authorize/consent", central.show, methods=["GET"]),
        Route(f"{host}/apps/authorize/consent", central.decide, methods=["POST"]),
        Route(f"{host}/apps/manage", appstore.show, methods=["GET"]),
        Route(f"{host}/apps/manage", appstore.send, methods=["POST"]),
        Route(f"{host}/sellingpartner/developerconsole", console.show, methods=["GET"]),
        Route(f"{host}/sellingpartner/developerconsole", console.authorise, methods=["POST"]),
        Route(f"{host}/apps/authorize/confirm/{{application_id}}", appstore.confirm, methods=["GET"]),
    ]
