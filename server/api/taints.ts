// Taints and tolerations.
// Source: k8s.io/api/core/v1, Toleration.ToleratesTaint; component-helpers scheduling/corev1, FindMatchingUntoleratedTaint (v1.36)

export interface TaintLike {
  readonly key: string
  readonly value?: string
  readonly effect: string
}

export interface TolerationLike {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
}

/** No effect tolerates all effects, no key (with Exists) all keys; the operator is Equal unless said otherwise. */
export function toleratesTaint(toleration: TolerationLike, taint: TaintLike): boolean {
  if (isSet(toleration.effect) && toleration.effect !== taint.effect) return false
  if (isSet(toleration.key) && toleration.key !== taint.key) return false
  switch (toleration.operator) {
    case undefined:
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '')
    case 'Exists':
      return true
    default:
      return false
  }
}

export function tolerates(tolerations: readonly TolerationLike[], taint: TaintLike): boolean {
  return tolerations.some((toleration) => toleratesTaint(toleration, taint))
}

/** Whether the taint keeps pods from being placed (PreferNoSchedule only discourages). */
export function keepsPodsOff(taint: TaintLike): boolean {
  return taint.effect === 'NoSchedule' || taint.effect === 'NoExecute'
}

function isSet(text: string | undefined): boolean {
  return text !== undefined && text !== ''
}
