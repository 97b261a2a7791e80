"""Errors a person can act on, and the exit statuses of `highmast`.

HighmastError
    InputError        a file or option is wrong: value, place, what to do (status 2)
    RobotError        the robot refused, faulted or was lost (status 3)
    ServiceError      the history service refused or is out of reach (status 4)

Status 5: some of several inputs could not be read, the rest were done.
"""

from climber.saying import in_language


class HighmastError(Exception):
    """An error whose message says what, where and what to do next."""

    status = 1

    def said(self, language: str) -> str:
        """Return the message in a language, as far as it is a Saying."""
        return in_language(self.args[0], language)


class InputError(HighmastError):
    """A file or an option is wrong."""

    status = 2


class RobotError(HighmastError):
    """The robot refused, faulted or was lost."""

    status = 3


class ServiceError(HighmastError):
    """The history service refused or cannot be reached."""

    status = 4


SOME_UNREAD = 5
