"""At which sites a person may look at cases."""

from __future__ import annotations

from engine.model import Actor


def visible_sites(actor: Actor) -> frozenset[int] | None:
    """Ids of the sites where the person holds any role; None means every site."""
    if any(grant.site_id is None for grant in actor.grants):
        return None
    return frozenset(grant.site_id for grant in actor.grants if grant.site_id is not None)


def may_see(actor: Actor, site_id: int | None) -> bool:
    """Whether a case of that site (None: of the whole company) is shown to the person."""
    sites = visible_sites(actor)
    return bool(actor.grants) and (site_id is None or sites is None or site_id in sites)
