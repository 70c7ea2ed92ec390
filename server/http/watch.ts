// A watch on the wire: one frame per event, encoded once and shared by all who watch; slow readers are cut off.
import { Readable } from 'node:stream'
import type { AnyObject, Status } from '../apimachinery/types.ts'
import type { StreamEvent, WatchAnswer } from '../endpoints/api.ts'
import { partialMetadata, type IncludeObject } from '../registry/table.ts'
import type { Resource } from '../registry/resources.ts'
import type { Entry } from '../storage/store.ts'
import { encodeProtobuf, encodeProtobufWatchFrame } from './codec/protobuf.ts'
import { jsonType, protobufType, type Negotiated } from './codec/negotiate.ts'
import type { Context } from './context.ts'
import { includeOf, servedObject, tableOf } from './response.ts'

/** What a watcher may leave unread before it is cut off. */
const maxUnreadBytes = 16 * 1024 * 1024

export function writeWatch(ctx: Context, answer: WatchAnswer, negotiated: Negotiated, now: () => number): void {
  const encode = frameEncoder(answer.resource, negotiated, now, negotiated.transform?.as === 'Table' ? includeOf(ctx) : 'Metadata')
  const body = new Readable({ read() {}, destroy: (error, done) => {
    control.stop()
    done(error)
  } })
  const isProtobuf = negotiated.mediaType === protobufType
  ctx.status = 200
  ctx.set('Content-Type', isProtobuf ? `${protobufType};stream=watch` : jsonType)
  for (const warning of ctx.state.warnings) ctx.append('Warning', `299 - ${JSON.stringify(warning)}`)
  const control = answer.start(
    (events) => {
      if (body.destroyed) return
      body.push(events.length === 1 ? encode(events[0]!) : Buffer.concat(events.map(encode)))
      if (body.readableLength > maxUnreadBytes) body.destroy()
    },
    () => {
      if (!body.destroyed) body.push(null)
    },
  )
  ctx.res.on('close', () => body.destroy())
  ctx.body = body
  ctx.flushHeaders()
}

type Encode = (event: StreamEvent) => Buffer

function frameEncoder(resource: Resource, negotiated: Negotiated, now: () => number, include: IncludeObject): Encode {
  const { transform, mediaType } = negotiated
  if (transform?.as === 'Table') {
    let isFirst = true
    return (event) => {
      if (event.type === 'ERROR') return jsonFrame('ERROR', event.status)
      const [entries, revision] = event.type === 'BOOKMARK' ? [[], event.revision] : [[event.entry], event.entry.revision]
      const table = tableOf(resource, entries, { resourceVersion: String(revision) }, include, transform.version, now())
      // Columns are told once in a stream.
      if (!isFirst) table['columnDefinitions'] = null
      isFirst = false
      return jsonFrame(event.type, table)
    }
  }
  const isProtobuf = mediaType === protobufType
  const shape = (object: AnyObject): AnyObject => (transform === undefined ? object : (partialMetadata(object, transform.version) as AnyObject))
  return (event) => {
    if (event.type === 'ERROR') return frame(isProtobuf, 'ERROR', event.status)
    if (event.type === 'BOOKMARK') return frame(isProtobuf, 'BOOKMARK', shape(bookmark(resource, event.revision, event.initialEventsEnd)))
    const { entry, type } = event
    const slot = slotOf(`${mediaType} ${type} ${transform?.version ?? ''} ${resource.facts.group}/${resource.facts.version}`)
    return entry.memo(slot, () => {
      if (!isProtobuf && transform === undefined && resource.fromStored === undefined) return spliceFrame(type, entry)
      return frame(isProtobuf, type, shape(servedObject(resource, entry) as AnyObject))
    })
  }
}

const slots = new Map<string, symbol>()

function slotOf(name: string): symbol {
  let slot = slots.get(name)
  if (slot === undefined) slots.set(name, (slot = Symbol(name)))
  return slot
}

function spliceFrame(type: string, entry: Entry): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), entry.json, Buffer.from('}\n')])
}

function frame(isProtobuf: boolean, type: string, object: AnyObject | Status): Buffer {
  return isProtobuf ? encodeProtobufWatchFrame(type, encodeProtobuf(object as AnyObject)) : jsonFrame(type, object)
}

function jsonFrame(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}

function bookmark({ facts }: Resource, revision: number, initialEventsEnd: boolean): AnyObject {
  return {
    kind: facts.kind,
    apiVersion: facts.group === '' ? facts.version : `${facts.group}/${facts.version}`,
    metadata: {
      resourceVersion: String(revision),
      ...(initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  }
}
