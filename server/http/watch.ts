// A watch on the wire: one frame per event, encoded once for all who watch; slow readers are cut off.
import type { ServerResponse } from 'node:http'
import type { AnyObject, Status } from '../apimachinery/types.ts'
import type { StreamEvent, WatchAnswer } from '../endpoints/api.ts'
import { partialMetadata, type IncludeObject } from '../registry/table.ts'
import type { Resource } from '../registry/resources.ts'
import type { Entry } from '../storage/store.ts'
import { encodeProtobuf, encodeProtobufWatchFrame } from './codec/protobuf.ts'
import { jsonType, protobufType, type Negotiated } from './codec/negotiate.ts'
import type { Context } from './context.ts'
import { bookmark } from './bookmark.ts'
import { setWarnings } from './send.ts'
import { servedObject } from './served-object.ts'
import { includeOf, tableOf } from './tables.ts'

/** How far a watcher may fall behind before it is cut off, in bytes of the objects it has not been sent. */
const maxUnreadBytes = 16 * 1024 * 1024
/** Frames are written together up to about this size. */
const chunkBytes = 128 * 1024

/** Answers by itself, not through Koa: a stream in between would cost every watcher something for every event. */
export function writeWatch(ctx: Context, answer: WatchAnswer, negotiated: Negotiated, now: () => number): void {
  const form = formOf(ctx, answer.resource, negotiated, now)
  ctx.status = 200
  ctx.set('Content-Type', negotiated.mediaType === protobufType ? `${protobufType};stream=watch` : jsonType)
  setWarnings(ctx)
  ctx.respond = false
  ctx.flushHeaders()
  const writer = new WatchWriter(ctx.res, form ?? errorForm(negotiated), ctx.state.tallyWatch(answer.resource.facts))
  const control = answer.start(
    (events) => {
      writer.deliver(events)
      // As the real server: an event that it cannot transform ends the stream.
      if (form === undefined) writer.end()
    },
    () => writer.end(),
  )
  // It may have been cut off while it began.
  if (ctx.res.destroyed) control.stop()
  else ctx.res.once('close', () => control.stop())
}

/**
 * Writes frames as fast as the client reads. What it has not read stays as events, which all watchers share, and not as
 * bytes; the state a watch begins with may be of any size, what comes later may not pile up beyond a bound.
 */
class WatchWriter {
  readonly #response: ServerResponse
  readonly #form: Form
  readonly #tally: { events: number }
  /** Runs of events still to be written; the first of them from `#position` on. */
  readonly #waiting: (readonly StreamEvent[])[] = []
  #position = 0
  #unreadBytes = 0
  #isBlocked = false
  #isEnded = false

  constructor(response: ServerResponse, form: Form, tally: { events: number }) {
    this.#response = response
    this.#form = form
    this.#tally = tally
    response.on('drain', () => {
      this.#isBlocked = false
      this.#flush()
    })
    // Whoever goes away is gone: the close that follows stops the watch.
    response.on('error', () => {})
  }

