// Service-account tokens: RS256 JWTs that name the account and what they are bound to; checked against the live objects.
// Source: KEP-1205; pkg/serviceaccount, claims.go (v1.36)
import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { newUnauthorized, StatusError } from '../apimachinery/errors.ts'
import type { Clock } from '../apimachinery/clock.ts'
import type { AnyObject, Frozen, UserInfo } from '../apimachinery/types.ts'
import type { Authenticator, Credentials } from './authenticator.ts'

interface Reference {
  readonly name: string
  readonly uid?: string
}

/** Times are seconds since the epoch. */
export interface ServiceAccountClaims {
  readonly namespace: string
  readonly serviceAccount: { name: string; uid: string }
  readonly pod?: { name: string; uid: string }
  readonly node?: Reference
  readonly secret?: { name: string; uid: string }
  readonly audiences: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
}

interface KubernetesClaim {
  namespace: string
  serviceaccount: { name: string; uid: string }
  pod?: { name: string; uid: string }
  node?: Reference
  secret?: { name: string; uid: string }
}

/** The key is made, and kept, when the first token or key set is asked for: it takes a tenth of a second. */
export interface KeyStore {
  load(): string | undefined
  save(pem: string): void
}

export interface ServiceAccountOptions {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly keys: KeyStore
  readonly clock: Clock
  /** Live objects: a token dies with its account, pod or secret. */
  find(resource: string, namespace: string | undefined, name: string): Frozen<AnyObject> | undefined
}

/** Of the tokens that Secrets hold. */
const legacyIssuer = 'kubernetes/serviceaccount'
const legacyClaims = 'kubernetes.io/serviceaccount'

/** A service account, as tokens of Secrets name it. */
export interface AccountReference {
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** A token whose signature was verified: that costs more than the rest of a request. */
interface Genuine {
  readonly claim: KubernetesClaim
  readonly user: UserInfo
  readonly audiences: readonly string[]
  /** Seconds since the epoch. */
  readonly expiresAt: number
}

/** Tokens; a cluster has as many as pods that speak to the server. */
const maxRemembered = 2000

/** Source: go-jose/v4/jwt, DefaultLeeway */
const leewayMs = 60_000

export class ServiceAccountTokens implements Authenticator {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly #options: ServiceAccountOptions
  /** By token. */
  readonly #genuine = new Map<string, Genuine>()
  #key: Promise<KeyObject> | undefined

  constructor(options: ServiceAccountOptions) {
    this.issuer = options.issuer
    this.audiences = options.audiences
    this.#options = options
  }

  async issue(claims: ServiceAccountClaims): Promise<string> {
    const { SignJWT } = await import('jose')
    const key = await this.#signingKey()
    const { namespace, serviceAccount, pod, node, secret } = claims
    const kubernetes: KubernetesClaim = {
      namespace,
      ...(node === undefined ? {} : { node }),
      ...(pod === undefined ? {} : { pod }),
      ...(secret === undefined ? {} : { secret }),
      serviceaccount: serviceAccount,
    }
    return new SignJWT({ 'kubernetes.io': kubernetes })
      .setProtectedHeader({ alg: 'RS256', kid: keyId(key) })
      .setIssuer(this.issuer)
      .setSubject(userName(namespace, serviceAccount.name))
      .setAudience([...claims.audiences])
      .setIssuedAt(claims.issuedAt)
      .setNotBefore(claims.issuedAt)
      .setExpirationTime(claims.expiresAt)
      .setJti(randomUUID())
      .sign(key)
  }

