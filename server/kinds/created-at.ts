// The cell of kinds that upstream prints with its default table: name and creation time.
// Source: staging/src/k8s.io/apiserver/pkg/registry/rest, defaultTableConvertor (v1.36)
import type { KubeObject } from '../apimachinery/types.ts'

/** RFC 3339 in whole seconds. */
export function createdAt({ metadata }: KubeObject): string {
  return metadata?.creationTimestamp ?? ''
}
