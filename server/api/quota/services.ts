// What Services use of a quota.
// Source: kubernetes pkg/quota/v1/evaluator/core, services (v1.36)
import { newQuantity } from '../../apimachinery/quantity.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import type { Service } from '../core.ts'
import { one } from './amounts.ts'
import type { Counting } from './evaluator.ts'

const names: ReadonlySet<string> = new Set([
  'count/services',
  'services',
  'services.nodeports',
  'services.loadbalancers',
])

export const services: Counting = {
  counts: (name) => names.has(name),

  usage(object) {
    const { spec } = object as Frozen<Service>
    const isBalanced = spec?.type === 'LoadBalancer'
    return {
      'count/services': one,
      services: one,
      'services.nodeports': newQuantity(nodePorts(spec)),
      'services.loadbalancers': newQuantity(isBalanced ? 1 : 0),
    }
  },
}

/** Those it has, and those it is going to get. */
function nodePorts(spec: Frozen<Service>['spec']): number {
  const { type, ports = [], allocateLoadBalancerNodePorts } = spec ?? {}
  if (type === 'NodePort') return ports.length
  if (type !== 'LoadBalancer') return 0
  return allocateLoadBalancerNodePorts === false
    ? ports.filter(({ nodePort = 0 }) => nodePort !== 0).length
    : ports.length
}
