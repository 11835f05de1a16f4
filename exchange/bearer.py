from rest_framework.authentication import BaseAuthentication

from accounts.models import User
from exchange.door import SCHEME


class Bearer(BaseAuthentication):
    """DRF is told whom the door let in."""

    def authenticate(self, request):
        user = request._request.user
        return (user, request._request.api_token) if isinstance(user, User) else None

    def authenticate_header(self, request):
        return SCHEME
