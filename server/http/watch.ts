// A watch on the wire: from the answer of an endpoint to the frames of a stream.
import type { WatchAnswer } from '../endpoints/api.ts'
import { jsonType, protobufType, type Negotiated } from './codec/negotiate.ts'
import { isGone, type Context } from './context.ts'
import { setWarnings } from './send.ts'
import { isUpgraded } from './upgrade.ts'
import { errorForm, formOf, messagesOf, type Form } from './watch-form.ts'
import { transportOf, WebSocketTransport, type WatchTransport } from './watch-transport.ts'
import { WatchWriter } from './watch-writer.ts'
import { hearClient, shakeHands } from './websocket.ts'

/** Answers by itself, not through Koa: a stream in between would cost every watcher something for every event. */
export function writeWatch(ctx: Context, answer: WatchAnswer, negotiated: Negotiated, now: () => number): void {
  const form = formOf(ctx, answer.resource, negotiated, now)
  ctx.respond = false
  // Whoever goes away is gone: the close that follows stops the watch.
  ctx.res.on('error', () => {})
  const stream = isUpgraded(ctx.res)
    ? messageStream(ctx, form ?? errorForm(negotiated), negotiated)
    : frameStream(ctx, form ?? errorForm(negotiated), negotiated)
  if (stream === undefined) return
  const writer = new WatchWriter(stream.transport, stream.form, ctx.state.tallyWatch(answer.resource.facts))
  const control = answer.start(
    (events) => {
      writer.deliver(events)
      // As the real server: an event that it cannot transform ends the stream.
      if (form === undefined) writer.end()
    },
    () => writer.end(),
    () => writer.room(),
  )
  const stop = (): void => {
    control.stop()
    writer.drop()
  }
  // It may have been cut off while it began.
  if (isGone(ctx)) stop()
  else ctx.res.once('close', stop)
}

interface Stream {
  readonly transport: WatchTransport
  readonly form: Form
}

function frameStream(ctx: Context, form: Form, { mediaType }: Negotiated): Stream {
  ctx.status = 200
  ctx.set('Content-Type', mediaType === protobufType ? `${protobufType};stream=watch` : jsonType)
  if (ctx.req.httpVersion === '1.1') ctx.set('Transfer-Encoding', 'chunked')
  setWarnings(ctx)
  ctx.flushHeaders()
  return { transport: transportOf(ctx.res), form }
}

/** Undefined where the client is refused: it has been told. */
function messageStream(ctx: Context, form: Form, { mediaType }: Negotiated): Stream | undefined {
  const socket = ctx.res.socket!
  const { accepted, head } = shakeHands(ctx.headers)
  ctx.status = accepted ? 101 : Number(head.split(' ', 2)[1])
  if (!accepted) return void socket.end(head)
  socket.write(head)
  hearClient(socket)
  return { transport: new WebSocketTransport(socket), form: messagesOf(form, mediaType === protobufType) }
}
