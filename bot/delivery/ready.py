"""What it takes to send a message now, read at the last moment."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from bot.models import Article, Delivery, DeliveryKind, Subscription, SubscriptionState
from bot.store.deliveries import sending_paused
from bot.store.quarantine import quarantined_keys
from bot.store.servers import servers
from bot.store.subscriptions import subscription_states, subscriptions_by_id
from bot.store.told import told_articles


@dataclass(frozen=True, slots=True)
class Ready:
    """A delivery's subscription, if it is still there, the articles still to be sent, and how its server reads.

    Without articles, `because` says why none is.
    """

    subscription: Subscription | None
    articles: tuple[Article, ...]
    timezone: str | None
    language: str | None
    because: str


def ready_for(connection: Connection, deliveries: Sequence[Delivery]) -> list[Ready]:
    """Return what it takes to send each of the deliveries."""
    keys = {key for delivery in deliveries for key in delivery.keys}
    found = told_articles(connection, keys)
    refused = quarantined_keys(connection, keys)
    orders = subscriptions_by_id(connection, {delivery.subscription_id for delivery in deliveries})
    settings = servers(connection, {delivery.guild_id for delivery in deliveries})

    def one(delivery: Delivery) -> Ready:
        there = [found[key] for key in delivery.keys if key in found]
        told = [article for article in there if _is_news(article, delivery.kind)]
        kept = tuple(article for article in told if article.key not in refused)
        known = settings.get(delivery.guild_id)
        return Ready(
            orders.get(delivery.subscription_id),
            kept,
            known.timezone if known else None,
            known.language if known else None,
            "quarantined" if told else "withdrawn",
        )

    return [one(delivery) for delivery in deliveries]


def _is_news(article: Article, kind: DeliveryKind) -> bool:
    """Whether the article may be sent: it may have been hidden or superseded since it was queued."""
    if kind is DeliveryKind.FIRST:
        return article.published
    return article.published and (article.heat is None or article.heat >= 0)  # one that lost its scores is still news


@dataclass(frozen=True, slots=True)
class Wish:
    """What decides whether a message goes out: the state of its subscription, if there is one, and of all sending."""

    state: SubscriptionState | None
    all_paused: bool

    @property
    def goes_on(self) -> bool:
        """Whether a message may go out."""
        return self.state is SubscriptionState.ACTIVE and not self.all_paused


def wishes(connection: Connection, subscription_ids: Sequence[int]) -> list[Wish]:
    """Return whether each of the subscriptions is wanted."""
    states = subscription_states(connection, subscription_ids)
    paused = sending_paused(connection) is not None
    return [Wish(states.get(each), paused) for each in subscription_ids]
