"""In whose name something is changed."""

from dataclasses import dataclass

from shared.kernel.ids import OrganisationId, UserId


@dataclass(frozen=True, slots=True)
class Person:
    """Whose account something is done to, by themselves; or by the operator, whom `reason` names."""

    id: UserId
    organisation_id: OrganisationId
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """
    `user_id` None: a program of the organisation, `client_id`, with a token; or the operator of this installation, whom
    `reason` names.
    """

    organisation_id: OrganisationId
    user_id: UserId | None
    reason: str | None = None
    client_id: str | None = None
