// Cluster roles whose rules are those of other roles, chosen by label: admin, edit, view and custom ones.
// Source: kubernetes pkg/controller/clusterroleaggregation (v1.36)
import type * as rbac from '../api/rbac.ts'
import { semanticEqual } from '../apimachinery/equality.ts'
import type { Frozen } from '../apimachinery/types.ts'
import { patch, type Action } from '../client/action.ts'
import { defineController, type Listers } from '../client/controller.ts'
import { selectorOf } from './owner.ts'

const RESOURCE = 'clusterroles.rbac.authorization.k8s.io'

export const clusterroleAggregation = defineController({
  name: 'clusterrole-aggregation-controller',
  watches: [
    {
      resource: RESOURCE,
      // Any role may have become, or ceased to be, a part of any aggregated one.
      enqueue: (_event, listers) =>
        listers
          .of(RESOURCE)
          .byIndex('aggregated', 'true')
          .map((role) => role.metadata.name),
      indexes: { aggregated: (role) => (role['aggregationRule'] === undefined ? [] : ['true']) },
    },
  ],
  reconcile,
})

function reconcile(name: string, listers: Listers): readonly Action[] {
  const roles = listers.of<rbac.ClusterRole>(RESOURCE)
  const found = roles.get(undefined, name)
  if (found?.aggregationRule === undefined) return []
  const byName = roles.list().toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
  const seen = new Set<string>()
  const rules: Frozen<rbac.PolicyRule>[] = []
  for (const labelSelector of found.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = selectorOf(labelSelector)
    for (const role of byName) {
      if (role.metadata.name === name || !selector.matches(role.metadata.labels)) continue
      for (const rule of role.rules ?? []) {
        const text = JSON.stringify(rule)
        if (!seen.has(text)) rules.push(rule)
        seen.add(text)
      }
    }
  }
  if (semanticEqual(rules, found.rules)) return []
  const body = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name }, rules }
  return [
    patch(RESOURCE, found, 'application/apply-patch+yaml', body, { applyAs: 'clusterrole-aggregation-controller' }),
  ]
}
