// Acting as somebody else, for those who may: Impersonate-User, -Group, -Uid and -Extra-* headers.
// Source: apiserver/pkg/endpoints/filters/impersonation, constrained_impersonation.go, mode.go (v1.36)
// Left out: the constrained modes (KEP-5284). Only the verb `impersonate` allows it.
import { newBadRequest } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import { anonymous, authenticatedGroup } from '../../authentication/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from '../../authorization/authorizer.ts'
import type { Context, Filter } from '../context.ts'
import { forbidden } from './authorization.ts'

const prefix = 'impersonate-'
const extraPrefix = 'extra-'
const serviceAccountPrefix = 'system:serviceaccount:'

interface Claim {
  readonly resource: string
  readonly group: string
  readonly name: string
  readonly namespace?: string
  readonly subresource?: string
}

export function impersonation(authorizer: Authorizer): Filter {
  return async (ctx, next) => {
    const target = impersonated(ctx)
    if (target !== undefined) {
      for (const claim of target.claims) check(authorizer, ctx.state.user, claim)
      ctx.state.user = target.user
    }
    await next()
  }
}

function check(authorizer: Authorizer, user: UserInfo, claim: Claim): void {
  const attributes: AuthorizationAttributes = {
    user,
    verb: 'impersonate',
    isResourceRequest: true,
    path: '',
    namespace: claim.namespace ?? '',
    group: claim.group,
    version: 'v1',
    resource: claim.resource,
    subresource: claim.subresource ?? '',
    name: claim.name,
  }
  const decision = authorizer.authorize(attributes)
  if (decision.verdict !== 'allow') throw forbidden(attributes, decision)
}

/** The user the headers ask for, as they are sent. */
interface Wanted {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: ReadonlyMap<string, readonly string[]>
}

function impersonated(ctx: Context): { user: UserInfo; claims: Claim[] } | undefined {
  const wanted = wantedUser(ctx)
  if (wanted === undefined) return undefined
  const { name, uid, groups, extra } = wanted
  if (name === '') {
    if (uid === '' && groups.length === 0 && extra.size === 0) return undefined
    throw newBadRequest(`requested ${printWanted(wanted)} without impersonating a user name`)
  }
  const claims: Claim[] = []
  const account = serviceAccount(name)
  if (account === undefined) claims.push({ resource: 'users', group: '', name })
  else claims.push({ resource: 'serviceaccounts', group: '', ...account })
  if (uid !== '') claims.push({ resource: 'uids', group: 'authentication.k8s.io', name: uid })
  for (const group of groups) claims.push({ resource: 'groups', group: '', name: group })
  for (const [key, values] of extra) {
    for (const value of values)
      claims.push({ resource: 'userextras', group: 'authentication.k8s.io', subresource: key, name: value })
  }
  const user: UserInfo = {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: groupsOf(name, groups, account),
    ...(extra.size === 0
      ? {}
      : { extra: Object.fromEntries(Array.from(extra, ([key, values]) => [key, [...values]])) }),
  }
  return { user, claims }
}

/** As Go prints a user.DefaultInfo. */
function printWanted({ uid, groups, extra }: Wanted): string {
  const list = (values: readonly string[]) => `[]string{${values.map((one) => quote(one)).join(', ')}}`
  const printedGroups = groups.length === 0 ? '[]string(nil)' : list(groups)
  const members = Array.from(extra, ([key, values]) => `${quote(key)}:${list(values)}`).sort()
  const printedExtra = extra.size === 0 ? 'map[string][]string(nil)' : `map[string][]string{${members.join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${quote(uid)}, Groups:${printedGroups}, Extra:${printedExtra}}`
}

function groupsOf(name: string, sent: readonly string[], account: { namespace: string } | undefined): string[] {
  const groups = [...sent]
  if (groups.length === 0 && account !== undefined) {
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`)
  }
  const unauthenticated = anonymous.groups[0]!
  const own = name === anonymous.name ? unauthenticated : authenticatedGroup
  // Who asks to be unauthenticated is not made authenticated.
  if (!groups.includes(own) && !groups.includes(unauthenticated)) groups.push(own)
  return groups
}

function serviceAccount(name: string): { namespace: string; name: string } | undefined {
  if (!name.startsWith(serviceAccountPrefix)) return undefined
  const parts = name.slice(serviceAccountPrefix.length).split(':')
  return parts.length === 2 ? { namespace: parts[0]!, name: parts[1]! } : undefined
}

/** One for each line of the header: a value may hold commas. */
/** Undefined where no header asks for anything. */
function wantedUser({ req }: Context): Wanted | undefined {
  const groups: string[] = []
  const extra = new Map<string, string[]>()
  let name = ''
  let uid = ''
  let isAsked = false
  // Raw, as several headers of one name are joined by commas elsewhere, and a group may hold one.
  for (let at = 0; at < req.rawHeaders.length; at += 2) {
    const header = req.rawHeaders[at]!
    if (header.length < prefix.length || header.slice(0, prefix.length).toLowerCase() !== prefix) continue
    isAsked = true
    const value = req.rawHeaders[at + 1]!
    const what = header.slice(prefix.length).toLowerCase()
    if (what === 'user' && name === '') name = value
    else if (what === 'uid' && uid === '') uid = value
    else if (what === 'group') groups.push(value)
    else if (what.startsWith(extraPrefix)) {
      const key = unescapeKey(what.slice(extraPrefix.length))
      extra.set(key, [...(extra.get(key) ?? []), value])
    }
  }
  return isAsked ? { name, uid, groups, extra } : undefined
}

/** What cannot be unescaped is taken as it is. */
function unescapeKey(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}
