// Gives a pod the node that was chosen for it: first what it needs there, then the binding itself.
// Source: pkg/scheduler, bindingCycle, RunPreBindPlugins and bind (v1.36)
import type { Binding } from '../api/core.ts'
import type { Client } from '../client/client.ts'
import type { Announcer } from './announcer.ts'
import type { Extender } from './extender.ts'
import type { PodObject, Reservation } from './framework.ts'

export interface BindingPlan {
  readonly nodeName: string
  /** What was set aside for the pod, and is to be written before it is bound. */
  readonly reservations: readonly Reservation[]
  /** Binds in the place of the API. */
  readonly extender: Extender | undefined
}

/** @throws Error, naming the step that failed; what was set aside is given back */
export async function bindPod(
  pod: PodObject,
  { nodeName, reservations, extender }: BindingPlan,
  client: Client,
  announcer: Announcer,
): Promise<void> {
  let step = 'running Bind plugin "DefaultBinder"'
  try {
    if (reservations.length > 0) {
      // Those who add nodes shall see that the pod is about to get one.
      await announcer.patchStatus(pod, { nominatedNodeName: nodeName })
      for (const reservation of reservations) {
        step = `running PreBind plugin "${reservation.plugin}"`
        await reservation.bind()
      }
      step = 'running Bind plugin "DefaultBinder"'
    }
    if (extender === undefined) {
      await client.create('pods', bindingOf(pod, nodeName), { subresource: 'binding' })
    } else {
      step = 'running Bind plugin "Extender"'
      await extender.bind(pod, nodeName)
    }
  } catch (error) {
    for (const reservation of reservations.toReversed()) reservation.revert()
    throw new BindingError(step, error)
  }
}

export class BindingError extends Error {
  override readonly name = 'BindingError'

  constructor(step: string, cause: unknown) {
    super(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
}

function bindingOf({ metadata }: PodObject, nodeName: string): Binding {
  const { namespace = '', name, uid } = metadata
  return {
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { namespace, name, uid },
    target: { kind: 'Node', name: nodeName },
  }
}
