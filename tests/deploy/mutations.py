"""One thing after another that somebody might break, and a word of what the checks have to say of it."""

import copy
from typing import Any

from tests.deploy.checks import catalog, connections, gateway, network, pods, references, secure, tls, workloads
from tests.deploy.checks.objects import Manifest, Objects, the

DROP = object()
ALL = "kind, watched"

_POD = "spec template spec"
_PROCESS, _ENVOY, _WAIT = f"{_POD} containers 0", f"{_POD} containers 1", f"{_POD} initContainers 0"
_D, _C, _S, _H = (
    "Deployment alert-service",
    "ConfigMap alert-service-config",
    "Service alert-service",
    "{} alert-service",
)
_G = "Deployment gateway-service"
_HEADLESS, _CALLED = "Service alert-service-headless", "Service realtime-service-headless"
_FIGURES = "Service alert-service-figures"
_HPA, _PDB, _POLICY = (_H.format(k) for k in ("HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy"))
_SHOWN = "spec template metadata annotations kubectl.kubernetes.io/default-container"
_ROLES = f"{_POD} volumes 0 projected sources 0 secret"
_RIGHTS = "securityContext"
_URL = "data REALTIME_SERVICE_URL"

# What is checked, the object, the way to what is changed, its new value, and a word of what is said then.
MUTATIONS: list[tuple[Any, str, str, Any, str]] = [
    (references.selectors_match_their_templates, _D, "spec selector matchLabels app", "x", "does not select"),
    (references.services_select_pods, _S, "spec selector app", "x", "no pods"),
    (references.ports_exist, _S, "spec ports 0 targetPort", "htp", "htp"),
    (references.ports_exist, _HEADLESS, "spec ports 0 port", 80, "headless"),
    (references.ports_exist, _D, f"{_PROCESS} livenessProbe grpc port", 50051, "livenessProbe"),
    (references.ports_exist, _D, f"{_ENVOY} readinessProbe httpGet port", "web", "readinessProbe"),
    (references.references_resolve, _D, f"{_POD} serviceAccountName", "x", "ServiceAccount x"),
    (references.references_resolve, _D, f"{_POD} priorityClassName", "x", "PriorityClass x"),
    (references.references_resolve, _D, f"{_PROCESS} envFrom 0 configMapRef name", "x", "ConfigMap x"),
    (references.references_resolve, _D, f"{_PROCESS} envFrom 1 secretRef name", "x", "Secret x"),
    (references.references_resolve, "Job migrations", f"{_PROCESS} env 0 valueFrom secretKeyRef key", "x", "no x"),
    (references.references_resolve, "Job migrations", f"{_ROLES} name", "x", "Secret x"),
    (references.references_resolve, "Job migrations", f"{_ROLES} items 0 key", "x", "no x"),
    (references.references_resolve, "RoleBinding metrics-server-auth-reader", "roleRef name", "x", "Role x"),
    (references.references_resolve, "APIService v1beta1.metrics.k8s.io", "spec service name", "x", "Service x"),
    (references.references_resolve, "StatefulSet postgres", "spec serviceName", "x", "Service x"),
    (references.objects_can_be_applied, _C, "data LOG_LEVEL", "x" * 250_000, "kubectl apply"),
    (references.volumes_exist, _D, f"{_PROCESS} volumeMounts 0 name", "x", "x is mounted"),
    (references.volumes_exist, _D, f"{_POD} volumes 0 name", "x", "x is mounted"),
    (references.namespaces_are_explicit, _D, "metadata namespace", DROP, "no namespace"),
    (workloads.quantities_parse, _D, f"{_PROCESS} resources requests cpu", "100mm", "100mm"),
    (workloads.quantities_parse, _D, f"{_WAIT} resources requests memory", DROP, "what it needs"),
    (workloads.quantities_parse, _D, f"{_PROCESS} resources limits memory", "1Mi", "less memory"),
    (workloads.quantities_parse, _D, f"{_ENVOY} resources limits", DROP, "any amount"),
    (workloads.quantities_parse, _D, f"{_ENVOY} resources limits cpu", "1", "limit on CPU"),
    (workloads.autoscalers_have_what_they_measure, _HPA, "spec scaleTargetRef name", "x", "no x"),
    (workloads.autoscalers_have_what_they_measure, _HPA, "spec minReplicas", 1, "fewer than two"),
    (workloads.autoscalers_have_what_they_measure, _HPA, "spec maxReplicas", 2, "nowhere"),
    (workloads.autoscalers_have_what_they_measure, _D, "spec replicas", 3, "sets replicas"),
    (workloads.autoscalers_have_what_they_measure, _D, f"{_ENVOY} resources requests cpu", DROP, "measures cpu"),
    (workloads.budgets_select_pods, _PDB, "spec selector matchLabels app", "x", "no pods"),
    (workloads.budgets_select_pods, _PDB, "spec selector matchLabels app", "realtime-service", "no disruption budget"),
    (workloads.budgets_select_pods, _PDB, "spec unhealthyPodEvictionPolicy", DROP, "broken pod"),
    (workloads.ends_fit_into_the_grace_period, _D, f"{_POD} terminationGracePeriodSeconds", 30, "is killed"),
    (workloads.ends_fit_into_the_grace_period, _D, f"{_PROCESS} lifecycle", DROP, "still come"),
    (workloads.ends_fit_into_the_grace_period, _D, f"{_ENVOY} env 0 value", "10", "Envoy ends after 10 s"),
    (workloads.ends_fit_into_the_grace_period, _C, "data MONTRG_GRACE_S", "60", "up to 75"),
    (workloads.updates_start_before_they_stop, _D, "spec strategy rollingUpdate maxUnavailable", 1, "stops a pod"),
    (workloads.updates_start_before_they_stop, _D, "spec strategy rollingUpdate", DROP, "stops a pod"),
    (workloads.updates_start_before_they_stop, _D, "spec minReadySeconds", DROP, "cluster DNS"),
    (workloads.probes_are_patient, _D, f"{_PROCESS} startupProbe timeoutSeconds", DROP, "startupProbe"),
    (workloads.probes_are_patient, _D, f"{_PROCESS} readinessProbe timeoutSeconds", 1, "readinessProbe"),
    (workloads.probes_are_patient, _D, f"{_ENVOY} livenessProbe", DROP, "livenessProbe"),
    (pods.pods_are_restricted, _D, f"{_POD} {_RIGHTS} runAsNonRoot", DROP, "as root"),
    (pods.pods_are_restricted, _D, f"{_POD} {_RIGHTS} seccompProfile", DROP, "system call"),
    (pods.pods_are_restricted, _D, f"{_POD} automountServiceAccountToken", True, "automount"),
    (pods.pods_are_restricted, _D, f"{_POD} enableServiceLinks", DROP, "enableServiceLinks"),
    (pods.pods_are_restricted, _D, f"{_POD} hostNetwork", True, "hostNetwork"),
    (pods.pods_are_restricted, _D, f"{_POD} volumes 0 hostPath", {"path": "/"}, "folder of the node"),
    (pods.pods_are_restricted, _D, f"{_WAIT} {_RIGHTS} capabilities", DROP, "capabilities"),
    (pods.pods_are_restricted, _D, f"{_PROCESS} {_RIGHTS} allowPrivilegeEscalation", DROP, "gain rights"),
    (pods.pods_are_restricted, _D, f"{_PROCESS} {_RIGHTS} privileged", True, "gain rights"),
    (pods.pods_are_restricted, _D, f"{_ENVOY} {_RIGHTS} readOnlyRootFilesystem", DROP, "write into"),
    (pods.images_are_at_hand_or_pinned, _D, f"{_ENVOY} image", "nginx:latest", "each day"),
    (pods.images_are_at_hand_or_pinned, _D, f"{_ENVOY} image", "registry:5000/nginx", "each day"),
    (pods.images_are_at_hand_or_pinned, _D, f"{_ENVOY} imagePullPolicy", DROP, "pulled each time"),
    (network.policies_select_pods, _POLICY, "spec podSelector matchLabels app", "x", "no pods"),
    (catalog.services_are_the_catalogs, _D, f"{_PROCESS} args 1", "alerts", "alerts"),
    (catalog.services_are_the_catalogs, _D, f"{_WAIT} args 2", "location", "location"),
    (catalog.services_are_the_catalogs, _D, f"{_ENVOY} args 1", "location", "location"),
    (catalog.services_are_the_catalogs, _D, f"{_WAIT} image", "flet-montrg/x:latest", "another service"),
    (catalog.services_are_the_catalogs, _D, _SHOWN, "envoy", "sidecar"),
    (catalog.services_are_the_catalogs, _D, f"{_PROCESS} readinessProbe grpc service", "ready", "asked for"),
    (catalog.services_are_the_catalogs, _D, f"{_PROCESS} livenessProbe grpc service", "ready", "asked for"),
    (secure.kubelets_ask_where_they_can, _D, f"{_PROCESS} startupProbe grpc port", 50051, "another port"),
    (catalog.services_are_the_catalogs, _C, "data PORT", "50051", "listens at"),
    (catalog.services_are_the_catalogs, _C, "data HOST", "127.0.0.1", "listens at"),
    (catalog.services_are_the_catalogs, _C, "data MONTRG_SMTP_HOTS", "x", "knows no MONTRG_SMTP_HOTS"),
    (catalog.services_are_the_catalogs, _C, _URL, DROP, "has addresses of"),
    (catalog.services_are_the_catalogs, _C, _URL, "127.0.0.1:50052", "another port"),
    (catalog.sidecars_meet, _C, _URL, "realtime-service:80", "through its Envoy"),
    (catalog.sidecars_meet, _C, "data PORT", "50099", "50099"),
    (catalog.sidecars_meet, _D, f"{_ENVOY} ports 0 containerPort", 8080, "8080"),
    (catalog.sidecars_meet, _CALLED, "metadata name", "realtime", "no headless Service"),
    (catalog.sidecars_meet, _CALLED, "spec clusterIP", DROP, "no headless Service"),
    (catalog.sidecars_meet, _CALLED, "spec ports 0 port", 8002, "at 8000"),
    (catalog.prometheus_finds_pods_that_do_not_answer, _FIGURES, "metadata name", "alert-service-x", "finds no pods"),
    (catalog.prometheus_finds_pods_that_do_not_answer, _FIGURES, "spec clusterIP", DROP, "finds no pods"),
    (catalog.prometheus_finds_pods_that_do_not_answer, _FIGURES, "spec selector app", "location-service", "no pods"),
    (catalog.prometheus_finds_pods_that_do_not_answer, _FIGURES, "spec publishNotReadyAddresses", DROP, "loses a pod"),
    (catalog.prometheus_finds_pods_that_do_not_answer, _FIGURES, "spec ports 0 port", 8000, "no port 8001"),
    (catalog.the_gateway_meets_all_pods, _G, f"{_PROCESS} args 0", "edge", "runs ['edge']"),
    (catalog.the_gateway_meets_all_pods, _G, f"{_PROCESS} ports 0 containerPort", 30000, "30000"),
    (catalog.the_gateway_meets_all_pods, _HEADLESS, "spec clusterIP", DROP, "gateway-service: Envoy asks for alert"),
    (catalog.the_gateway_meets_all_pods, _HEADLESS, "spec ports 0 port", 8002, "at 8000"),
    (workloads.ends_fit_into_the_grace_period, _G, f"{_POD} terminationGracePeriodSeconds", 50, "is killed"),
    (workloads.ends_fit_into_the_grace_period, _G, f"{_PROCESS} lifecycle", DROP, "still come"),
    (workloads.updates_start_before_they_stop, _G, "spec minReadySeconds", DROP, "cluster DNS"),
    (connections.database_takes_all_connections, _HPA, "spec maxReplicas", 16, "connections"),
    (connections.database_takes_all_connections, _C, "data MONTRG_POOL_SIZE", "50", "connections"),
    (
        *(connections.database_takes_all_connections, "StatefulSet postgres"),
        *(f"{_PROCESS} args 1", "max_connections=100", "takes 100"),
    ),
    (gateway.routes_lead_somewhere, _H.format("GRPCRoute"), "spec parentRefs 0 sectionName", "rest", "alone"),
    (gateway.routes_lead_somewhere, _H.format("HTTPRoute"), "spec parentRefs 0 name", "x", "alone"),
    (gateway.routes_lead_somewhere, _H.format("HTTPRoute"), "spec rules 0 backendRefs 0 port", 8000, "8000"),
    (tls.services_say_what_they_speak, _S, "spec ports 0 appProtocol", "https", "speaks kubernetes.io/h2c"),
]

