// Who asks: a client certificate, else a bearer token, else nobody in particular.
// Source: apiserver/pkg/endpoints/filters, authentication.go (v1.36)
import type { TLSSocket } from 'node:tls'
import { newUnauthorized } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import { anonymous, authenticatedGroup, type Authenticator, type Credentials } from '../../authentication/authenticator.ts'
import type { Context, Filter } from '../context.ts'

/** @param allowAnonymous without credentials: system:anonymous, or 401 */
export function authentication(authenticators: readonly Authenticator[], allowAnonymous: boolean): Filter {
  return async (ctx, next) => {
    const credentials = credentialsOf(ctx)
    const user = await identify(authenticators, credentials)
    if (user === undefined && (credentials.bearerToken !== undefined || !allowAnonymous)) throw newUnauthorized()
    ctx.state.user = user === undefined ? anonymous : withAuthenticatedGroup(user)
    await next()
  }
}

async function identify(authenticators: readonly Authenticator[], credentials: Credentials): Promise<UserInfo | undefined> {
  for (const one of authenticators) {
    const answer = one.authenticate(credentials)
    const user = answer instanceof Promise ? await answer : answer
    if (user !== undefined) return user
  }
  return undefined
}

const protocolPrefix = 'base64url.bearer.authorization.k8s.io.'

function credentialsOf(ctx: Context): Credentials {
  const credentials: { bearerToken?: string; clientCertificate?: NonNullable<Credentials['clientCertificate']> } = {}
  const header = ctx.get('Authorization')
  const match = /^Bearer +(\S.*)$/i.exec(header)
  if (match !== null) credentials.bearerToken = match[1]!.trim()
  const protocol = ctx.get('Sec-WebSocket-Protocol').split(',').map((one) => one.trim()).find((one) => one.startsWith(protocolPrefix))
  if (credentials.bearerToken === undefined && protocol !== undefined) {
    credentials.bearerToken = Buffer.from(protocol.slice(protocolPrefix.length), 'base64url').toString()
  }
  const certificate = verifiedCertificate(ctx)
  if (certificate !== undefined) credentials.clientCertificate = certificate
  return credentials
}

/** TLS verified it once for the connection; every request of the connection has it. */
const certificates = new WeakMap<object, NonNullable<Credentials['clientCertificate']> | null>()

function verifiedCertificate(ctx: Context): Credentials['clientCertificate'] {
  const socket = connectionOf(ctx)
  let known = certificates.get(socket)
  if (known === undefined) {
    known = null
    if (socket.authorized) {
      const certificate = socket.getPeerCertificate()
      if (certificate.subject !== undefined) known = certificate
    }
    certificates.set(socket, known)
  }
  return known ?? undefined
}

/** The TLS socket: of the connection itself with HTTP/1.1, behind the session with HTTP/2. */
function connectionOf(ctx: Context): TLSSocket {
  const request = ctx.req as unknown as { stream?: { session?: { socket: TLSSocket } }; socket: TLSSocket }
  return request.stream?.session?.socket ?? request.socket
}

function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === anonymous.name || user.groups.includes(authenticatedGroup)) return user
  return { ...user, groups: [...user.groups, authenticatedGroup] }
}
