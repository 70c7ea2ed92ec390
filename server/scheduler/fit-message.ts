// The sentence that says why no node takes a pod.
// Source: pkg/scheduler/framework, FitError.Error (v1.36)

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) were unschedulable.`; `reasons` has one entry per node and reason. */
export function fitMessage(nodes: number, reasons: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const printed = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return `0/${nodes} nodes are available:${printed.length === 0 ? '' : ` ${printed.join(', ')}.`}`
}
