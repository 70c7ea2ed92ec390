// Warnings that workloads give about their names and pod templates.
// Source: pkg/registry/apps/deployment, WarningsOnCreate, WarningsOnUpdate (v1.36)
import type { PodTemplateSpec } from '../../api/core.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { field } from '../../apimachinery/field.ts'
import type { KubeObject } from '../../apimachinery/types.ts'
import { isDNS1123Label } from '../../apimachinery/validation.ts'
import { podTemplateWarnings } from '../pod-template/index.ts'

/** A name that is part of pod names should be a DNS label. */
export function podNameWarnings(object: KubeObject): string[] {
  const problems = isDNS1123Label(object.metadata?.name ?? '')
  if (problems.length === 0) return []
  return [
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; ' +
      `a DNS label is recommended: [${problems.join(' ')}]`,
  ]
}

interface Workload extends KubeObject {
  spec?: { template?: PodTemplateSpec }
}

/** Those of a new pod template, or of one whose workload got a new generation. */
export function workloadTemplateWarnings(object: Workload, old: Workload | undefined): string[] {
  if (old !== undefined && deepEqual(object.spec, old.spec)) return []
  return podTemplateWarnings(object.spec?.template ?? {}, field('spec', 'template'))
}
