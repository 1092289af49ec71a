"""Every built-in check, in the order of the checklist's items."""

from __future__ import annotations

from veo_check.checks.availability_status import availability_status
from veo_check.checks.budget_covers import budget_covers
from veo_check.checks.catalog_group import catalog_group
from veo_check.checks.catalog_row import catalog_row
from veo_check.checks.controlled_failure import controlled_failure
from veo_check.checks.dashboard_confirmed import dashboard_confirmed
from veo_check.checks.endpoint_family import endpoint_family
from veo_check.checks.fallback_alive import fallback_alive
from veo_check.checks.fallback_cost import fallback_cost
from veo_check.checks.fallback_rules import fallback_rules
from veo_check.checks.job_completes import job_completes
from veo_check.checks.job_log_complete import job_log_complete
from veo_check.checks.key_accepted import key_accepted
from veo_check.checks.key_hygiene import key_hygiene
from veo_check.checks.location_served import location_served
from veo_check.checks.media_delivered import media_delivered
from veo_check.checks.model_lifecycle import model_lifecycle
from veo_check.checks.model_listed import model_listed
from veo_check.checks.model_official import model_official
from veo_check.checks.ownership_declared import ownership_declared
from veo_check.checks.price_agrees import price_agrees
from veo_check.checks.price_fresh import price_fresh
from veo_check.checks.price_known import price_known
from veo_check.checks.price_unit import price_unit
from veo_check.checks.reference_fresh import reference_fresh
from veo_check.checks.request_supported import request_supported
from veo_check.checks.successor_known import successor_known
from veo_check.checks.usage_matches_quote import usage_matches_quote
from veo_check.checks.usage_recorded import usage_recorded
from veo_check.core.findings import Check

#: Adding a check means adding its file here, and its line to a checklist.
CHECKS: tuple[Check, ...] = (
    # 1 Official model ID
    model_official,
    model_listed,
    # 2 Lifecycle
    model_lifecycle,
    location_served,
    successor_known,
    # 3 Pricing unit
    price_known,
    price_unit,
    price_agrees,
    price_fresh,
    budget_covers,
    # 4 Async job
    request_supported,
    endpoint_family,
    job_completes,
    media_delivered,
    job_log_complete,
    # 5 Catalog row
    catalog_row,
    catalog_group,
    availability_status,
    key_accepted,
    # 6 Fallback
    fallback_rules,
    fallback_alive,
    fallback_cost,
    # 7 Usage proof
    ownership_declared,
    usage_recorded,
    usage_matches_quote,
    controlled_failure,
    dashboard_confirmed,
    # everything
    reference_fresh,
    key_hygiene,
)
