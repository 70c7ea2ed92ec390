// Reads a request body, within the limit a real server has.
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import { newBadRequest, newRequestEntityTooLarge } from '../apimachinery/errors.ts'
import type { Context } from './context.ts'

/** Source: apiserver/pkg/server, MaxRequestBodyBytes (v1.36) */
const maxBytes = 3 * 1024 * 1024

const unzip = promisify(gunzip)

/** @throws StatusError 413 above 3 MiB */
export async function readBody(ctx: Context): Promise<Buffer> {
  const declared = Number(ctx.get('content-length'))
  if (declared > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size)
  if (ctx.get('content-encoding') !== 'gzip') return bytes
  try {
    return await unzip(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw newBadRequest((error as Error).message)
  }
}

function tooLarge(): Error {
  return newRequestEntityTooLarge(`Request entity too large: limit is ${maxBytes}`)
}
