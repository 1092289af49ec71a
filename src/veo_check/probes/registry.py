"""Every probe, in the order in which a run asks."""

from __future__ import annotations

from veo_check.probes.catalog import CatalogProbe
from veo_check.probes.gateway_listing import GatewayListingProbe
from veo_check.probes.gateway_status import GatewayStatusProbe
from veo_check.probes.key_answer import KeyAnswerProbe
from veo_check.probes.key_usage import KeyUsageProbe
from veo_check.probes.official_model import OfficialModelProbe
from veo_check.probes.probe import Probe
from veo_check.probes.production_key import ProductionKeyProbe
from veo_check.probes.smoke_key_variable import SmokeKeyVariableProbe

PROBES: tuple[Probe, ...] = (
    SmokeKeyVariableProbe(),
    GatewayListingProbe(),
    KeyAnswerProbe(),
    KeyUsageProbe(),
    GatewayStatusProbe(),
    CatalogProbe(),
    OfficialModelProbe(),
    ProductionKeyProbe(),
)
