// ResourceQuota: no more of anything in a namespace than its quotas allow. What is used is written into the quotas before
// the object is stored, so that nobody can use it twice; the controller corrects it when objects go.
// Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota (v1.36)
import type { Clock } from '../apimachinery/clock.ts'
import { isConflict, isNotFound } from '../apimachinery/errors.ts'
import { checkQuotas, concernsQuota, type StoredQuota } from './quota-check.ts'
import type { AdmissionPlugin, AdmissionReader, Attributes } from './plugin.ts'

/** Writes the status of a quota, if nobody else has meanwhile. @throws StatusError */
export type UpdateQuota = (quota: StoredQuota) => Promise<unknown>

/** Times a quota is read again after somebody else wrote it. */
const RETRIES = 3

interface Waiting {
  readonly attributes: Attributes
  readonly reader: AdmissionReader
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

export function makeResourceQuota(clock: Clock, update: UpdateQuota): AdmissionPlugin {
  /** By namespace, the writes that wait for those before them; together they cost one update. */
  const queues = new Map<string, Waiting[]>()

  async function work(namespace: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      const together = queue.splice(0)
      try {
        await decide(quotasOf(together[0]!.reader, namespace), together, RETRIES)
      } catch (error) {
        for (const { reject } of together) reject(error)
      }
    }
    queues.delete(namespace)
  }

  /** Settles each of them, most with the update that follows. */
  async function decide(before: readonly StoredQuota[], waiting: readonly Waiting[], retries: number): Promise<void> {
    let quotas = before
    const charged: Waiting[] = []
    for (const one of waiting) {
      try {
        const next = checkQuotas(quotas, one.attributes, clock.now())
        const isFree = one.attributes.dryRun || next.every((quota, at) => quota === quotas[at])
        if (isFree) one.resolve()
        else {
          quotas = next
          charged.push(one)
        }
      } catch (error) {
        one.reject(error)
      }
    }
    const changed = quotas.filter((quota, at) => quota !== before[at])
    const outcomes = await Promise.allSettled(changed.map((quota) => update(quota)))
    const failures = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason as unknown)
    const serious = failures.find((error) => !isConflict(error) && !isNotFound(error))
    if (failures.length === 0) for (const { resolve } of charged) resolve()
    else if (retries === 0 || serious !== undefined) throw serious ?? failures[0]
    else {
      // The others are charged already.
      const names = changed.filter((_, at) => outcomes[at]?.status === 'rejected').map(({ metadata }) => metadata.name)
      const { reader, attributes } = charged[0]!
      const newest = quotasOf(reader, attributes.namespace).filter(({ metadata }) => names.includes(metadata.name))
      await decide(newest, charged, retries - 1)
    }
  }

  return {
    name: 'ResourceQuota',
    validate(attributes, reader) {
      const { namespace } = attributes
      if (quotasOf(reader, namespace).length === 0 || !concernsQuota(attributes)) return
      return new Promise((resolve, reject) => {
        const one: Waiting = { attributes, reader, resolve, reject }
        const queue = queues.get(namespace)
        if (queue !== undefined) {
          queue.push(one)
          return
        }
        const started = [one]
        queues.set(namespace, started)
        void work(namespace, started)
      })
    },
  }
}

function quotasOf(reader: AdmissionReader, namespace: string): readonly StoredQuota[] {
  return reader.list('resourcequotas', namespace) as readonly unknown[] as readonly StoredQuota[]
}