_CERT, _BACKEND = "Certificate alert-service", "BackendTLSPolicy alert-service"
_GS = "ConfigMap gateway-service-config"
_CA, _GATEWAY, _SETTINGS = "Certificate mesh-ca", "Gateway flet-montrg", "ConfigMap secure-config"

# The same for what is secure.
SECURE_MUTATIONS: list[tuple[Any, str, str, Any, str]] = [
    (secure.pods_are_secure, _SETTINGS, "data MONTRG_PROFILE", DROP, "envoy runs in the development profile"),
    (secure.pods_are_secure, _D, f"{_PROCESS} envFrom 2", DROP, "alert-service runs in the development profile"),
    (secure.pods_are_secure, _SETTINGS, "data MONTRG_EGRESS", "direct", "would speak TLS to it"),
    (secure.pods_are_secure, _C, "data MONTRG_WEBHOOK_ALLOW_PRIVATE", "on", "anywhere in the network"),
    (secure.addresses_are_the_callers, _SETTINGS, "data MONTRG_TRUSTED_HOPS", "0", "takes its gateway"),
    (secure.addresses_are_the_callers, _GS, "data MONTRG_TRUSTED_HOPS", "0", "gateway-service takes its gateway"),
    (secure.pods_are_secure, _GS, "data MONTRG_PROFILE", DROP, "gateway-service: envoy runs in the development"),
    (secure.pods_have_their_certificates, _G, f"{_PROCESS} volumeMounts 0", DROP, "no folder with the certificate"),
    (secure.kubelets_ask_where_they_can, _G, f"{_PROCESS} readinessProbe httpGet scheme", DROP, "asks over HTTP"),
    (secure.certificates_are_the_services, "Certificate gateway-service", "metadata name", "x", "has no Certificate"),
    (secure.settings_are_known, _SETTINGS, "data MONTRG_OIDC_AUDIENZ", "x", "nobody reads MONTRG_OIDC_AUDIENZ"),
    (secure.pods_have_their_certificates, _D, f"{_PROCESS} volumeMounts 0", DROP, "no folder with the certificate"),
    (secure.pods_have_their_certificates, _D, f"{_ENVOY} volumeMounts 0 subPath", "x", "envoy has no folder"),
    (secure.pods_have_their_certificates, _D, f"{_POD} volumes 0 secret secretName", "mesh-ca", "no folder"),
    (secure.pods_have_their_certificates, _D, f"{_POD} volumes 0 secret defaultMode", 0o444, "may read the key"),
    (secure.pods_have_their_certificates, _D, f"{_POD} volumes 0 secret defaultMode", DROP, "may read the key"),
    (secure.pods_have_their_certificates, _D, f"{_POD} securityContext fsGroup", DROP, "not even that one"),
    (secure.pods_have_their_certificates, _SETTINGS, "data MONTRG_CERTS_DIR", "/etc/certs", "no folder"),
    (secure.pods_have_their_certificates, _SETTINGS, "data MONTRG_JWKS_FILE", "/x/jwks.json", "keys of the issuer"),
    (secure.pods_have_their_certificates, _D, f"{_ENVOY} volumeMounts 1", DROP, "keys of the issuer"),
    (secure.kubelets_ask_where_they_can, _D, f"{_PROCESS} livenessProbe grpc port", 50055, "another port than 8002"),
    (secure.kubelets_ask_where_they_can, _SETTINGS, "data MONTRG_PROBE_PORT", "8003", "another port than 8003"),
    (secure.kubelets_ask_where_they_can, _D, f"{_ENVOY} readinessProbe httpGet scheme", DROP, "asks over HTTP"),
    (secure.certificates_are_the_services, _CERT, "metadata name", "x", "has no Certificate"),
    (secure.certificates_are_the_services, _CERT, "spec secretName", "alert-tls", "where no pod looks"),
    (secure.certificates_are_the_services, _CERT, "spec uris 0", "spiffe://flet-montrg/location", "not for spiffe"),
    (secure.certificates_are_the_services, _CERT, "spec uris", ["spiffe://flet-montrg/alert"] * 2, "alone"),
    (secure.certificates_are_the_services, _CERT, "spec dnsNames 0", "x", "is not for alert-service"),
    (secure.certificates_are_the_services, _CERT, "spec duration", "2160h", "lasts for 2160h"),
    (secure.certificates_are_the_services, _CERT, "spec privateKey rotationPolicy", "Never", "keeps it"),
    (secure.certificates_are_the_services, _CERT, "spec usages 2", DROP, "both ends"),
    (secure.authorities_are_there, _CERT, "spec issuerRef name", "x", "no Issuer x"),
    (secure.authorities_are_there, "Issuer mesh-ca", "spec ca secretName", "x", "which no Certificate makes"),
    (secure.authorities_are_there, _CA, "spec isCA", False, "may sign nothing"),
    (secure.authorities_are_there, _CA, "spec privateKey rotationPolicy", "Always", "another key"),
    (tls.gateways_show_a_certificate, _GATEWAY, "spec listeners 0 protocol", "HTTP", "takes HTTP at rest"),
    (
        tls.gateways_show_a_certificate,
        _GATEWAY,
        "spec listeners 1 tls certificateRefs 0 name",
        "x",
        "no Certificate makes x",
    ),
    (tls.gateways_believe_the_services, _BACKEND, "kind", "BackendPolicy", "plaintext to alert-service"),
    (tls.gateways_believe_the_services, _BACKEND, "spec targetRefs 0 name", "alert", "plaintext to alert-service"),
    (tls.gateways_believe_the_services, _BACKEND, "spec validation hostname", "x", "expects the name x"),
    (tls.gateways_believe_the_services, _BACKEND, "spec validation caCertificateRefs", DROP, "believes others"),
    (tls.services_say_what_they_speak, _S, "spec ports 0 appProtocol", DROP, "speaks https"),
    (references.references_resolve, _D, f"{_POD} volumes 0 secret secretName", "x-tls", "no Secret x-tls"),
    (references.references_resolve, _D, f"{_POD} volumes 1 configMap name", "issuers", "no ConfigMap issuers"),
    (catalog.sidecars_meet, _D, f"{_PROCESS} ports 0 containerPort", 8003, "8003"),
]


def changed(objects: Objects, name: str, way: str, value: object) -> list[Manifest]:
    """Returns a copy of the objects with one thing changed; a way that leads nowhere is a KeyError."""
    copied = copy.deepcopy(list(objects))
    at: Any = the(copied, *name.split(" "))
    *steps, last = [int(step) if step.isdigit() else step for step in way.split(" ")]
    for step in steps:
        at = at[step]
    if value is DROP:
        del at[last]
    else:
        at[last] = value
    return copied
