// A watch on the wire: from the answer of an endpoint to the frames of a stream.
import type { WatchAnswer } from '../endpoints/api.ts'
import { jsonType, protobufType, type Negotiated } from './codec/negotiate.ts'
import type { Context } from './context.ts'
import { setWarnings } from './send.ts'
import { errorForm, formOf } from './watch-form.ts'
import { transportOf } from './watch-transport.ts'
import { WatchWriter } from './watch-writer.ts'

/** Answers by itself, not through Koa: a stream in between would cost every watcher something for every event. */
export function writeWatch(ctx: Context, answer: WatchAnswer, negotiated: Negotiated, now: () => number): void {
  const form = formOf(ctx, answer.resource, negotiated, now)
  ctx.status = 200
  ctx.set('Content-Type', negotiated.mediaType === protobufType ? `${protobufType};stream=watch` : jsonType)
  if (ctx.req.httpVersion === '1.1') ctx.set('Transfer-Encoding', 'chunked')
  setWarnings(ctx)
  ctx.respond = false
  ctx.flushHeaders()
  // Whoever goes away is gone: the close that follows stops the watch.
  ctx.res.on('error', () => {})
  const tally = ctx.state.tallyWatch(answer.resource.facts)
  const writer = new WatchWriter(transportOf(ctx.res), form ?? errorForm(negotiated), tally)
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
