// Who may act as whom: constrained modes, each for its kind of user and for one request, and the old one that allows all.
// Source: KEP-5284; apiserver/pkg/endpoints/filters/impersonation, mode.go, constrained_impersonation.go (v1.36)
// Left out: its caches of permissions. The permissions are looked up each time.
import { isDNS1123Subdomain } from '../../apimachinery/formats.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import { anonymous, authenticatedGroup } from '../../authentication/authenticator.ts'
import type { AuthorizationAttributes, Authorizer } from '../../authorization/authorizer.ts'
import { forbidden } from './authorization.ts'

/** The user the headers ask for, as they are sent. */
export interface Wanted {
  readonly name: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: ReadonlyMap<string, readonly string[]>
}

interface Mode {
  /** Empty: the old way. */
  readonly name: string
  applies(wanted: Wanted, requestor: UserInfo): boolean
}

const modes: readonly Mode[] = [
  { name: 'associated-node', applies: (wanted, requestor) => isNameAlone(wanted) && isOnNode(requestor, wanted.name) },
  { name: 'arbitrary-node', applies: (wanted) => isNameAlone(wanted) && nodeOf(wanted.name) !== undefined },
  { name: 'serviceaccount', applies: (wanted) => isNameAlone(wanted) && accountOf(wanted.name) !== undefined },
  // Users that have a form of their own have modes of their own.
  { name: 'user-info', applies: ({ name }) => nodeOf(name) === undefined && accountOf(name) === undefined },
  { name: '', applies: () => true },
]

const rememberedUsers = 10_000

export class Impersonation {
  readonly #authorizer: Authorizer
  /** Which mode was the last that a user was allowed: it is tried first, and its refusal is what is told. */
  readonly #lastMode = new Map<string, Mode>()

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer
  }

  /** @param request what is asked as the wanted user @throws StatusError 403: the first refusal */
  userFor(wanted: Wanted, request: AuthorizationAttributes): UserInfo {
    const requestor = request.user
    const last = this.#lastMode.get(requestor.name)
    const ordered = last === undefined ? modes : [last, ...modes.filter((mode) => mode !== last)]
    let refusal: unknown
    for (const mode of ordered) {
      if (!mode.applies(wanted, requestor)) continue
      try {
        this.#check(mode, wanted, request)
      } catch (error) {
        refusal ??= error
        continue
      }
      this.#remember(requestor.name, mode)
      return impersonatedUser(mode, wanted)
    }
    throw refusal
  }

  #remember(name: string, mode: Mode): void {
    this.#lastMode.delete(name)
    this.#lastMode.set(name, mode)
    if (this.#lastMode.size > rememberedUsers) this.#lastMode.delete(this.#lastMode.keys().next().value!)
  }

  #check({ name: mode }: Mode, wanted: Wanted, request: AuthorizationAttributes): void {
    const isConstrained = mode !== ''
    if (isConstrained) this.#ask({ ...request, verb: `impersonate-on:${mode}:${request.verb}` })
    const asking = {
      user: request.user,
      verb: isConstrained ? `impersonate:${mode}` : 'impersonate',
      isResourceRequest: true,
      path: '',
      version: 'v1',
    }
    for (const claim of claimsOf(wanted, isConstrained)) {
      const attributes: AuthorizationAttributes = { ...noClaim, ...asking, ...claim }
      if (claim.refusal !== undefined) throw forbidden(attributes, { verdict: 'deny', reason: claim.refusal })
      // Of the node one runs on, no name is asked for.
      this.#ask(mode === 'associated-node' ? { ...attributes, name: '*' } : attributes)
    }
  }

  #ask(attributes: AuthorizationAttributes): void {
    const decision = this.#authorizer.authorize(attributes)
    if (decision.verdict !== 'allow') throw forbidden(attributes, decision)
  }
}

const authenticationGroup = 'authentication.k8s.io'
const noClaim = { group: '', resource: '', subresource: '', name: '', namespace: '' }

interface Claim {
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  readonly name?: string
  readonly namespace?: string
  /** What nobody may claim, and why. */
  readonly refusal?: string
}

