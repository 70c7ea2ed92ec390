// Reads what the request is about, gives it an audit id, and sets the headers every answer has.
import { randomUUID } from 'node:crypto'
import { parseRequestInfo, UnreadablePathError } from '../../apimachinery/request-info.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import { anonymous } from '../../authentication/authenticator.ts'
import type { Context, Filter } from '../context.ts'

const auditIdHeader = 'Audit-Id'

export const requestInfo: Filter = async (ctx, next) => {
  const path = unescapePath(ctx.path)
  if (path === undefined) return refuseRequestLine(ctx)
  const sent = ctx.get(auditIdHeader)
  ctx.state.auditId = sent === '' ? randomUUID() : sent
  ctx.set(auditIdHeader, ctx.state.auditId)
  ctx.state.query = parseQuery(ctx.querystring)
  try {
    ctx.state.requestInfo = parseRequestInfo(ctx.method, path, ctx.state.query)
  } catch (error) {
    if (!(error instanceof UnreadablePathError)) throw error
    const sentence = `Internal Server Error: ${quote(ctx.url)}: failed to create RequestInfo: ${error.message}${ctx.search}`
    ctx.status = 500
    return plainText(ctx, `${sentence.replace(/[&<>]/g, (sign) => entities[sign]!)}\n`)
  }
  ctx.state.user = anonymous
  ctx.state.isServed = false
  ctx.state.warnings = new Set()
  ctx.set('Cache-Control', 'no-cache, private')
  await next()
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function plainText(ctx: Context, text: string): void {
  ctx.type = 'text/plain; charset=utf-8'
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.body = text
}

/** What Go's server says of a request line it cannot read, before anything else looks at it. */
function refuseRequestLine(ctx: Context): void {
  ctx.status = 400
  ctx.type = 'text/plain; charset=utf-8'
  if (ctx.req.httpVersionMajor < 2) ctx.set('Connection', 'close')
  ctx.body = '400 Bad Request'
}

/** Undefined where a percent sign is not followed by two digits. */
function unescapePath(path: string): string | undefined {
  if (!path.includes('%')) return path
  if (brokenEscape.test(path)) return undefined
  try {
    return decodeURIComponent(path)
  } catch {
    // No UTF-8. Go keeps the bytes; here they become the letter that stands for all such.
    const bytes = path.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)))
    return Buffer.from(bytes, 'latin1').toString('utf8')
  }
}

const brokenEscape = /%(?![0-9a-fA-F]{2})/

/** As Go does, without the parameters that cannot be read. Source: Go net/url, ParseQuery */
function parseQuery(text: string): URLSearchParams {
  if (!/[;%]/.test(text)) return new URLSearchParams(text)
  const readable = text.split('&').filter((one) => !one.includes(';') && !brokenEscape.test(one))
  return new URLSearchParams(readable.join('&'))
}
