// Nodes are told for how long kubelets may keep what they read, the longer the more nodes there are.
// Source: kubernetes pkg/controller/ttl (v1.36)
import type * as core from '../api/core.ts'
import { patch, type Action } from '../client/action.ts'
import { defineController, type Controller } from '../client/controller.ts'

const ANNOTATION = 'node.alpha.kubernetes.io/ttl'

/** By number of nodes. Ranges overlap so that a cluster about a boundary does not go to and fro. */
const STEPS = [
  { min: 0, max: 100, seconds: 0 },
  { min: 90, max: 500, seconds: 15 },
  { min: 450, max: 1000, seconds: 30 },
  { min: 900, max: 2000, seconds: 60 },
  { min: 1800, max: Infinity, seconds: 300 },
] as const

/** A change of size reaches each node with its next event; kubelets report often enough. */
export function ttl(): Controller {
  let step: Step = STEPS[0]
  return defineController({
    name: 'ttl-controller',
    watches: [{ resource: 'nodes', enqueue: 'self' }],
    reconcile(name, listers): readonly Action[] {
      const nodes = listers.of<core.Node>('nodes')
      step = stepFor(nodes.list().length, step)
      const node = nodes.get(undefined, name)
      const value = String(step.seconds)
      if (node === undefined || node.metadata.annotations?.[ANNOTATION] === value) return []
      const body = { metadata: { annotations: { [ANNOTATION]: value } } }
      return [patch('nodes', node, 'application/strategic-merge-patch+json', body)]
    },
  })
}

type Step = (typeof STEPS)[number]

/** The step in force stays for as long as the number of nodes is in its range; then the nearest that holds it. */
function stepFor(nodes: number, current: Step): Step {
  if (nodes > current.max) return STEPS.find(({ max }) => nodes <= max) ?? current
  if (nodes < current.min) return STEPS.findLast(({ min }) => nodes >= min) ?? current
  return current
}
