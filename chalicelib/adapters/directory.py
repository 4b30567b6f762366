"""The staff pool in Cognito: who has an address, and an invitation for who is new."""

from __future__ import annotations

from typing import Any

from chalicelib.adapters.aws import Clients, answered, code_of
from chalicelib.domain.errors import Conflict, InvalidInput

_REFUSED = frozenset({"InvalidParameterException", "UserLambdaValidationException"})


class CognitoDirectory:
    """`pool_id` is empty where staff sign in at another issuer, whose people we cannot invite."""

    def __init__(self, clients: Clients, pool_id: str) -> None:
        self._clients = clients
        self._pool_id = pool_id

    def invite(self, email: str) -> str:
        """Raises InvalidInput for an address that Cognito refuses."""
        if not self._pool_id:
            words = "Users of this install sign in elsewhere: add them by their id there."
            raise Conflict("directory_elsewhere", words)
        address = email.casefold()
        return self._created(address) or self._known(address)

    def _created(self, address: str) -> str | None:
        """None when the address is taken: by this very person, invited before."""
        from botocore.exceptions import ClientError

        with answered("invite a user"):
            try:
                reply = self._clients("cognito-idp").admin_create_user(
                    UserPoolId=self._pool_id,
                    Username=address,
                    UserAttributes=[
                        {"Name": "email", "Value": address},
                        {"Name": "email_verified", "Value": "true"},
                    ],
                    DesiredDeliveryMediums=["EMAIL"],
                )
            except ClientError as error:
                if code_of(error) == "UsernameExistsException":
                    return None
                if code_of(error) not in _REFUSED:
                    raise
                raise InvalidInput("email_invalid", "The e-mail address is refused.") from error
        return _subject(reply["User"]["Attributes"])

    def _known(self, address: str) -> str:
        with answered("find a user"):
            reply = self._clients("cognito-idp").admin_get_user(
                UserPoolId=self._pool_id, Username=address
            )
        return _subject(reply["UserAttributes"])


def _subject(attributes: list[dict[str, Any]]) -> str:
    """The id that access tokens name the person by."""
    return next(str(one["Value"]) for one in attributes if one["Name"] == "sub")