  /** The token of a Secret: it does not expire, and dies with its Secret. Source: pkg/serviceaccount, LegacyClaims */
  async issueForSecret({ namespace, name, uid }: AccountReference, secretName: string): Promise<string> {
    const { SignJWT } = await import('jose')
    const key = await this.#signingKey()
    const claims = {
      [`${legacyClaims}/namespace`]: namespace,
      [`${legacyClaims}/secret.name`]: secretName,
      [`${legacyClaims}/service-account.name`]: name,
      [`${legacyClaims}/service-account.uid`]: uid,
    }
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'RS256', kid: keyId(key) })
      .setIssuer(legacyIssuer)
      .setSubject(userName(namespace, name))
      .sign(key)
  }

  authenticate({ bearerToken, audiences = this.audiences }: Credentials): ReturnType<Authenticator['authenticate']> {
    if (bearerToken === undefined) return undefined
    const genuine = this.#genuine.get(bearerToken)
    return genuine === undefined ? this.#authenticateNew(bearerToken, audiences) : this.#judge(genuine, audiences)
  }

  async #authenticateNew(bearerToken: string, audiences: readonly string[]): Promise<UserInfo | undefined> {
    if (looksLikeOurs(bearerToken, legacyIssuer)) return this.#authenticateOfSecret(bearerToken, audiences)
    if (!looksLikeOurs(bearerToken, this.issuer)) return undefined
    const { jwtVerify, errors } = await import('jose')
    try {
      const key = createPublicKey(await this.#signingKey())
      const currentDate = new Date(this.#options.clock.now())
      const { payload } = await jwtVerify(bearerToken, key, { issuer: this.issuer, algorithms: ['RS256'], currentDate })
      const claim = payload['kubernetes.io'] as KubernetesClaim
      const user = userOf(claim, payload.jti)
      const genuine = { claim, user, audiences: audiencesOf(payload), expiresAt: payload.exp ?? Infinity }
      this.#remember(bearerToken, genuine)
      return this.#judge(genuine, audiences)
    } catch (error) {
      if (error instanceof StatusError) throw error
      throw error instanceof errors.JWTExpired ? expired() : newUnauthorized()
    }
  }

  /** The signature is good for ever; what it says is not. @throws StatusError 401 */
  #judge({ claim, user, audiences: own, expiresAt }: Genuine, audiences: readonly string[]): UserInfo {
    if (expiresAt <= Math.floor(this.#options.clock.now() / 1000)) throw expired()
    if (!own.some((one) => audiences.includes(one))) {
      throw newUnauthorized(
        new Error(`token audiences ${print(own)} is invalid for the target audiences ${print(audiences)}`),
      )
    }
    const { namespace, serviceaccount, pod, node, secret } = claim
    this.#mustLive('serviceaccounts', namespace, serviceaccount)
    if (pod !== undefined) this.#mustLive('pods', namespace, pod)
    else if (node !== undefined) this.#mustLive('nodes', undefined, node)
    if (secret !== undefined) this.#mustLive('secrets', namespace, secret)
    return user
  }

  #remember(token: string, genuine: Genuine): void {
    if (this.#genuine.size >= maxRemembered) this.#genuine.delete(this.#genuine.keys().next().value!)
    this.#genuine.set(token, genuine)
  }

  /** Source: pkg/serviceaccount, legacyValidator (v1.36); such a token is for the API server, whatever it calls itself. */
  async #authenticateOfSecret(bearerToken: string, audiences: readonly string[]): Promise<UserInfo | undefined> {
    const { compactVerify } = await import('jose')
    if (!audiences.some((one) => this.audiences.includes(one))) return undefined
    try {
      await compactVerify(bearerToken, createPublicKey(await this.#signingKey()), { algorithms: ['RS256'] })
    } catch {
      throw newUnauthorized()
    }
    const claims = (payloadOf(bearerToken) ?? {}) as Record<string, unknown>
    const claim = (name: string): string => String(claims[`${legacyClaims}/${name}`] ?? '')
    const [namespace, name, uid] = [claim('namespace'), claim('service-account.name'), claim('service-account.uid')]
    const secret = this.#options.find('secrets', namespace, claim('secret.name'))
    const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string>>
    const isRevoked =
      secret === undefined ||
      secret.metadata?.deletionTimestamp !== undefined ||
      secret.metadata?.labels?.['kubernetes.io/legacy-token-invalid-since'] !== undefined ||
      Buffer.from(data['token'] ?? '', 'base64').toString() !== bearerToken
    if (isRevoked) throw newUnauthorized()
    this.#mustLive('serviceaccounts', namespace, { name, uid })
    return { ...serviceAccountUser(namespace, name), uid }
  }

  /** Those of the wanted audiences that a token is for; the token has been found good. */
  sharedAudiences(bearerToken: string, wanted: readonly string[]): string[] {
    const payload = payloadOf(bearerToken) ?? {}
    const own = payload.iss === legacyIssuer ? this.audiences : audiencesOf(payload)
    return wanted.filter((one) => own.includes(one))
  }

  /** RFC 7517 */
  async keySet(): Promise<{ keys: Record<string, unknown>[] }> {
    const key = await this.#signingKey()
    const { kty, n, e } = createPublicKey(key).export({ format: 'jwk' })
    return { keys: [{ use: 'sig', kty, kid: keyId(key), alg: 'RS256', n, e }] }
  }

  /** It is there, and the same, and not long gone but for its finalizers. */
  #mustLive(resource: string, namespace: string | undefined, { name, uid }: Reference): void {
    const { find, clock } = this.#options
    const meta = find(resource, namespace, name)?.metadata
    const isGone = Date.parse(meta?.deletionTimestamp ?? '') < clock.now() - leewayMs
    if (meta === undefined || meta.uid !== uid || isGone) throw newUnauthorized()
  }

  #signingKey(): Promise<KeyObject> {
    this.#key ??= this.#loadKey()
    return this.#key
  }

  async #loadKey(): Promise<KeyObject> {
    const known = this.#options.keys.load()
    if (known !== undefined) return createPrivateKey(known)
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    this.#options.keys.save(privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
    return privateKey
  }
}

function expired(): StatusError {
  return newUnauthorized(new Error('service account token has expired'))
}

function userOf({ namespace, serviceaccount, pod, node }: KubernetesClaim, credentialId: string | undefined): UserInfo {
  const extra: Record<string, string[]> = {}
  if (credentialId !== undefined) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${credentialId}`]
  if (node !== undefined) {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    if (node.uid !== undefined) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  if (pod !== undefined) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  return { ...serviceAccountUser(namespace, serviceaccount.name), uid: serviceaccount.uid, extra }
}

function userName(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`
}

/** The user a service account is, without the group of all who authenticated. */
export function serviceAccountUser(namespace: string, name: string): UserInfo {
  return { name: userName(namespace, name), groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] }
}

function keyId(key: KeyObject): string {
  const der = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64url')
}

function audiencesOf({ aud = [] }: { aud?: unknown }): readonly string[] {
  return typeof aud === 'string' ? [aud] : (aud as readonly string[])
}

/** As Go prints a list of strings, quoted. */
function print(texts: readonly string[]): string {
  return `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`
}

/** Reads the issuer without checking anything: other authenticators may know the token. */
function looksLikeOurs(token: string, issuer: string): boolean {
  return payloadOf(token)?.iss === issuer
}

function payloadOf(token: string): { iss?: unknown; aud?: unknown } | undefined {
  const [, payload, signature] = token.split('.')
  if (payload === undefined || signature === undefined) return undefined
  try {
    return (
      (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss?: unknown; aud?: unknown } | null) ?? undefined
    )
  } catch {
    return undefined
  }
}
