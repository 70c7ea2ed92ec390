// Who asks: a client certificate, else a bearer token, else nobody in particular.
// Source: apiserver/pkg/endpoints/filters, authentication.go (v1.36)
import type { IncomingHttpHeaders } from 'node:http'
import type { PeerCertificate, TLSSocket } from 'node:tls'
import { newUnauthorized } from '../../apimachinery/errors.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import {
  anonymous,
  withAuthenticatedGroup,
  type Authenticator,
  type Credentials,
} from '../../authentication/authenticator.ts'
import type { Context, Filter } from '../context.ts'
import { bearerProtocolPrefix, isWebSocketRequest } from '../websocket.ts'

/** @param allowAnonymous without credentials: system:anonymous, or 401 */
export function authentication(authenticators: readonly Authenticator[], allowAnonymous: boolean): Filter {
  return (next) => (ctx) => {
    const header = ctx.req.headers.authorization ?? ''
    if (hasSpaceBeforeToken(header)) ctx.state.warnings.add(spaceBeforeToken)
    const certificate = certificateOf(ctx)
    const credentials = credentialsOf(ctx, header, certificate)
    const goOn = (user: UserInfo | undefined): void | Promise<void> => {
      const mayBeAnonymous = allowAnonymous && credentials.bearerToken === undefined && certificate !== 'invalid'
      if (user === undefined && !mayBeAnonymous) throw newUnauthorized()
      ctx.state.user = user === undefined ? anonymous : memberOfAll(user)
      return next(ctx)
    }
    const user = identify(authenticators, credentials)
    return user instanceof Promise ? user.then(goOn) : goOn(user)
  }
}

/** At once, as long as nobody has to think about it. */
function identify(
  authenticators: readonly Authenticator[],
  credentials: Credentials,
  from = 0,
): UserInfo | undefined | Promise<UserInfo | undefined> {
  for (let at = from; at < authenticators.length; at++) {
    const answer = authenticators[at]!.authenticate(credentials)
    if (answer instanceof Promise) return answer.then((user) => user ?? identify(authenticators, credentials, at + 1))
    if (answer !== undefined) return answer
  }
  return undefined
}

/** Authenticators that know a user for good name it by one and the same object. */
const membersOfAll = new WeakMap<UserInfo, UserInfo>()

function memberOfAll(user: UserInfo): UserInfo {
  let member = membersOfAll.get(user)
  if (member === undefined) membersOfAll.set(user, (member = withAuthenticatedGroup(user)))
  return member
}

function credentialsOf(
  { req }: Context,
  header: string,
  certificate: PeerCertificate | 'invalid' | undefined,
): Credentials {
  const bearerToken = tokenOf(header) ?? protocolToken(req.headers)
  const clientCertificate = certificate === 'invalid' ? undefined : certificate
  if (clientCertificate === undefined) return bearerToken === undefined ? {} : { bearerToken }
  return bearerToken === undefined ? { clientCertificate } : { bearerToken, clientCertificate }
}

const spaceBeforeToken =
  'the provided Authorization header contains extra space before the bearer token, and is ignored'

function hasSpaceBeforeToken(header: string): boolean {
  return header.includes('  ') && /^bearer  /i.test(header.trim())
}

/** The second word of a `Bearer` header. Source: apiserver/pkg/authentication/request/bearertoken (v1.36) */
function tokenOf(header: string): string | undefined {
  if (header === '') return undefined
  const [scheme = '', token = ''] = header.trim().split(' ', 2)
  return scheme.toLowerCase() === 'bearer' && token !== '' ? token : undefined
}

/**
 * Of a WebSocket. It must be beside another protocol, which the server can choose: alone it is no good token.
 * Source: apiserver/pkg/authentication/request/websocket, protocol.go (v1.36)
 */
function protocolToken(headers: IncomingHttpHeaders): string | undefined {
  const header = headers['sec-websocket-protocol']
  if (header === undefined || !isWebSocketRequest(headers)) return undefined
  const protocols = header.split(',').map((one) => one.trim())
  const token = protocols.find((one) => one.startsWith(bearerProtocolPrefix))
  if (token === undefined) return undefined
  if (protocols.every((one) => one.startsWith(bearerProtocolPrefix))) return ''
  return Buffer.from(token.slice(bearerProtocolPrefix.length), 'base64url').toString()
}

/** TLS verified it once for the connection; every request of the connection has it. */
const certificates = new WeakMap<object, PeerCertificate | 'invalid' | 'none'>()

/** `invalid`: there is one, but not of our authority, or not of this time. */
function certificateOf(ctx: Context): PeerCertificate | 'invalid' | undefined {
  const socket = connectionOf(ctx)
  let known = certificates.get(socket)
  if (known === undefined) {
    known = inspect(socket)
    certificates.set(socket, known)
  }
  return known === 'none' ? undefined : known
}

function inspect(socket: TLSSocket): PeerCertificate | 'invalid' | 'none' {
  // Tests serve without TLS.
  const certificate = (socket as Partial<TLSSocket>).getPeerCertificate?.call(socket)
  if (certificate?.subject === undefined) return 'none'
  return socket.authorized ? certificate : 'invalid'
}

/** The TLS socket: of the connection itself with HTTP/1.1, behind the session with HTTP/2. */
function connectionOf(ctx: Context): TLSSocket {
  const request = ctx.req as unknown as { stream?: { session?: { socket: TLSSocket } }; socket: TLSSocket }
  return request.stream?.session?.socket ?? request.socket
}
