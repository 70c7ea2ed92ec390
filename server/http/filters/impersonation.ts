// Acting as somebody else, for those who may: Impersonate-User, -Group, -Uid and -Extra-* headers.
// Source: apiserver/pkg/endpoints/filters/impersonation, constrained_impersonation.go (v1.36)
import { newBadRequest } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import type { Authorizer } from '../../authorization/authorizer.ts'
import type { Context, Filter } from '../context.ts'
import { attributesOf } from './authorization.ts'
import { Impersonation, type Wanted } from './impersonation-modes.ts'

const prefix = 'impersonate-'
const extraPrefix = 'extra-'

export function impersonation(authorizer: Authorizer): Filter {
  const modes = new Impersonation(authorizer)
  return (next) => (ctx) => {
    const wanted = wantedUser(ctx)
    if (wanted !== undefined) {
      ctx.state.user = modes.userFor(wanted, attributesOf(ctx.state.requestInfo, ctx.state.user))
    }
    return next(ctx)
  }
}

/** As Go prints a user.DefaultInfo. */
function printWanted({ uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]) => `[]string{${values.map((one) => quote(one)).join(', ')}}`
  const printedGroups = groups.length === 0 ? '[]string(nil)' : list(groups)
  const members = Array.from(extra, ([key, values]) => `${quote(key)}:${list(values)}`).sort()
  const printedExtra = extra.size === 0 ? 'map[string][]string(nil)' : `map[string][]string{${members.join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${quote(uid)}, Groups:${printedGroups}, Extra:${printedExtra}}`
}

/** Undefined where no header asks for anything. @throws StatusError 400 if they ask, but for no name */
function wantedUser({ req }: Context): Wanted | undefined {
  // Raw, as several headers of one name are joined by commas elsewhere, and a group may hold one.
  const { rawHeaders } = req
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (asksForUser(rawHeaders[at]!)) return readWanted(rawHeaders)
  }
  return undefined
}

const initial = 0x69
const lowerCase = 0x20

function asksForUser(header: string): boolean {
  // Every header of every request comes by here.
  if (header.length < prefix.length || (header.charCodeAt(0) | lowerCase) !== initial) return false
  return header.slice(0, prefix.length).toLowerCase() === prefix
}

function readWanted(rawHeaders: readonly string[]): Wanted | undefined {
  const groups: string[] = []
  const extra = new Map<string, string[]>()
  let name = ''
  let uid = ''
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const header = rawHeaders[at]!
    if (!asksForUser(header)) continue
    const value = rawHeaders[at + 1]!
    const what = header.slice(prefix.length).toLowerCase()
    if (what === 'user' && name === '') name = value
    else if (what === 'uid' && uid === '') uid = value
    else if (what === 'group') groups.push(value)
    else if (what.startsWith(extraPrefix)) {
      const key = unescapeKey(what.slice(extraPrefix.length))
      extra.set(key, [...(extra.get(key) ?? []), value])
    }
  }
  if (name === '' && uid === '' && groups.length === 0 && extra.size === 0) return undefined
  const wanted = { name, uid, groups, extra }
  if (name === '') throw newBadRequest(`requested ${printWanted(wanted)} without impersonating a user name`)
  return wanted
}

/** What cannot be unescaped is taken as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
