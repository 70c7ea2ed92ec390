// The pods of a Job: what marks them as its own, and how they are made.
// Source: kubernetes pkg/controller/job (v1.36)
import type * as batch from '../../api/batch.ts'
import type * as core from '../../api/core.ts'
import type { Frozen, Stored } from '../../apimachinery/types.ts'
import { patch, type Continuation, type PatchAction } from '../../client/action.ts'
import { newControllerRef } from '../owner.ts'
import { podFromTemplate } from '../pod-control.ts'
import type { Pod } from '../pod-status.ts'
import { matchFailurePolicy } from './failure-policy.ts'

export type Job = Frozen<Stored<batch.Job>>

export const JOBS = 'jobs.batch'
export const KIND = { apiVersion: 'batch/v1', kind: 'Job' }
/** Keeps a pod until the Job has counted how it ended. */
export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'

const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'
const INDEX_FAILURES = 'batch.kubernetes.io/job-index-failure-count'
const INDEX_IGNORED_FAILURES = 'batch.kubernetes.io/job-index-ignored-failure-count'
const INDEX_VARIABLE = 'JOB_COMPLETION_INDEX'
/** What the server adds to a generated name is cut from the front of names longer than this. */
const MAX_GENERATE_NAME = 58

export function isIndexed({ spec }: Job): boolean {
  return spec?.completionMode === 'Indexed'
}

export function isSuspended({ spec }: Job): boolean {
  return spec?.suspend === true
}

/** Some other controller takes care of the Job. */
export function isManagedElsewhere({ spec }: Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller'
}

/** A pod is replaced when it has failed, not as soon as it is being deleted. */
export function replacesOnlyFailed({ spec }: Job): boolean {
  return spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined
}

export function isTracked(pod: Pod): boolean {
  return pod.metadata.finalizers?.includes(TRACKING_FINALIZER) === true
}

/** A pod that goes away may never come to an end of its own: it counts as failed, unless only real failures do. */
export function isPodFailed(pod: Pod, job: Job): boolean {
  const { phase } = pod.status ?? {}
  if (phase === 'Failed') return true
  return !replacesOnlyFailed(job) && pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded'
}

/** The index of an indexed Job's pod, whether or not the Job still has it. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX]
  return text !== undefined && /^\+?[0-9]+$/.test(text) ? Number(text) : undefined
}

/** The index, if the Job has it. */
export function validIndex(pod: Pod, { spec }: Job): number | undefined {
  const index = completionIndex(pod)
  return index !== undefined && index < (spec?.completions ?? 0) ? index : undefined
}

/** Failures of the index before this pod. */
export function indexFailures(pod: Pod): { counted: number; ignored: number } {
  const { annotations = {} } = pod.metadata
  return { counted: counter(annotations[INDEX_FAILURES]), ignored: counter(annotations[INDEX_IGNORED_FAILURES]) }
}

function counter(text: string | undefined): number {
  const value = text !== undefined && /^\+?[0-9]+$/.test(text) ? Number(text) : 0
  return value < 2 ** 31 ? value : 0
}

export function removeFinalizer(pod: Pod, then: Continuation): PatchAction {
  const body = { metadata: { '$deleteFromPrimitiveList/finalizers': [TRACKING_FINALIZER] } }
  return patch('pods', pod, 'application/strategic-merge-patch+json', body, { then })
}

export function newPod(job: Job): Frozen<core.Pod> {
  return podFromTemplate(job, templateOf(job), newControllerRef(job, KIND))
}

/** @param replaced the last pod of the index, which failed */
export function newIndexedPod(job: Job, index: number, replaced: Pod | undefined): Frozen<core.Pod> {
  const { metadata, spec } = templateOf(job)
  const { name } = job.metadata
  const mark = { [COMPLETION_INDEX]: String(index) }
  const template = {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, ...mark },
      annotations: { ...metadata?.annotations, ...mark, ...failureAnnotations(job, replaced) },
    },
    spec: {
      ...spec,
      containers: spec?.containers.map(withIndexVariable) ?? [],
      ...(spec?.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(withIndexVariable) }),
      hostname: `${name}-${index}`,
    },
  }
  const pod = podFromTemplate(job, template, newControllerRef(job, KIND))
  const suffix = `-${index}-`
  return {
    ...pod,
    metadata: { ...pod.metadata, generateName: name.slice(0, MAX_GENERATE_NAME - suffix.length) + suffix },
  }
}

function templateOf({ spec }: Job): Frozen<core.PodTemplateSpec> {
  const template = spec?.template ?? {}
  const { finalizers = [] } = template.metadata ?? {}
  if (finalizers.includes(TRACKING_FINALIZER)) return template
  return { ...template, metadata: { ...template.metadata, finalizers: [...finalizers, TRACKING_FINALIZER] } }
}

function withIndexVariable(container: Frozen<core.Container>): Frozen<core.Container> {
  const { env = [] } = container
  if (env.some(({ name }) => name === INDEX_VARIABLE)) return container
  const valueFrom = { fieldRef: { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` } }
  return { ...container, env: [...env, { name: INDEX_VARIABLE, valueFrom }] }
}

function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (job.spec?.backoffLimitPerIndex === undefined) return {}
  let { counted, ignored } = replaced === undefined ? { counted: 0, ignored: 0 } : indexFailures(replaced)
  if (replaced !== undefined) {
    if (matchFailurePolicy(job.spec.podFailurePolicy, replaced).counts) counted++
    else ignored++
  }
  return {
    [INDEX_FAILURES]: String(counted),
    ...(ignored > 0 ? { [INDEX_IGNORED_FAILURES]: String(ignored) } : {}),
  }
}
