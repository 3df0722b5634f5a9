"""Where the links in messages lead. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Links:
    """Leads people to the dashboard where there is one, and to the REST of the service otherwise.

    Attributes:
        public_url: where people reach the service, without a slash at the end.
        dashboard_url: where they reach the dashboard, likewise; empty where nobody does.
    """

    public_url: str
    dashboard_url: str = ""

    def alert(self, alert_id: int) -> str:
        """Returns the address of one alert."""
        return self._to(f"alerts/{alert_id}", f"alerts/{alert_id}")

    @property
    def alerts(self) -> str:
        """The address of all alerts."""
        return self._to("alerts", "alerts/")

    @property
    def evaluation(self) -> str:
        """The address of whether readings are judged; the dashboard says so on each page."""
        return self._to("alerts", "alerts:evaluation")

    def subscription(self, subscription_id: int) -> str:
        """Returns the address of one subscription; the dashboard has them on one page."""
        return self._to("settings/subscriptions", f"subscriptions/{subscription_id}")

    def _to(self, page: str, resource: str) -> str:
        return f"{self.dashboard_url}/#/{page}" if self.dashboard_url else f"{self.public_url}/api/v1/{resource}"
