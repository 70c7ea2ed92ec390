// Bytes → the response: headers, warnings, compression of what is large.
import { constants as zlibConstants, createGzip } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import type { Context } from './context.ts'
import { warningHeaders } from './warnings.ts'

/** Answers above this size are compressed for clients that can take it. Source: responsewriters, defaultGzipThresholdBytes */
const gzipThresholdBytes = 128 * 1024
const chunkBytes = 256 * 1024

export function writeBytes(ctx: Context, code: number, contentType: string, parts: readonly Uint8Array[]): void {
  const total = parts.reduce((sum, part) => sum + part.length, 0)
  ctx.status = code
  ctx.set('Content-Type', contentType)
  setWarnings(ctx)
  if (total > gzipThresholdBytes && acceptsGzip(ctx)) {
    ctx.set('Content-Encoding', 'gzip')
    ctx.set('Vary', 'Accept-Encoding')
    const gzip = createGzip({ level: zlibConstants.Z_BEST_SPEED })
    pipeline(Readable.from(chunksOf(parts)), gzip, () => {})
    ctx.body = gzip
  } else if (total > chunkBytes) {
    ctx.body = Readable.from(chunksOf(parts), { objectMode: false })
  } else {
    ctx.body = parts[0] instanceof Buffer && parts.length === 1 ? parts[0] : Buffer.concat(parts, total)
  }
}

export function setWarnings(ctx: Context): void {
  const headers = warningHeaders(ctx.state.warnings)
  if (headers.length > 0) ctx.set('Warning', headers)
}

function acceptsGzip(ctx: Context): boolean {
  return ctx
    .get('accept-encoding')
    .split(',')
    .some((one) => one.trim() === 'gzip')
}

/** Large answers go out in slices, so that no second copy of the whole is ever made. */
function* chunksOf(parts: readonly Uint8Array[]): Generator<Buffer> {
  let pending: Uint8Array[] = []
  let size = 0
  for (const part of parts) {
    pending.push(part)
    size += part.length
    if (size >= chunkBytes) {
      yield Buffer.concat(pending, size)
      pending = []
      size = 0
    }
  }
  if (size > 0) yield Buffer.concat(pending, size)
}
