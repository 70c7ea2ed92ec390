// What a kubelet may do as its node: its own Node, the pods bound to it, and what those pods refer to.
// Left out: the graph that ties each secret and config map to a pod of the node; a node may read them all.
// Source: plugin/pkg/auth/authorizer/node (v1.36)
import type { AuthorizationAttributes, Authorizer, Decision } from './authorizer.ts'

const nodesGroup = 'system:nodes'
const nodeUserPrefix = 'system:node:'

interface NodeRule {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
}

const read = ['get', 'list', 'watch']
const rules: readonly NodeRule[] = [
  { group: '', resource: 'nodes', verbs: [...read, 'create', 'update', 'patch'] },
  { group: '', resource: 'nodes/status', verbs: ['update', 'patch'] },
  { group: '', resource: 'pods', verbs: [...read, 'create', 'delete'] },
  { group: '', resource: 'pods/status', verbs: ['update', 'patch'] },
  { group: '', resource: 'pods/eviction', verbs: ['create'] },
  { group: '', resource: 'services', verbs: read },
  { group: '', resource: 'secrets', verbs: read },
  { group: '', resource: 'configmaps', verbs: read },
  { group: '', resource: 'persistentvolumes', verbs: ['get'] },
  { group: '', resource: 'persistentvolumeclaims', verbs: ['get'] },
  { group: '', resource: 'serviceaccounts', verbs: ['get'] },
  { group: '', resource: 'serviceaccounts/token', verbs: ['create'] },
  { group: '', resource: 'events', verbs: ['create', 'update', 'patch'] },
  { group: 'events.k8s.io', resource: 'events', verbs: ['create', 'update', 'patch'] },
  { group: 'coordination.k8s.io', resource: 'leases', verbs: ['get', 'create', 'update', 'patch', 'delete'] },
  { group: 'storage.k8s.io', resource: 'csinodes', verbs: ['get', 'create', 'update', 'patch', 'delete'] },
  { group: 'storage.k8s.io', resource: 'csidrivers', verbs: read },
  { group: 'storage.k8s.io', resource: 'volumeattachments', verbs: ['get'] },
  { group: 'node.k8s.io', resource: 'runtimeclasses', verbs: read },
  { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verbs: [...read, 'create'] },
]

export const nodeAuthorizer: Authorizer = {
  authorize(attributes: AuthorizationAttributes): Decision {
    const { user } = attributes
    if (!attributes.isResourceRequest || !user.groups.includes(nodesGroup) || !user.name.startsWith(nodeUserPrefix)) {
      return { verdict: 'no-opinion', reason: '' }
    }
    const resource =
      attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`
    const isAllowed = rules.some(
      (rule) => rule.group === attributes.group && rule.resource === resource && rule.verbs.includes(attributes.verb),
    )
    return { verdict: isAllowed ? 'allow' : 'no-opinion', reason: '' }
  },
}

/** Asks in order; the first that has an opinion decides. */
export function union(authorizers: readonly Authorizer[]): Authorizer {
  return {
    authorize(attributes) {
      let reason = ''
      for (const one of authorizers) {
        const decision = one.authorize(attributes)
        if (decision.verdict !== 'no-opinion') return decision
        if (decision.reason !== '') reason = decision.reason
      }
      return { verdict: 'no-opinion', reason }
    },
  }
}
