// Which pods let go of their claims.
import type { Pod } from '../pod-status.ts'

/** It will not run, or not run any more. Source: isPodDone */
export function isPodDone({ metadata, spec, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true
  return metadata.deletionTimestamp !== undefined && (spec?.nodeName ?? '') === ''
}
