"""What every request handler is given: the parts of one running service."""

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from climber.service.auth import Keyring
from climber.service.db import Database
from climber.service.limits import RateLimit
from climber.service.objects import BlobFolder
from climber.service.observed import Metrics, RequestLog
from climber.service.settings import Settings
from climber.service.signin import SignInTokens


@dataclass(frozen=True, slots=True)
class Service:
    """One running service."""

    settings: Settings
    database: Database
    blobs: BlobFolder
    keyring: Keyring
    tokens: SignInTokens
    rate: RateLimit
    metrics: Metrics
    log: RequestLog


def service_of(request: Request) -> Service:
    """Return the service that a request came to."""
    return cast(Service, request.app.state.service)
