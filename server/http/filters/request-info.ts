// Reads what the request is about, gives it an audit id, and sets the headers every answer has.
import { randomUUID } from 'node:crypto'
import { parseRequestInfo } from '../../apimachinery/request-info.ts'
import { anonymous } from '../../authentication/authenticator.ts'
import type { Filter } from '../context.ts'

const auditIdHeader = 'Audit-Id'

export const requestInfo: Filter = async (ctx, next) => {
  const sent = ctx.get(auditIdHeader)
  ctx.state.auditId = sent === '' ? randomUUID() : sent
  ctx.state.query = new URLSearchParams(ctx.querystring)
  ctx.state.requestInfo = parseRequestInfo(ctx.method, decodePath(ctx.path), ctx.state.query)
  ctx.state.user = anonymous
  ctx.state.isServed = false
  ctx.state.warnings = new Set()
  ctx.set(auditIdHeader, ctx.state.auditId)
  ctx.set('Cache-Control', 'no-cache, private')
  await next()
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
