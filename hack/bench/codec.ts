// What a 5.4 KiB pod costs on one thread, as a multiple of its own JSON.parse and JSON.stringify; and the start of a
// process with the definitions in it.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { AnyObject } from '../../server/apimachinery/types.ts'
import { decodeForResource, defaultAndConvert } from '../../server/endpoints/decode.ts'
import { decodeBody } from '../../server/http/codec/body.ts'
import { decodeProtobuf, encodeProtobuf } from '../../server/http/codec/protobuf.ts'
import { startCluster } from '../../server/index.ts'
import { kinds } from '../../server/kinds/index.ts'
import { Resources } from '../../server/registry/resources.ts'
import { openMemoryStore } from '../../server/storage/memory.ts'
import type { Bench, Group } from './bench.ts'
import { figure, type Figure } from './figure.ts'
import { sentPod } from './pod.ts'

const json = 'application/json'

/** A pod as it is served: defaulted, with its managed fields. */
async function servedPod(): Promise<AnyObject> {
  await using cluster = await startCluster({
    bare: true,
    disable: ['controllers', 'scheduler', 'kubelet'],
    disableAdmissionPlugins: ['ServiceAccount'],
  })
  const created = await cluster.client().create<AnyObject>('pods', sentPod('bench'), { fieldManager: 'bench' })
  return structuredClone(created) as AnyObject
}

/** Microseconds of one call, once the optimiser is done: those of the round that was disturbed least. */
function costOf(work: () => unknown): number {
  for (let call = 0; call < 3000; call++) work()
  const calls = 500
  let least = Infinity
  for (let round = 0; round < 25; round++) {
    const startedAt = performance.now()
    for (let call = 0; call < calls; call++) work()
    least = Math.min(least, ((performance.now() - startedAt) * 1000) / calls)
  }
  return least
}

/** Milliseconds that a process takes to load the definitions and the kinds, beyond what it takes to load nothing. */
function loadingMs(): number {
  const index = join(import.meta.dirname, '../../openapi/index.ts')
  const script = `const startedAt = performance.now(); await import(${JSON.stringify(index)}); console.log(performance.now() - startedAt)`
  // The compile cache is what a start-up has too.
  const source = `(await import('node:module')).enableCompileCache(); ${script}`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' }))
}

async function measure(bench: Bench): Promise<Figure[]> {
  const runs = bench.scaled(3, 1)
  const pod = await servedPod()
  const bytes = Buffer.from(JSON.stringify(pod))
  const protobuf = encodeProtobuf(pod)
  const resource = new Resources(openMemoryStore(), kinds, {}).get('', 'v1', 'pods')!
  const type = { apiVersion: 'v1', kind: 'Pod' }
  const quiet = { fieldValidation: 'Warn', warn: () => {} } as const
  const take = (): AnyObject => {
    const object = defaultAndConvert(resource, decodeForResource(resource, decodeBody(json, bytes, type), quiet))
    const errors = resource.kind.strategy?.validate?.(object)
    if (errors?.length !== 0) throw new Error(`the pod is not valid: ${JSON.stringify(errors)}`)
    return object
  }

  const ratios: Record<'take' | 'decode' | 'encode', number[]> = { take: [], decode: [], encode: [] }
  for (let run = 0; run < runs; run++) {
    const floor = costOf(() => JSON.stringify(JSON.parse(bytes.toString('utf8'))))
    ratios.take.push(costOf(take) / floor)
    ratios.decode.push(costOf(() => decodeProtobuf(protobuf, type)) / floor)
    ratios.encode.push(costOf(() => encodeProtobuf(pod)) / floor)
  }
  loadingMs()
  const loads = Array.from({ length: runs }, loadingMs)
  const size = `${(bytes.length / 1024).toFixed(1)} KiB pod`
  const of = 'of its JSON.parse + JSON.stringify'
  return [
    figure(
      { name: 'decode-default-validate', what: `${size}: decode, default, validate, ${of}`, unit: '×', bar: 2 },
      ratios.take,
    ),
    figure({ name: 'protobuf-decode', what: `${size}: decode protobuf, ${of}`, unit: '×', bar: 1 }, ratios.decode),
    figure({ name: 'protobuf-encode', what: `${size}: encode protobuf, ${of}`, unit: '×', bar: 1.5 }, ratios.encode),
    figure({ name: 'definitions', what: 'load the definitions in a new process', unit: 'ms', bar: 60 }, loads),
  ]
}

export const codec: Group = {
  name: 'codec',
  what: 'decoding, defaulting, validating and encoding of a pod, in this process, against JSON.parse + JSON.stringify',
  isOwnOnly: true,
  run: measure,
}
