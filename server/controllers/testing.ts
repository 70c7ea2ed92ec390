// Objects and shorthands for tests of controllers.
import type * as apps from '../api/apps.ts'
import type * as core from '../api/core.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { Frozen, KubeObject, OwnerReference, Stored } from '../apimachinery/types.ts'
import type { Action, Outcome } from '../client/action.ts'

/** The time at which tests stand still. */
export const NOW = Date.UTC(2026, 0, 1, 12)
export const TIME = formatTime(NOW)

/** A time so many seconds before NOW. */
export function ago(seconds: number): string {
  return formatTime(NOW - seconds * 1000)
}

export function ownerReference(kind: string, name: string, uid: string, apiVersion = 'apps/v1'): OwnerReference {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true }
}

export interface PodOptions {
  readonly name: string
  readonly namespace?: string
  readonly labels?: Record<string, string>
  readonly owner?: OwnerReference
  readonly phase?: string
  /** Seconds for which it has been ready. */
  readonly readySeconds?: number
  readonly node?: string
  readonly ip?: string
  readonly deleting?: boolean
  readonly annotations?: Record<string, string>
  readonly createdSeconds?: number
  readonly spec?: Partial<core.PodSpec>
}

export function pod(options: PodOptions): Stored<core.Pod> {
  const {
    name,
    namespace = 'default',
    labels = {},
    owner,
    phase,
    readySeconds,
    node,
    ip,
    deleting,
    annotations,
    createdSeconds = 60,
  } = options
  const ready =
    readySeconds === undefined ? undefined : { type: 'Ready', status: 'True', lastTransitionTime: ago(readySeconds) }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      resourceVersion: '1',
      creationTimestamp: ago(createdSeconds),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
      ...(deleting === true ? { deletionTimestamp: TIME } : {}),
    },
    spec: { containers: [{ name: 'c' }], ...options.spec, ...(node === undefined ? {} : { nodeName: node }) },
    status: {
      phase: phase ?? (ready === undefined ? 'Pending' : 'Running'),
      ...(ready === undefined ? {} : { conditions: [ready] }),
      ...(ip === undefined ? {} : { podIP: ip, podIPs: [{ ip }] }),
    },
  }
}

export interface ReplicaSetOptions {
  readonly name?: string
  readonly replicas?: number
  readonly owner?: OwnerReference
  readonly labels?: Record<string, string>
  readonly annotations?: Record<string, string>
  readonly image?: string
  readonly minReadySeconds?: number
  readonly createdSeconds?: number
  readonly status?: Partial<apps.ReplicaSetStatus>
}

export function replicaSet(options: ReplicaSetOptions = {}): Stored<apps.ReplicaSet> {
  const {
    name = 'web',
    replicas = 3,
    owner,
    annotations,
    image = 'nginx:1',
    minReadySeconds,
    createdSeconds = 60,
    status = {},
  } = options
  const labels = options.labels ?? { app: 'web' }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name,
      namespace: 'default',
      uid: `uid-${name}`,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: ago(createdSeconds),
      labels,
      ...(annotations === undefined ? {} : { annotations }),
      ...(owner === undefined ? {} : { ownerReferences: [owner] }),
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'c', image }] } },
    },
    status: { replicas: 0, ...status },
  }
}

export function node(
  name: string,
  more: {
    spec?: core.NodeSpec
    status?: core.NodeStatus
    labels?: Record<string, string>
    createdSeconds?: number
  } = {},
): Stored<core.Node> {
  const { spec, status, labels = {}, createdSeconds = 600 } = more
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: ago(createdSeconds), labels },
    ...(spec === undefined ? {} : { spec }),
    ...(status === undefined ? {} : { status }),
  }
}

/** How a write goes, if it goes well: names that the server would make up are `<generateName>x`. */
export function succeed(object: Frozen<KubeObject>): Outcome {
  const { name, generateName = '' } = object.metadata ?? {}
  return {
    object: { ...object, metadata: { ...object.metadata, name: name ?? `${generateName}x` } } as Frozen<
      Stored<KubeObject>
    >,
  }
}

/**
 * One line for each thing done, with all that follows from success: `create pods web-x`, `update deployments.apps/status web`,
 * `delete pods a`, `event SuccessfulCreate: Created pod: web-x`, `requeueAfter 1000`, `retry: …`.
 */
export function told(actions: readonly Action[], answer: (object: Frozen<KubeObject>) => Outcome = succeed): string[] {
  const lines: string[] = []
  for (const action of actions) {
    switch (action.do) {
      case 'event':
        lines.push(`event ${action.reason}: ${action.message}`)
        break
      case 'requeueAfter':
        lines.push(`requeueAfter ${action.delayMs}`)
        break
      case 'retry':
        lines.push(`retry: ${action.error.message}`)
        break
      case 'work':
        lines.push('work')
        break
      case 'batch': {
        const outcomes = action.actions.map((each) => {
          lines.push(...told([each], answer))
          return answer(objectOf(each))
        })
        lines.push(...told(action.then?.(outcomes) ?? [], answer))
        break
      }
      default: {
        const object = objectOf(action)
        const outcome = answer(object)
        const subresource = 'subresource' in action && action.subresource !== undefined ? `/${action.subresource}` : ''
        const name = outcome.object?.metadata.name ?? object.metadata?.name ?? ''
        lines.push(`${action.do} ${action.resource}${subresource} ${name}`)
        lines.push(...told(action.then?.(outcome) ?? [], answer))
      }
    }
  }
  return lines
}

function objectOf(
  action: Exclude<Action, { do: 'event' | 'requeueAfter' | 'retry' | 'batch' | 'work' }>,
): Frozen<KubeObject> {
  return action.do === 'patch' ? { metadata: { name: action.name } } : action.object
}

/** What the first update of a resource (and subresource) among the actions writes, with all that follows from success. */
export function written<T extends KubeObject>(
  actions: readonly Action[],
  resource: string,
  subresource?: string,
): Frozen<T> | undefined {
  for (const action of actions) {
    if (action.do === 'batch') {
      const found = written<T>(action.actions, resource, subresource)
      const then = action.then?.(action.actions.map((each) => succeed(objectOf(each)))) ?? []
      const next = found ?? written<T>(then, resource, subresource)
      if (next !== undefined) return next
    } else if (action.do === 'update' || action.do === 'create' || action.do === 'delete') {
      const own = action.do === 'update' ? action.subresource : undefined
      if (action.do !== 'delete' && action.resource === resource && own === subresource)
        return action.object as Frozen<T>
      const next = written<T>(action.then?.(succeed(action.object)) ?? [], resource, subresource)
      if (next !== undefined) return next
    }
  }
  return undefined
}
