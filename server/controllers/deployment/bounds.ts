// How far a rolling update may go above and below the wanted number of replicas.
// Source: kubernetes pkg/controller/deployment/util, ResolveFenceposts, MaxSurge, MaxUnavailable (v1.36)
import type * as apps from '../../api/apps.ts'
import type { Frozen } from '../../apimachinery/types.ts'
import { scaledValue } from '../int-or-percent.ts'

export function isRollingUpdate(deployment: Frozen<apps.Deployment>): boolean {
  return deployment.spec?.strategy?.type === 'RollingUpdate'
}

export function maxSurge(deployment: Frozen<apps.Deployment>): number {
  return isRollingUpdate(deployment) ? bounds(deployment).surge : 0
}

export function maxUnavailable(deployment: Frozen<apps.Deployment>): number {
  const replicas = deployment.spec?.replicas ?? 0
  return isRollingUpdate(deployment) && replicas > 0 ? Math.min(bounds(deployment).unavailable, replicas) : 0
}

/** Surge is rounded up, unavailability down; if that leaves no room at all, one pod may be unavailable. */
function bounds(deployment: Frozen<apps.Deployment>): { surge: number; unavailable: number } {
  const { replicas = 0, strategy } = deployment.spec ?? {}
  const surge = scaledValue(strategy?.rollingUpdate?.maxSurge, replicas, 'up')
  const unavailable = scaledValue(strategy?.rollingUpdate?.maxUnavailable, replicas, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}
