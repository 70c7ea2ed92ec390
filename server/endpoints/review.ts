// Reviews: questions a client POSTs and gets answered, nothing is stored. Who am I, may I, may they, whose token is this?
// Source: pkg/registry/authorization, pkg/registry/authentication (v1.36)
import { newBadRequest, newMethodNotAllowed, StatusError } from '../apimachinery/errors.ts'
import { formatTime } from '../apimachinery/clock.ts'
import type { AnyObject, UserInfo } from '../apimachinery/types.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../api/authorization.ts'
import type { TokenReview } from '../api/authentication.ts'
import { reviewAccess, reviewLocalAccess, reviewOwnAccess, type Access } from './access-review.ts'
import type { Answer, Api, Scope } from './api.ts'
import { setNamespace } from './create.ts'
import { decodeForResource, type Body } from './decode.ts'
import { trackOwners } from './managed-fields.ts'
import { parseWriteOptions } from './options.ts'

export interface ResourceRule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
}

export interface NonResourceRule {
  verbs: string[]
  nonResourceURLs?: string[]
}

/** Who answers: supplied by the composition root, so that endpoints need not know authentication or authorization. */
export interface Reviewers extends Access {
  rulesFor(user: UserInfo, namespace: string): { resourceRules: ResourceRule[]; nonResourceRules: NonResourceRule[] }
  /** Whose bearer token this is, if it is for any of the audiences. @throws StatusError 401; its cause may say why */
  authenticateToken(token: string, audiences: readonly string[]): Promise<AuthenticatedToken | undefined>
  /** This server's own. */
  readonly audiences: readonly string[]
}

export interface AuthenticatedToken {
  readonly user: UserInfo
  /** Those of the audiences asked for that the token is for. */
  readonly audiences: readonly string[]
}

/** @throws StatusError */
export async function review(api: Api, scope: Scope, body: Body, reviewers: Reviewers): Promise<Answer> {
  const options = parseWriteOptions(scope.query, 'CreateOptions')
  const object = decodeForResource(scope.resource, body, { fieldValidation: options.fieldValidation, warn: scope.warn })
  for (const member of serverSet) delete object.metadata?.[member]
  setNamespace(object, scope)
  trackOwners(api, scope, undefined, object, options.fieldManager)
  await answerReview(api, scope, object, reviewers)
  return {
    type: 'object',
    code: 201,
    object: answersAnew.has(scope.resource.facts.kind) ? withoutQuestion(object) : object,
  }
}

/** What a client cannot say of an object that is new. Source: registry/rest, WipeObjectMetaSystemFields */
const serverSet = ['uid', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink'] as const

/** Reviews that are answered by a new object, which does not repeat the question. */
const answersAnew = new Set(['SelfSubjectReview', 'SelfSubjectRulesReview'])

function withoutQuestion(object: AnyObject): AnyObject {
  const { creationTimestamp } = object.metadata ?? {}
  const metadata = creationTimestamp === undefined ? {} : { creationTimestamp }
  return { ...object, metadata, ...(object['spec'] === undefined ? {} : { spec: {} }) }
}

async function answerReview(api: Api, scope: Scope, object: AnyObject, reviewers: Reviewers): Promise<void> {
  switch (scope.resource.facts.kind) {
    case 'SelfSubjectReview':
      object.metadata!.creationTimestamp = formatTime(api.clock.now())
      object['status'] = { userInfo: printUser(scope.user) }
      return
    case 'TokenReview':
      return reviewToken(object as TokenReview & AnyObject, reviewers)
    case 'SelfSubjectRulesReview': {
      const { spec } = object as SelfSubjectRulesReview
      const namespace = spec?.namespace ?? ''
      if (namespace === '') throw newBadRequest('no namespace on request')
      object['status'] = { ...reviewers.rulesFor(scope.user, namespace), incomplete: false }
      return
    }
    case 'SelfSubjectAccessReview':
      return reviewOwnAccess(object as SelfSubjectAccessReview & AnyObject, scope.user, reviewers)
    case 'LocalSubjectAccessReview':
      return reviewLocalAccess(object as LocalSubjectAccessReview & AnyObject, scope.namespace, reviewers)
    case 'SubjectAccessReview':
      return reviewAccess(object as SubjectAccessReview & AnyObject, reviewers)
    default:
      throw newMethodNotAllowed()
  }
}

async function reviewToken(object: TokenReview & AnyObject, reviewers: Reviewers): Promise<void> {
  const token = object.spec?.token ?? ''
  if (token === '') throw newBadRequest('token is required for TokenReview in authentication')
  const sent = object.spec.audiences ?? []
  const audiences = sent.length === 0 ? reviewers.audiences : sent
  try {
    // As in a header: what stands behind a blank is not of the token.
    const found = await reviewers.authenticateToken(token.split(' ', 1)[0]!, audiences)
    object.status =
      found === undefined
        ? { user: {}, error: invalidToken }
        : { authenticated: true, user: printUser(found.user), audiences: [...found.audiences] }
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    object.status = {
      user: {},
      error: error.cause instanceof Error ? `[${invalidToken}, ${error.cause.message}]` : invalidToken,
    }
  }
}

const invalidToken = 'invalid bearer token'

function printUser(user: UserInfo): {
  username: string
  uid?: string
  groups: string[]
  extra?: Record<string, string[]>
} {
  const extra = Object.fromEntries(Object.entries(user.extra ?? {}).map(([key, values]) => [key, [...values]]))
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: [...user.groups],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}
