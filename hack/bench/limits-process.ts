// What the platform can do at most, in a process of its own: bare servers of HTTPS that do nothing, JSON.parse and
// JSON.stringify of a pod, and synced batches of LevelDB. No line of the API server is loaded here.
import { mkdtempSync, rmSync } from 'node:fs'
import { createSecureServer, type ServerHttp2Stream } from 'node:http2'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { sentPod } from './pod.ts'

/** Answers are written in pieces of this size. */
const sliceBytes = 64 * 1024

export type LimitQuestion =
  | { readonly id: number; readonly kind: 'listen'; readonly certificate: string; readonly key: string }
  | { readonly id: number; readonly kind: 'parse'; readonly milliseconds: number }
  | { readonly id: number; readonly kind: 'level'; readonly batches: number; readonly perBatch: number }
  /** Writes events of so many bytes to all streams that are open. */
  | { readonly id: number; readonly kind: 'fan-out'; readonly events: number; readonly bytes: number }
  | { readonly id: number; readonly kind: 'hang-up' }

export interface LimitAnswer {
  readonly id: number
  readonly values: Readonly<Record<string, number>>
}

const payload = Buffer.alloc(sliceBytes, 'x')

/** Anything that bytes are written to and that says when it has had enough. */
interface Sink {
  write(piece: Buffer): boolean
  end(): unknown
  once(event: 'drain' | 'close', listener: () => void): unknown
}

const open = new Set<Sink>()

/** `/bytes/N` answers so many; `/watch` stays open. */
async function answer(path: string, sink: Sink): Promise<void> {
  if (path.startsWith('/watch')) {
    open.add(sink)
    sink.once('close', () => open.delete(sink))
    return
  }
  for (let left = Number(path.slice('/bytes/'.length)); left > 0; left -= sliceBytes) {
    const piece = left >= sliceBytes ? payload : payload.subarray(0, left)
    if (!sink.write(piece)) await new Promise<void>((resolve) => sink.once('drain', resolve))
  }
  sink.end()
}

function bareHttp1(options: ServerOptions): Server {
  return createServer(options, (incoming, outgoing) => {
    // The body is read to its end first, as a server that decodes it must do.
    incoming.on('data', () => {})
    incoming.on('end', () => {
      const path = incoming.url!
      const bytes = Number(path.slice('/bytes/'.length))
      if (path.startsWith('/watch')) outgoing.flushHeaders()
      else outgoing.setHeader('content-length', bytes)
      void answer(path, outgoing)
    })
  })
}

function bareHttp2(options: ServerOptions): Server {
  const server = createSecureServer({ ...options, settings: { maxConcurrentStreams: 1000 } })
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {})
    stream.respond({ ':status': 200 })
    void answer(String(headers[':path']), stream)
  })
  return server
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Microseconds of one JSON.parse and of one JSON.stringify of a pod of 2.3 KiB. */
function parse(milliseconds: number): Record<string, number> {
  const text = JSON.stringify(sentPod('bench'))
  const object: unknown = JSON.parse(text)
  const costOf = (work: () => unknown): number => {
    const startedAt = performance.now()
    let calls = 0
    while (performance.now() - startedAt < milliseconds) {
      for (let call = 0; call < 100; call++) work()
      calls += 100
    }
    return ((performance.now() - startedAt) * 1000) / calls
  }
  return { parse: costOf(() => JSON.parse(text) as unknown), stringify: costOf(() => JSON.stringify(object)) }
}

/** Synced batches, one after the other, as a group commit writes them: two values of 2 KiB for each object. */
async function level(batches: number, perBatch: number): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), 'kubeling-bench-level-'))
  const database = new Level<string, Buffer>(join(folder, 'level'), { valueEncoding: 'buffer' })
  try {
    await database.open()
    const value = payload.subarray(0, 2048)
    const cpu = process.cpuUsage()
    const startedAt = performance.now()
    for (let batch = 0; batch < batches; batch++) {
      const operations = Array.from({ length: perBatch }, (_, at) => [
        { type: 'put' as const, key: `/registry/pods/bench/${batch}-${at}`, value },
        { type: 'put' as const, key: `log/${String(batch * perBatch + at).padStart(12, '0')}`, value },
      ]).flat()
      await database.batch(operations, { sync: true })
    }
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(cpu)
    const objects = batches * perBatch
    return { cpu: (user + system) / objects, rate: objects / seconds, batchMs: (seconds * 1000) / batches }
  } finally {
    await database.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function fanOut(events: number, bytes: number): Promise<Record<string, number>> {
  const event = Buffer.alloc(bytes, 'x')
  event[bytes - 1] = 10
  for (let at = 0; at < events; at++) {
    const full = [...open].filter((sink) => !sink.write(event))
    await Promise.all(full.map((sink) => new Promise<void>((resolve) => sink.once('drain', resolve))))
    // One turn of the event loop for each event, as each write of an API server is one.
    await new Promise<void>((resolve) => setImmediate(resolve))
  }
  return { streams: open.size }
}

async function perform(question: LimitQuestion): Promise<Record<string, number>> {
  switch (question.kind) {
    case 'listen': {
      const options = { cert: question.certificate, key: question.key, keepAliveTimeout: 600_000 }
      return { http1: await listen(bareHttp1(options)), http2: await listen(bareHttp2(options)) }
    }
    case 'parse':
      return parse(question.milliseconds)
    case 'level':
      return level(question.batches, question.perBatch)
    case 'fan-out':
      return fanOut(question.events, question.bytes)
    case 'hang-up':
      for (const sink of open) sink.end()
      return {}
  }
}

process.on('message', (question: LimitQuestion) => {
  void perform(question).then((values) => process.send!({ id: question.id, values } satisfies LimitAnswer))
})
process.on('disconnect', () => process.exit())