  deliver(events: readonly StreamEvent[]): void {
    if (this.#response.destroyed) return
    this.#tally.events += events.length
    this.#waiting.push(events)
    if (!this.#isBlocked) return this.#flush()
    this.#unreadBytes += sizeOf(events)
    if (this.#unreadBytes > maxUnreadBytes) this.#response.destroy()
  }

  end(): void {
    this.#isEnded = true
    if (this.#waiting.length === 0) this.#response.end()
  }

  #flush(): void {
    while (!this.#isBlocked && this.#waiting.length > 0) this.#isBlocked = !this.#response.write(this.#next())
    if (this.#waiting.length === 0) {
      this.#unreadBytes = 0
      if (this.#isEnded) this.#response.end()
    }
  }

  /** Bytes of the next frames: a whole run, where it is short and others write the same; else as much as makes a chunk. */
  #next(): Buffer {
    const run = this.#waiting[0]!
    if (this.#position === 0 && run.length <= sharedRunLength) {
      this.#waiting.shift()
      return this.#form.run(run)
    }
    const frames: Buffer[] = []
    let size = 0
    while (size < chunkBytes && this.#position < run.length) {
      const frame = this.#form.frame(run[this.#position++]!)
      frames.push(frame)
      size += frame.length
    }
    if (this.#position === run.length) {
      this.#waiting.shift()
      this.#position = 0
    }
    return Buffer.concat(frames, size)
  }
}

/** A longer run is the state a watch begins with, or history: nobody else writes it at the same time. */
const sharedRunLength = 64

function sizeOf(events: readonly StreamEvent[]): number {
  let size = 0
  for (const event of events) size += event.type === 'BOOKMARK' || event.type === 'ERROR' ? 0 : event.entry.json.length
  return size
}

/** How one watcher wants events printed. */
interface Form {
  frame(event: StreamEvent): Buffer
  /** The frames of a short run, in one. */
  run(events: readonly StreamEvent[]): Buffer
}

/** Undefined where no event can have the form that is asked for. */
function formOf(ctx: Context, resource: Resource, negotiated: Negotiated, now: () => number): Form | undefined {
  if (negotiated.transform?.as === 'PartialObjectMetadataList') return undefined
  if (negotiated.transform?.as === 'Table')
    return tableForm(resource, includeOf(ctx), negotiated.transform.version, now)
  const frame = objectFrame(resource, negotiated)
  const { group, version } = resource.facts
  const name = `${negotiated.mediaType} ${negotiated.transform?.version ?? ''} ${group}/${version}`
  return {
    frame,
    run: (events) =>
      shared(events, name, () => {
        const frames = events.map((event) =>
          'entry' in event ? shared(event.entry, name + event.type, () => frame(event)) : frame(event),
        )
        return frames.length === 1 ? frames[0]! : Buffer.concat(frames)
      }),
  }
}

/** Errors alone are told. */
function errorForm({ mediaType }: Negotiated): Form {
  const frame = (event: StreamEvent): Buffer =>
    event.type === 'ERROR' ? statusFrame(mediaType === protobufType, event.status) : Buffer.alloc(0)
  return { frame, run: (events) => Buffer.concat(events.map(frame)) }
}

let turn: Map<object, Map<string, Buffer>> | undefined

/** Watchers are told of a commit in one turn of the event loop: what one has encoded is there for the others until it ends. */
function shared(of: object, name: string, make: () => Buffer): Buffer {
  if (turn === undefined) {
    turn = new Map()
    setImmediate(() => (turn = undefined))
  }
  let forms = turn.get(of)
  if (forms === undefined) turn.set(of, (forms = new Map()))
  let bytes = forms.get(name)
  if (bytes === undefined) forms.set(name, (bytes = make()))
  return bytes
}

function tableForm(resource: Resource, include: IncludeObject, version: string, now: () => number): Form {
  let isFirst = true
  const frame = (event: StreamEvent): Buffer => {
    if (event.type === 'ERROR') return jsonFrame('ERROR', event.status)
    const isBookmark = event.type === 'BOOKMARK'
    const object = isBookmark ? bookmark(resource, event) : servedObject(resource, event.entry)
    const resourceVersion = String(isBookmark ? event.revision : event.entry.revision)
    const table = tableOf(resource, [object], { resourceVersion }, include, version, now())
    // Columns are told once in a stream.
    if (!isFirst) table['columnDefinitions'] = null
    isFirst = false
    return jsonFrame(event.type, table)
  }
  return { frame, run: (events) => Buffer.concat(events.map(frame)) }
}

function objectFrame(resource: Resource, { mediaType, transform }: Negotiated): Form['frame'] {
  const isProtobuf = mediaType === protobufType
  const shape = (object: AnyObject): AnyObject =>
    transform === undefined
      ? object
      : (partialMetadata(object, transform.version, resource.kind.hiddenAnnotations) as AnyObject)
  const isStored = !isProtobuf && transform === undefined && resource.fromStored === undefined
  return (event) => {
    if (event.type === 'ERROR') return statusFrame(isProtobuf, event.status)
    if (event.type === 'BOOKMARK') return frame(isProtobuf, 'BOOKMARK', shape(bookmark(resource, event)))
    if (isStored) return spliceFrame(event.type, event.entry)
    return frame(isProtobuf, event.type, shape(servedObject(resource, event.entry) as AnyObject))
  }
}

function spliceFrame(type: string, entry: Entry): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), entry.json, frameEnd])
}

const frameEnd = Buffer.from('}\n')

function frame(isProtobuf: boolean, type: string, object: AnyObject | Status): Buffer {
  return isProtobuf ? encodeProtobufWatchFrame(type, encodeProtobuf(object as AnyObject)) : jsonFrame(type, object)
}

const statusFrame = (isProtobuf: boolean, status: Status): Buffer => frame(isProtobuf, 'ERROR', status)

function jsonFrame(type: string, object: unknown): Buffer {
  return Buffer.from(`${JSON.stringify({ type, object })}\n`)
}
