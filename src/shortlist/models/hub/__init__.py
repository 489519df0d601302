"""The Hugging Face hub: names → directories in the local cache, and the one call that fetches."""

from shortlist.models.hub.cache import Fetched, HubName, fetched, hub_name, locate
from shortlist.models.hub.fetch import fetch

__all__ = ["Fetched", "HubName", "fetch", "fetched", "hub_name", "locate"]
