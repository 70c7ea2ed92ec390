// Reads what the request is about, gives it an audit id, and sets the headers every answer has.
import { randomUUID } from 'node:crypto'
import { parseRequestInfo, UnreadablePathError } from '../../apimachinery/request-info.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import { anonymous } from '../../authentication/authenticator.ts'
import type { Context, Filter } from '../context.ts'

const auditIdHeader = 'audit-id'

export const requestInfo: Filter = (next) => (ctx) => {
  const { req, res, state } = ctx
  const isHTTP11 = req.httpVersionMajor === 1 && req.httpVersionMinor === 1
  if (isHTTP11 && req.headers.host === undefined) return refuseRequest(ctx, ': missing required Host header')
  // That a connection stays is the rule, and Go does not say it. Before other headers, as then it costs nothing.
  if (isHTTP11 && res.shouldKeepAlive) res.removeHeader('Connection')
  const { rawPath, rawQuery } = targetOf(ctx)
  const path = unescapePath(rawPath)
  if (path === undefined) return refuseRequest(ctx)
  const sent = req.headers[auditIdHeader]
  state.auditId = typeof sent === 'string' && sent !== '' ? sent : randomUUID()
  res.setHeader('Audit-Id', state.auditId)
  state.query = parseQuery(rawQuery)
  try {
    state.requestInfo = parseRequestInfo(req.method!, path, state.query)
  } catch (error) {
    if (!(error instanceof UnreadablePathError)) throw error
    const sentence = `Internal Server Error: ${quote(ctx.url)}: failed to create RequestInfo: ${error.message}${ctx.search}`
    ctx.status = 500
    return plainText(ctx, `${sentence.replace(/[&<>]/g, (sign) => entities[sign]!)}\n`)
  }
  state.user = anonymous
  state.isServed = false
  state.warnings = new Set()
  res.setHeader('Cache-Control', 'no-cache, private')
  return next(ctx)
}

/** What is asked for, in two halves. */
function targetOf(ctx: Context): { rawPath: string; rawQuery: string } {
  const url = ctx.req.url!
  // A proxy's client names the whole address, and nobody sends a fragment: that is for a parser.
  if (url.charCodeAt(0) !== slash || url.includes('#')) return { rawPath: ctx.path, rawQuery: ctx.querystring }
  const mark = url.indexOf('?')
  return mark === -1 ? { rawPath: url, rawQuery: '' } : { rawPath: url.slice(0, mark), rawQuery: url.slice(mark + 1) }
}

const slash = 0x2f

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

function plainText(ctx: Context, text: string): void {
  ctx.type = 'text/plain; charset=utf-8'
  ctx.set('X-Content-Type-Options', 'nosniff')
  ctx.body = text
}

/** What Go's server says of a request it cannot read, before anything else looks at it. */
function refuseRequest(ctx: Context, why = ''): void {
  ctx.status = 400
  ctx.type = 'text/plain; charset=utf-8'
  if (ctx.req.httpVersionMajor < 2) ctx.set('Connection', 'close')
  ctx.body = `400 Bad Request${why}`
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

/** Of most requests; nobody changes it. */
const noQuery = new URLSearchParams()

/** As Go does, without the parameters that cannot be read. Source: Go net/url, ParseQuery */
function parseQuery(text: string): URLSearchParams {
  if (text === '') return noQuery
  if (!/[;%]/.test(text)) return new URLSearchParams(text)
  const readable = text.split('&').filter((one) => !one.includes(';') && !brokenEscape.test(one))
  return new URLSearchParams(readable.join('&'))
}
