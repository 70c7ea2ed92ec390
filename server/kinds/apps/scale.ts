// The scale subresource of deployments, replica sets and stateful sets.
// Source: pkg/registry/apps/deployment/storage, scaleFromDeployment (v1.36)
import type { LabelSelector } from '../../apimachinery/types.ts'
import { compileSelector } from '../rules/selectors.ts'

interface Scalable {
  spec?: { replicas?: number; selector: LabelSelector }
  status?: { replicas?: number }
}

export function readScale({ spec, status }: Scalable): {
  specReplicas: number
  statusReplicas: number
  selector: string
} {
  return {
    specReplicas: spec?.replicas ?? 0,
    statusReplicas: status?.replicas ?? 0,
    selector: String(compileSelector(spec?.selector) ?? ''),
  }
}

export function writeScale(draft: Scalable, replicas: number): void {
  if (draft.spec !== undefined) draft.spec.replicas = replicas
}
