// What many pods take: memory, room on disk, and time until a server that was stopped serves them again.
import { setTimeout as delay } from 'node:timers/promises'
import type { Bench, Group, Target } from './bench.ts'
import { figure, type Figure } from './figure.ts'
import type { Load } from './load.ts'
import { apiServerAlone } from './own-server.ts'
import { podsPath } from './operations.ts'
import { cleanUp, createPods, prepareNamespaces } from './population.ts'

const settleMs = 5000

interface Size {
  readonly pods: number
  readonly memoryBar: number
  readonly restartBar?: number
}

const sizes: readonly Size[] = [
  { pods: 10_000, memoryBar: 300 },
  { pods: 50_000, memoryBar: 900, restartBar: 3 },
]

async function measure(bench: Bench): Promise<Figure[]> {
  await using target = await bench.open(apiServerAlone)
  await prepareNamespaces(target)
  const load = target.load()
  const figures: Figure[] = []
  let made = 0
  for (const size of bench.settings.full ? sizes : sizes.slice(0, 1)) {
    const pods = Math.ceil(bench.scaled(size.pods) / 16) * 16
    await createPods(bench, load, made, pods)
    made = pods
    await delay(settleMs)
    figures.push(...(await figuresOf(bench, target, load, { ...size, pods })))
  }
  await cleanUp(target)
  return figures
}

async function figuresOf(bench: Bench, target: Target, load: Load, size: Size): Promise<Figure[]> {
  const { pods, memoryBar, restartBar } = size
  const many = `${pods.toLocaleString('en-US')} pods`
  const memory = target.cost()?.residentMiB()
  const figures: Figure[] = []
  if (memory !== undefined)
    figures.push(
      figure({ name: `memory-${pods}`, what: `resident memory, ${many} just created`, unit: 'MiB', bar: memoryBar }, [
        memory,
      ]),
    )
  bench.progress(`lists of ${many}`)
  const job = { kind: 'gets', path: podsPath, headers: {} } as const
  const { bytes } = await load.run({ ...job, count: 1 })
  await load.run({ ...job, headers: { accept: 'application/vnd.kubernetes.protobuf' }, count: 3 })
  await load.run({ ...job, count: 3 })
  const listed = target.cost()?.residentMiB()
  if (listed !== undefined)
    figures.push(
      figure({ name: `memory-listed-${pods}`, what: `resident memory, after full lists of ${many}`, unit: 'MiB' }, [
        listed,
      ]),
    )
  if (target.own !== undefined) {
    const ratio = {
      name: `disk-${pods}`,
      what: `data folder with ${many}, of the JSON stored`,
      unit: '×',
      bar: 3,
    } as const
    const stored = target.own.storeBytes()
    figures.push({ ...figure(ratio, [stored / bytes]), details: { MB: stored / 1e6 } })
    bench.progress(`restart with ${many}`)
    await target.own.restart()
    const readyMs = target.own.readyMs
    const startedAt = performance.now()
    const { status, body } = await target.api.ask('GET', `${podsPath}?limit=1`)
    const { metadata, items } = JSON.parse(body) as { metadata: { remainingItemCount?: number }; items: unknown[] }
    const served = items.length + (metadata.remainingItemCount ?? 0)
    if (status !== 200 || served < pods) throw new Error(`after the restart there are ${served} of ${pods} pods`)
    const seconds = (readyMs + performance.now() - startedAt) / 1000
    const restart = {
      name: `restart-${pods}`,
      what: `restart with ${many}, until they are served`,
      unit: 's',
      bar: restartBar,
    } as const
    figures.push(figure(restart, [seconds]))
    await delay(settleMs)
    const again = target.cost()?.residentMiB()
    if (again !== undefined)
      figures.push(
        figure({ name: `memory-restarted-${pods}`, what: `resident memory, ${many} after a restart`, unit: 'MiB' }, [
          again,
        ]),
      )
  }
  return figures
}

export const memory: Group = {
  name: 'memory',
  what: 'resident memory, data folder and restart with 10,000 pods (--full: 50,000)',
  run: measure,
}
