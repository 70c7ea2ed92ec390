// `kubeling explain-scheduling`: why a pod is where it is, or nowhere.
import { resolve } from 'node:path'
import type { Explanation } from '../components.ts'
import { kubeconfigInUse } from './home.ts'
import { readAnswer, serverAnswer } from './snapshot-download.ts'

export interface ExplainFlags {
  readonly namespace: string
  readonly kubeconfig?: string
  readonly output: 'table' | 'json'
}

/** A failure is printed, and becomes the exit code 1. */
export async function explainScheduling(pod: string, flags: ExplainFlags): Promise<void> {
  try {
    const kubeconfig = resolve(flags.kubeconfig ?? kubeconfigInUse())
    const path = `/debug/scheduler/${encodeURIComponent(flags.namespace)}/${encodeURIComponent(pod)}`
    const { url, message } = await serverAnswer(kubeconfig, path)
    const { statusCode } = message
    const text = await readAnswer(message)
    const answer = JSON.parse(text) as Explanation & { message?: string }
    if (statusCode !== 200) throw new Error(`the server ${url} says: ${answer.message ?? `status ${statusCode}`}`)
    console.log(flags.output === 'json' ? JSON.stringify(answer, undefined, 2) : describe(answer))
  } catch (error) {
    console.error(`kubeling: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}

/** First what would happen, then one line for each node, the best first. */
export function describe(explanation: Explanation): string {
  const { namespace, pod, assigned, choice, message, preemption, nodes } = explanation
  const lines = [`Pod ${namespace}/${pod}`]
  if (assigned !== undefined) lines.push(`  is on ${assigned}`)
  if (choice !== undefined) lines.push(`  would go to ${choice}${assigned === undefined ? '' : ' if it came now'}`)
  if (message !== undefined) lines.push(`  fits nowhere: ${message}`)
  if (preemption !== undefined)
    lines.push(`  would take the place of ${preemption.victims.join(', ')} on ${preemption.node}`)
  const plugins = nodes.find(({ scores }) => scores !== undefined)?.scores ?? []
  const header = ['NODE', 'VERDICT', 'TOTAL', ...plugins.map(({ plugin, weight }) => `${plugin}×${weight}`)]
  const rows = nodes.toSorted((a, b) => (b.total ?? -1) - (a.total ?? -1)).map(rowOf)
  return [...lines, '', ...aligned([plugins.length === 0 ? header.slice(0, 2) : header, ...rows])].join('\n')
}

function rowOf({ name, rejectedBy, reasons = [], scores, total }: Explanation['nodes'][number]): string[] {
  if (rejectedBy !== undefined) return [name, `${rejectedBy}: ${reasons.join(', ')}`]
  if (scores === undefined) return [name, 'fits']
  return [name, 'fits', String(total), ...scores.map(({ score }) => String(score))]
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    for (const [at, cell] of row.entries()) if (at < row.length - 1) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  }
  return rows.map((row) =>
    row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('   '),
  )
}
