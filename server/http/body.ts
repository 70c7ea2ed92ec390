// Reads a request body, within the limit a real server has.
import { newRequestEntityTooLarge, type StatusError } from '../apimachinery/errors.ts'
import type { Context } from './context.ts'

/** Source: apiserver/pkg/server, MaxRequestBodyBytes (v1.36) */
const maxBytes = 3 * 1024 * 1024

/** The client went away before its request was all there: nobody waits for an answer. */
export class ClientGoneError extends Error {
  override readonly name = 'ClientGoneError'
}

/** Nothing is unpacked: the real server does not look at Content-Encoding. @throws StatusError 413 above 3 MiB; ClientGoneError */
export async function readBody(ctx: Context): Promise<Buffer> {
  const { headers } = ctx.req
  if (Number(headers['content-length']) > maxBytes) throw tooLarge()
  if (headers.expect !== undefined) goAhead(ctx)
  return collect(ctx)
}

/** To a client that waits to be asked for its body. */
function goAhead({ req, res }: Context): void {
  res.writeContinue()
  res.shouldKeepAlive = req.headers.connection?.toLowerCase() !== 'close'
}

/** What is too much is read and dropped: a client that is still sending would not see the answer. */
function collect({ req }: Context): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    req.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
      else {
        chunks.length = 0
        reject(tooLarge())
      }
    })
    const gone = () => reject(new ClientGoneError('the client went away before its request was all there'))
    req.on('end', () => {
      // It closes after every request: an error that nobody sees would cost more than the rest of this.
      req.off('close', gone)
      resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
    })
    req.on('error', gone)
    req.on('close', gone)
  })
}

function tooLarge(): StatusError {
  return newRequestEntityTooLarge(`Request entity too large: limit is ${maxBytes}`)
}
