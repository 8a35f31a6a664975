"""Every request's changes carry its user, address and agent into the audit log."""

from pghistory.middleware import HistoryMiddleware


class ActorMiddleware(HistoryMiddleware):
    def get_context(self, request):
        return super().get_context(request) | {
            "source": f"{request.method} {request.path}",
            "ip_address": request.META.get("REMOTE_ADDR", ""),
            "user_agent": request.headers.get("User-Agent", "")[:500],
        }
