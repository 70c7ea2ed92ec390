// NetworkPolicy of networking.k8s.io/v1.
// Source: pkg/apis/networking/v1, SetDefaults_NetworkPolicy; pkg/apis/networking/validation, ValidateNetworkPolicySpec;
// pkg/registry/networking/networkpolicy; pkg/printers/internalversion, printNetworkPolicy (v1.36)
import type {
  IPBlock,
  NetworkPolicy,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '../../api/networking.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required } from '../../apimachinery/field.ts'
import { formatLabelSelector } from '../../apimachinery/selectors.ts'
import {
  cidrContains,
  isValidCIDRForLegacyField,
  isValidPortName,
  isValidPortNum,
  parseCIDR,
  validateLabelSelector,
  warningsForCIDR,
} from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'

export const networkPolicy = defineKind<NetworkPolicy>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'NetworkPolicy',
  generation: true,
  defaults,
  strategy: {
    validate: ({ spec }) => validateSpec(spec ?? {}, []),
    validateUpdate: (object, old) => validateSpec(object.spec ?? {}, cidrsOf(old.spec ?? {})),
    validateUpdateOnly: true,
    warnings,
  },
  cells: { 'Pod-Selector': ({ spec }) => formatLabelSelector(spec?.podSelector ?? {}) },
})

const protocols = ['TCP', 'UDP', 'SCTP']

function defaults(draft: NetworkPolicy): void {
  const spec = (draft.spec ??= {})
  if ((spec.policyTypes ?? []).length === 0) {
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  }
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
  }
}

/** Peers with their paths, ingress before egress. */
function* peersOf(spec: NetworkPolicySpec): Generator<{ peer: NetworkPolicyPeer; path: FieldPath }> {
  for (const [at, rule] of (spec.ingress ?? []).entries()) {
    const path = field('spec', 'ingress').index(at).child('from')
    for (const [index, peer] of (rule.from ?? []).entries()) yield { peer, path: path.index(index) }
  }
  for (const [at, rule] of (spec.egress ?? []).entries()) {
    const path = field('spec', 'egress').index(at).child('to')
    for (const [index, peer] of (rule.to ?? []).entries()) yield { peer, path: path.index(index) }
  }
}

function cidrsOf(spec: NetworkPolicySpec): string[] {
  return [...peersOf(spec)].flatMap(({ peer: { ipBlock } }) =>
    ipBlock === undefined ? [] : [ipBlock.cidr, ...(ipBlock.except ?? [])],
  )
}

/** @param known blocks that were stored before: they stay valid */
function validateSpec(spec: NetworkPolicySpec, known: readonly string[]): FieldError[] {
  const path = field('spec')
  const errors = validateLabelSelector(spec.podSelector, path.child('podSelector'))
  for (const direction of ['ingress', 'egress'] as const) {
    for (const [at, rule] of (spec[direction] ?? []).entries()) {
      const rulePath = path.child(direction).index(at)
      const peers = direction === 'ingress' ? spec.ingress?.[at]?.from : spec.egress?.[at]?.to
      const peersPath = rulePath.child(direction === 'ingress' ? 'from' : 'to')
      errors.push(
        ...(rule.ports ?? []).flatMap((port, index) => validatePort(port, rulePath.child('ports').index(index))),
        ...(peers ?? []).flatMap((peer, index) => validatePeer(peer, peersPath.index(index), known)),
      )
    }
  }
  const types = spec.policyTypes ?? []
  if (types.length > 2) {
    return [...errors, invalid(path.child('policyTypes'), types, 'may not specify more than two policyTypes')]
  }
  for (const [at, type] of types.entries()) {
    if (type === 'Ingress' || type === 'Egress') continue
    errors.push(notSupported(path.child('policyTypes').index(at), type, ['Ingress', 'Egress']))
  }
  return errors
}

function validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: FieldPath): FieldError[] {
  const errors: FieldError[] = []
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(notSupported(path.child('protocol'), protocol, protocols))
  }
  const portPath = path.child('port')
  const endPath = path.child('endPort')
  if (typeof port === 'number') {
    errors.push(...isValidPortNum(port).map((text) => invalid(portPath, port, text)))
    if (endPort === undefined) return errors
    if (endPort < port) errors.push(invalid(endPath, port, 'must be greater than or equal to `port`'))
    errors.push(...isValidPortNum(endPort).map((text) => invalid(endPath, endPort, text)))
  } else if (port !== undefined) {
    if (endPort !== undefined) {
      errors.push(invalid(endPath, endPort, 'may not be specified when `port` is non-numeric'))
    }
    errors.push(...isValidPortName(port).map((text) => invalid(portPath, port, text)))
  } else if (endPort !== undefined) {
    errors.push(invalid(endPath, endPort, 'may not be specified when `port` is not specified'))
  }
  return errors
}

function validatePeer(peer: NetworkPolicyPeer, path: FieldPath, known: readonly string[]): FieldError[] {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const count = [podSelector, namespaceSelector, ipBlock].filter((one) => one !== undefined).length
  const errors = [
    ...validateLabelSelector(podSelector, path.child('podSelector')),
    ...validateLabelSelector(namespaceSelector, path.child('namespaceSelector')),
    ...(ipBlock === undefined ? [] : validateBlock(ipBlock, path.child('ipBlock'), known)),
  ]
  if (count === 0) errors.push(required(path, 'must specify a peer'))
  else if (count > 1 && ipBlock !== undefined) {
    errors.push(forbidden(path, 'may not specify both ipBlock and another peer'))
  }
  return errors
}

function validateBlock(
  { cidr = '', except = [] }: Partial<IPBlock>,
  path: FieldPath,
  known: readonly string[],
): FieldError[] {
  if (cidr === '') return [required(path.child('cidr'))]
  const errors = isValidCIDRForLegacyField(path.child('cidr'), cidr, true, known)
  const block = parseCIDR(cidr)
  if (block === undefined) return errors
  for (const [at, one] of except.entries()) {
    const exceptPath = path.child('except').index(at)
    errors.push(...isValidCIDRForLegacyField(exceptPath, one, true, known))
    const inner = parseCIDR(one)
    if (inner === undefined) continue
    if (!cidrContains(block, inner.network) || block.prefixLength >= inner.prefixLength) {
      errors.push(invalid(exceptPath, one, 'must be a strict subset of `cidr`'))
    }
  }
  return errors
}

function warnings({ spec }: NetworkPolicy): string[] {
  return [...peersOf(spec ?? {})].flatMap(({ peer: { ipBlock }, path }) => {
    if (ipBlock === undefined) return []
    const blockPath = path.child('ipBlock')
    return [
      ...warningsForCIDR(blockPath.child('cidr'), ipBlock.cidr),
      ...(ipBlock.except ?? []).flatMap((one, at) => warningsForCIDR(blockPath.child('except').index(at), one)),
    ]
  })
}
