// What a person waits for: the start of a process and of a library cluster, memory at idle, a first Deployment.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startCluster } from '../../server/index.ts'
import { figure, times, type Figure } from './figure.ts'
import type { Answer } from './api.ts'
import type { Bench, Group } from './bench.ts'
import { OwnServer, isReady } from './own-server.ts'
import { ProcessCost } from './process-cost.ts'

const settleMs = 3000

async function bootOnce(env: NodeJS.ProcessEnv = {}): Promise<number> {
  await using server = await OwnServer.start({ env })
  return server.readyMs
}

/** With an empty compile cache: the very first start after an installation. */
async function firstBoot(): Promise<number> {
  const cache = mkdtempSync(join(tmpdir(), 'kubeling-bench-cache-'))
  try {
    return await bootOnce({ NODE_COMPILE_CACHE: cache })
  } finally {
    rmSync(cache, { recursive: true, force: true })
  }
}

async function library(): Promise<number> {
  const startedAt = performance.now()
  await using cluster = await startCluster()
  void cluster
  return performance.now() - startedAt
}

function demoBackend(name: string): object {
  const labels = { app: name, tier: 'backend' }
  const containers = [{ name, image: `${name}:latest`, ports: [{ containerPort: 8080 }] }]
  const template = { metadata: { labels }, spec: { containers } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas: 3, selector: { matchLabels: labels }, template },
  }
}

async function rollout({ api }: OwnServer, name: string): Promise<number> {
  const areReady = ({ body }: Answer): boolean =>
    (JSON.parse(body) as { items: Parameters<typeof isReady>[0][] }).items.filter(isReady).length === 3
  const startedAt = performance.now()
  const { status, body } = await api.ask('POST', '/apis/apps/v1/namespaces/default/deployments', demoBackend(name))
  if (status !== 201) throw new Error(body)
  await api.until(`/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`, areReady)
  return performance.now() - startedAt
}

async function measure(bench: Bench): Promise<Figure[]> {
  const runs = bench.scaled(7, 2)
  // Once without counting: the compile cache is written when the process ends.
  await bootOnce()
  const boots = await times(runs, () => bootOnce())
  const firstBoots = await times(Math.min(runs, 3), firstBoot)

  await times(3, library)
  const libraries = await times(runs * 3, library)

  const memory: number[] = []
  const rollouts: number[] = []
  for (let run = 0; run < Math.min(runs, 5); run++) {
    await using server = await OwnServer.start()
    await delay(settleMs)
    if (ProcessCost.isKnown) memory.push(server.cost.residentMiB())
    rollouts.push(await rollout(server, 'demo-backend'))
  }

  return [
    figure(
      { name: 'boot', what: 'process start to /readyz and a Ready node, new data folder', unit: 'ms', bar: 600 },
      boots,
    ),
    figure({ name: 'first-boot', what: 'the same, the first time after an installation', unit: 'ms' }, firstBoots),
    figure({ name: 'start-cluster', what: 'startCluster() in a warm process', unit: 'ms', bar: 100 }, libraries),
    ...(memory.length === 0
      ? []
      : [figure({ name: 'idle-memory', what: 'resident memory of an idle cluster', unit: 'MiB', bar: 124 }, memory)]),
    figure(
      { name: 'demo-backend', what: 'Deployment of 3 replicas, POST to all Ready', unit: 'ms', bar: 500 },
      rollouts,
    ),
  ]
}

export const boot: Group = {
  name: 'boot',
  what: 'start of a process and of a library cluster, memory at idle, a first Deployment',
  isOwnOnly: true,
  run: measure,
}
