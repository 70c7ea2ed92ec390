// Acting as somebody else, for those who may: Impersonate-User, -Group, -Uid and -Extra-* headers.
// Source: apiserver/pkg/endpoints/filters, impersonation.go (v1.36)
import { newBadRequest } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import { anonymous, authenticatedGroup } from '../../authentication/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from '../../authorization/authorizer.ts'
import type { Context, Filter } from '../context.ts'
import { forbidden } from './authorization.ts'

const extraPrefix = 'impersonate-extra-'
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

function impersonated(ctx: Context): { user: UserInfo; claims: Claim[] } | undefined {
  const name = ctx.get('Impersonate-User')
  const uid = ctx.get('Impersonate-Uid')
  const groups = headerValues(ctx, 'impersonate-group')
  const extra = extraOf(ctx)
  if (name === '') {
    if (uid === '' && groups.length === 0 && extra.size === 0) return undefined
    throw newBadRequest(`requested ${goUser(uid, groups, extra)} without impersonating a user name`)
  }
  const claims: Claim[] = []
  const account = serviceAccount(name)
  if (account === undefined) claims.push({ resource: 'users', group: '', name })
  else claims.push({ resource: 'serviceaccounts', group: '', ...account })
  for (const group of groups) claims.push({ resource: 'groups', group: '', name: group })
  for (const [key, values] of extra) {
    for (const value of values) claims.push({ resource: 'userextras', group: 'authentication.k8s.io', subresource: key, name: value })
  }
  if (uid !== '') claims.push({ resource: 'uids', group: 'authentication.k8s.io', name: uid })
  const user: UserInfo = {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: groupsOf(name, groups, account),
    ...(extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  }
  return { user, claims }
}

function groupsOf(name: string, sent: readonly string[], account: { namespace: string } | undefined): string[] {
  const groups = [...sent]
  if (groups.length === 0 && account !== undefined) {
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`)
  }
  const unauthenticatedGroup = anonymous.groups[0]!
  // Whoever names one of the two is neither given the other.
  if (!groups.includes(authenticatedGroup) && !groups.includes(unauthenticatedGroup)) {
    groups.push(name === anonymous.name ? unauthenticatedGroup : authenticatedGroup)
  }
  return groups
}

function serviceAccount(name: string): { namespace: string; name: string } | undefined {
  if (!name.startsWith(serviceAccountPrefix)) return undefined
  const parts = name.slice(serviceAccountPrefix.length).split(':')
  return parts.length === 2 ? { namespace: parts[0]!, name: parts[1]! } : undefined
}

/** One for each line of the header: a value may hold commas. */
function headerValues(ctx: Context, name: string): string[] {
  const { rawHeaders } = ctx.req
  return rawHeaders.filter((_value, at) => at % 2 === 1 && rawHeaders[at - 1]!.toLowerCase() === name)
}

/** How Go prints the user that was asked for. */
function goUser(uid: string, groups: readonly string[], extra: ReadonlyMap<string, readonly string[]>): string {
  const list = (values: readonly string[]) => `[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`
  const entries = [...extra].sort().map(([key, values]) => `${JSON.stringify(key)}:${list(values)}`)
  const printedGroups = groups.length === 0 ? '[]string(nil)' : list(groups)
  const printedExtra = entries.length === 0 ? 'map[string][]string(nil)' : `map[string][]string{${entries.join(', ')}}`
  return `&user.DefaultInfo{Name:"", UID:${JSON.stringify(uid)}, Groups:${printedGroups}, Extra:${printedExtra}}`
}

function extraOf(ctx: Context): Map<string, string[]> {
  const extra = new Map<string, string[]>()
  for (const name of Object.keys(ctx.req.headers)) {
    if (name.startsWith(extraPrefix)) extra.set(decodeURIComponent(name.slice(extraPrefix.length)).toLowerCase(), headerValues(ctx, name))
  }
  return extra
}
