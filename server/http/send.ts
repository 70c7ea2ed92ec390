// Bytes → the response: headers, warnings, compression of what is large.
import { constants as zlibConstants, createGzip } from 'node:zlib'
import { compressedParts } from './compressed-list.ts'
import type { Context } from './context.ts'
import type { ListBody } from './list-body.ts'
import { joinPieces, type Piece } from './pieces.ts'
import { PieceReader, pump, Writer } from './pump.ts'
import { warningHeaders } from './warnings.ts'

/** Answers above this size are compressed for clients that can take it. Source: responsewriters, defaultGzipThresholdBytes */
const gzipThresholdBytes = 128 * 1024

/** @param pieces are made while they are sent, where there are many of them */
export function writeBytes(ctx: Context, code: number, contentType: string, pieces: Iterable<Piece>): void {
  const reader = new PieceReader(pieces)
  const first: Piece[] = []
  let size = 0
  while (size <= gzipThresholdBytes) {
    const piece = reader.take()
    if (piece === undefined) return writeWhole(ctx, code, contentType, wholeOf(first, size))
    first.push(piece)
    size += piece.length
  }
  ctx.status = code
  ctx.set('Content-Type', contentType)
  setWarnings(ctx)
  const all = new PieceReader(resumed(first, reader))
  if (acceptsGzip(ctx)) {
    setCompressed(ctx)
    const gzip = createGzip({ level: zlibConstants.Z_BEST_SPEED })
    ctx.body = gzip
    void pump(gzip, all)
  } else {
    startStream(ctx)
    void pump(ctx.res, all)
  }
}

/** A small answer: head and body in one, without Koa, which would look at each of them from all sides. */
function writeWhole(ctx: Context, code: number, contentType: string, body: Piece): void {
  const { res } = ctx
  ctx.respond = false
  res.statusCode = code
  res.setHeader('Content-Type', contentType)
  setWarnings(ctx)
  res.setHeader('Content-Length', body.length)
  // As text of one byte a character it goes out in one string with the head.
  if (typeof body === 'string') res.end(body, 'latin1')
  else res.end(body)
}

function wholeOf(pieces: readonly Piece[], size: number): Piece {
  if (pieces.length === 1) return pieces[0]!
  return pieces.every((piece) => typeof piece === 'string') ? pieces.join('') : joinPieces(pieces, size)
}

/** A list of stored objects. Its compressed parts are kept for whoever asks next. */
export function writeListBytes(ctx: Context, contentType: string, body: ListBody): void {
  if (body.isKept && acceptsGzip(ctx) && body.size > gzipThresholdBytes) {
    ctx.status = 200
    ctx.set('Content-Type', contentType)
    setWarnings(ctx)
    setCompressed(ctx)
    startStream(ctx)
    void sendCompressed(ctx, body)
  } else {
    writeBytes(ctx, 200, contentType, body.pieces())
  }
}

async function sendCompressed({ res }: Context, body: ListBody): Promise<void> {
  const writer = new Writer(res)
  try {
    for await (const part of compressedParts(body)) {
      if (!(await writer.write(part))) return
    }
    res.end()
  } catch (error) {
    res.destroy(error instanceof Error ? error : new Error(String(error)))
  }
}

function* resumed(first: readonly Piece[], rest: PieceReader): Generator<Piece> {
  yield* first
  for (let piece = rest.take(); piece !== undefined; piece = rest.take()) yield piece
}

/** The answer is written here, and not by Koa. */
function startStream(ctx: Context): void {
  ctx.respond = false
  ctx.res.on('error', () => {})
  ctx.flushHeaders()
}

function setCompressed(ctx: Context): void {
  ctx.set('Content-Encoding', 'gzip')
  ctx.set('Vary', 'Accept-Encoding')
}

export function setWarnings(ctx: Context): void {
  const { warnings } = ctx.state
  if (warnings.size === 0) return
  const headers = warningHeaders(warnings)
  if (headers.length > 0) ctx.res.setHeader('Warning', headers)
}

function acceptsGzip(ctx: Context): boolean {
  return ctx
    .get('accept-encoding')
    .split(',')
    .some((one) => one.trim() === 'gzip')
}
