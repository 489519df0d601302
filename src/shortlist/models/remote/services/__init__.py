"""The services by name: one file each, ending in one constant."""

from shortlist.models.remote.service import Service
from shortlist.models.remote.services.cohere import COHERE
from shortlist.models.remote.services.jina import JINA
from shortlist.models.remote.services.tei import TEI
from shortlist.models.remote.services.vllm import VLLM, VLLM_SCORE
from shortlist.models.remote.services.voyage import VOYAGE

__all__ = ["SERVICES"]

SERVICES: dict[str, Service] = {service.name: service for service in (COHERE, JINA, VOYAGE, TEI, VLLM, VLLM_SCORE)}
