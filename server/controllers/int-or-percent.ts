// Values that are a number or a percentage of one.
// Source: apimachinery pkg/util/intstr, GetScaledValueFromIntOrPercent (v1.36)

/** `25%` of `total`, rounded as told; a number as it is. What is neither counts as 0: validation lets none pass. */
export function scaledValue(value: number | string | undefined, total: number, round: 'up' | 'down'): number {
  if (typeof value === 'number') return value
  const percent = /^([0-9]+)%$/.exec(value ?? '')?.[1]
  if (percent === undefined) return 0
  const scaled = (Number(percent) * total) / 100
  return round === 'up' ? Math.ceil(scaled) : Math.floor(scaled)
}
