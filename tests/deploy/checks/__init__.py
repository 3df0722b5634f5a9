"""What schemas cannot see in the manifests: each check takes rendered objects and returns what is wrong, in words."""

from tests.deploy.checks import catalog, connections, gateway, network, pods, references, secure, tls, workloads
from tests.deploy.checks.objects import Objects

# Those that hold in any rendering, however little is in it.
EVERYWHERE = (
    references.selectors_match_their_templates,
    references.services_select_pods,
    references.ports_exist,
    references.references_resolve,
    references.objects_can_be_applied,
    references.volumes_exist,
    references.namespaces_are_explicit,
    workloads.quantities_parse,
    workloads.autoscalers_have_what_they_measure,
    workloads.budgets_select_pods,
    workloads.ends_fit_into_the_grace_period,
    workloads.updates_start_before_they_stop,
    workloads.probes_are_patient,
    pods.pods_are_restricted,
    pods.images_are_at_hand_or_pinned,
    network.policies_select_pods,
    network.pods_reach_their_dns,
    catalog.services_are_the_catalogs,
    catalog.sidecars_meet,
    catalog.the_gateway_meets_all_pods,
    catalog.prometheus_finds_pods_that_do_not_answer,
    connections.database_takes_all_connections,
    gateway.routes_lead_somewhere,
    secure.settings_are_known,
    secure.addresses_are_the_callers,
    secure.issuers_are_reached,
    secure.pods_have_their_certificates,
    secure.kubelets_ask_where_they_can,
    secure.certificates_are_the_services,
    secure.authorities_are_there,
    tls.gateways_show_a_certificate,
    tls.gateways_believe_the_services,
    tls.services_say_what_they_speak,
    tls.figures_are_asked_for_as_they_are_told,
)

__all__ = ["EVERYWHERE", "Objects"]
