"""The fake as an HTTP client of the real SDK: its whole path, without a socket."""

from collections.abc import Mapping
from typing import Any, ClassVar

import stripe
from requests.structures import CaseInsensitiveDict

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.errors import LostReply


class FakeClient(stripe.HTTPClient):
    """`StripeClient("sk_test_x", http_client=FakeClient(core))`."""

    name: ClassVar[str] = "fake"

    def __init__(self, core: FakeStripe) -> None:
        super().__init__()
        self.core = core

    def request(  # the SDK's own signature, minus what it never passes here
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        try:
            body, status, answered = self.core.handle(method, url, headers, post_data)
        except LostReply as lost:
            error = stripe.APIConnectionError(  # type: ignore[no-untyped-call]
                f"Request failed: {lost}", should_retry=True
            )
            raise error from lost
        return body, status, CaseInsensitiveDict(answered)

    def close(self) -> None:
        """Nothing to close."""
