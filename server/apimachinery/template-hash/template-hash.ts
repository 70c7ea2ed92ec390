// The hash in the names of ReplicaSets and their pods, over the same bytes as the real controllers hash.
// Source: pkg/controller, ComputeHash; pkg/controller/history, HashControllerRevision (v1.36)
import { safeEncodeString } from '../names.ts'
import { fnv32, fnv32a } from './fnv.ts'
import { printForHash } from './go-print.ts'

/**
 * The value of the label pod-template-hash.
 * @param template a defaulted PodTemplateSpec as stored, frozen or not
 * @param collisionCount status.collisionCount; 0 is not the same as none
 */
export function computeHash(template: unknown, collisionCount?: number): string {
  return safeEncodeString(String(fnv32a(printForHash('v1.PodTemplateSpec', template), collisionBytes(collisionCount))))
}

/** Eight bytes that hold the count little-endian; none without a count. */
function collisionBytes(count: number | undefined): number[] {
  if (count === undefined) return []
  return [count & 0xff, (count >>> 8) & 0xff, (count >>> 16) & 0xff, (count >>> 24) & 0xff, 0, 0, 0, 0]
}

/**
 * The suffix of a ControllerRevision's name (StatefulSets, DaemonSets).
 * @param data the bytes of the revision's `data`, as JSON text
 * @param probe the collision count
 */
export function hashControllerRevision(data: string, probe?: number): string {
  return safeEncodeString(String(fnv32(data + (probe === undefined ? '' : String(probe)))))
}