/** One for each thing that is said of the wanted user, in the order in which they are asked for. */
function* claimsOf(wanted: Wanted, isConstrained: boolean): Generator<Claim> {
  const group = isConstrained ? authenticationGroup : ''
  yield nameClaim(wanted.name, group, isConstrained)
  if (wanted.uid !== '') yield { resource: 'uids', group: authenticationGroup, name: wanted.uid }
  const groups = { resource: 'groups', group }
  if (isConstrained && wanted.groups.includes(''))
    yield { ...groups, refusal: 'impersonating the empty string group is not allowed' }
  if (isConstrained && wanted.groups.includes(privilegedGroup))
    yield { ...groups, name: privilegedGroup, refusal: 'impersonating the system:masters group is not allowed' }
  for (const name of wanted.groups) yield { ...groups, name }
  const extra = { resource: 'userextras', group: authenticationGroup }
  const problem = isConstrained ? problemOfExtra(wanted.extra) : undefined
  if (problem !== undefined) yield { ...extra, refusal: problem }
  for (const [subresource, values] of wanted.extra) for (const name of values) yield { ...extra, subresource, name }
}

const privilegedGroup = 'system:masters'

function nameClaim(name: string, group: string, isConstrained: boolean): Claim {
  const node = isConstrained ? nodeOf(name) : undefined
  if (node !== undefined) return { resource: 'nodes', group, name: node }
  const account = accountOf(name)
  return account === undefined ? { resource: 'users', group, name } : { resource: 'serviceaccounts', group, ...account }
}

function problemOfExtra(extra: Wanted['extra']): string | undefined {
  for (const [key, values] of extra) {
    if (key === '') return 'impersonating the empty string key in extra is not allowed'
    if (key !== key.toLowerCase()) return `impersonating a non-lowercase key in extra is not allowed: ${quote(key)}`
    if (values.includes('')) return 'impersonating the empty string value in extra is not allowed'
  }
  return undefined
}

function impersonatedUser({ name: mode }: Mode, { name, uid, groups, extra }: Wanted): UserInfo {
  const isNode = mode === 'associated-node' || mode === 'arbitrary-node'
  return {
    name,
    ...(uid === '' ? {} : { uid }),
    groups: groupsOf(name, isNode ? ['system:nodes'] : groups),
    ...(extra.size === 0
      ? {}
      : { extra: Object.fromEntries(Array.from(extra, ([key, values]) => [key, [...values]])) }),
  }
}

function groupsOf(name: string, sent: readonly string[]): string[] {
  const groups = [...sent]
  const account = accountOf(name)
  if (groups.length === 0 && account !== undefined) {
    groups.push('system:serviceaccounts', `system:serviceaccounts:${account.namespace}`)
  }
  const unauthenticated = anonymous.groups[0]!
  const own = name === anonymous.name ? unauthenticated : authenticatedGroup
  // Who asks to be unauthenticated is not made authenticated.
  if (!groups.includes(own) && !groups.includes(unauthenticated)) groups.push(own)
  return groups
}

function isNameAlone({ uid, groups, extra }: Wanted): boolean {
  return uid === '' && groups.length === 0 && extra.size === 0
}

const nodePrefix = 'system:node:'

function nodeOf(user: string): string | undefined {
  if (!user.startsWith(nodePrefix)) return undefined
  const name = user.slice(nodePrefix.length)
  return isDNS1123Subdomain(name).length === 0 ? name : undefined
}

/** A service account whose token is bound to a pod on the node. */
function isOnNode({ name, extra }: UserInfo, user: string): boolean {
  const node = nodeOf(user)
  const [own, ...others] = extra?.['authentication.kubernetes.io/node-name'] ?? []
  return node !== undefined && accountOf(name) !== undefined && own === node && others.length === 0
}

const accountPrefix = 'system:serviceaccount:'

function accountOf(user: string): { namespace: string; name: string } | undefined {
  if (!user.startsWith(accountPrefix)) return undefined
  const [namespace = '', name = '', ...others] = user.slice(accountPrefix.length).split(':')
  return others.length > 0 || namespace === '' || name === '' ? undefined : { namespace, name }
}
