"""Which adapter stands behind each port: the only importer of adapters.

Made once per process and on first use. Adapters import their SDK when they first call it, so a
function pays at its cold start only for what it uses.
"""

from __future__ import annotations

from functools import cache

from chalicelib.adapters.aws import Clients
from chalicelib.adapters.secrets import Secrets
from chalicelib.config import Settings, settings
from chalicelib.ports import Links, Ports
from chalicelib.ports.gateway import Gateway
from chalicelib.ports.outside import QueueName
from chalicelib.ports.store import Store


@cache
def clients() -> Clients:
    known = settings()
    return Clients(region=known.aws_region, endpoint_url=known.aws_endpoint_url)


@cache
def secrets() -> Secrets:
    return Secrets(clients())


def webhook_secrets() -> tuple[str, ...]:
    """The signing secrets that are valid now: two while one is being rotated."""
    return secrets().all_of(settings().stripe_webhook_secrets_secret)


def livemode() -> bool:
    """Whether our key is a live one; events of the other mode are refused."""
    return "_live_" in secrets().text(settings().stripe_key_secret)


def table_name() -> str:
    return settings().table_name


@cache
def ports() -> Ports:
    """Every seam with its adapter."""
    return ports_for(settings(), clients(), secrets())


def ports_for(known: Settings, aws: Clients, vault: Secrets) -> Ports:
    """The same for any install's settings, from wherever this process runs."""
    from chalicelib.adapters.bus import EventBridgeBus
    from chalicelib.adapters.clock import WallClock
    from chalicelib.adapters.deliverer import LambdaDeliverer
    from chalicelib.adapters.directory import CognitoDirectory
    from chalicelib.adapters.documents import TypstDocuments
    from chalicelib.adapters.files import S3Files
    from chalicelib.adapters.ids import RandomIds
    from chalicelib.adapters.mail import SesMail
    from chalicelib.adapters.queue import SqsQueue
    from chalicelib.adapters.sms import SnsSms
    from chalicelib.adapters.timers import SchedulerTimers, TimerPlace
    from chalicelib.adapters.tokens import HmacTokens

    queue = SqsQueue(aws, queue_urls(known))
    clock = WallClock()
    place = TimerPlace(
        group=known.timer_group,
        role_arn=known.timer_role_arn,
        queue_arn=known.dunning_queue_arn,
        dead_letters_arn=known.timer_dead_letters_arn,
    )
    return Ports(
        store=_store(known),
        gateway=_gateway(known, vault),
        queue=queue,
        timers=SchedulerTimers(aws, place, queue, clock),
        mail=SesMail(aws),
        sms=SnsSms(aws),
        documents=TypstDocuments(),
        files=S3Files(aws, known.documents_bucket),
        bus=EventBridgeBus(aws, known.event_bus_name),
        clock=clock,
        ids=RandomIds(),
        tokens=HmacTokens(
            lambda: vault.text(known.link_secret_secret),
            lambda: vault.text(known.api_secret_secret),
        ),
        deliverer=LambdaDeliverer(aws, known.effects_function_name),
        directory=CognitoDirectory(aws, known.staff_pool_id),
        links=links_of(known),
    )


def queue_urls(known: Settings) -> dict[QueueName, str]:
    return {
        QueueName.DUNNING: known.dunning_queue_url,
        QueueName.BILLING: known.billing_queue_url,
        QueueName.STRIPE_EVENTS: known.stripe_events_queue_url,
    }


def links_of(known: Settings) -> Links:
    return Links(
        portal=f"{known.public_url}/portal",
        back_office=f"{known.public_url}/desk",
        mail_from=known.mail_sender,
    )


def _store(known: Settings) -> Store:
    from chalicelib.adapters.table.store import DynamoStore

    return DynamoStore(known.table_name, endpoint_url=known.aws_endpoint_url or None)


def _gateway(known: Settings, vault: Secrets) -> Gateway:
    from chalicelib.adapters.stripe.gateway import StripeGateway
    from chalicelib.adapters.stripe.sdk import SdkCalls

    calls = SdkCalls(lambda: vault.text(known.stripe_key_secret), api_base=known.stripe_api_base)
    return StripeGateway(calls)
