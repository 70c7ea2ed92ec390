// May they? Asks the authorizers in order; the first that has an opinion decides.
import { newForbidden, newForbiddenMessage } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-quote.ts'
import type { RequestInfo } from '../../apimachinery/request-info.ts'
import type { UserInfo } from '../../apimachinery/types.ts'
import type { AuthorizationAttributes, Authorizer, Decision } from '../../authorization/authorizer.ts'
import type { Filter } from '../context.ts'

export function authorization(authorizer: Authorizer): Filter {
  return (next) => (ctx) => {
    const attributes = attributesOf(ctx.state.requestInfo, ctx.state.user)
    const decision = authorizer.authorize(attributes)
    if (decision.verdict !== 'allow') throw forbidden(attributes, decision)
    return next(ctx)
  }
}

export function attributesOf(info: RequestInfo, user: UserInfo): AuthorizationAttributes {
  const { verb, isResourceRequest, path, namespace, group, version, resource, subresource, name } = info
  return { user, verb, isResourceRequest, path, namespace, group, version, resource, subresource, name }
}

/** Source: apiserver/pkg/endpoints/handlers/responsewriters, ForbiddenStatusError */
export function forbidden(attributes: AuthorizationAttributes, decision: Decision): Error {
  const { user, verb, path, group, resource, subresource, name, namespace } = attributes
  const because = decision.reason === '' ? '' : `: ${decision.reason}`
  if (!attributes.isResourceRequest) {
    return newForbiddenMessage(`forbidden: User ${quote(user.name)} cannot ${verb} path ${quote(path)}${because}`, {})
  }
  const what = subresource === '' ? resource : `${resource}/${subresource}`
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${quote(namespace)}`
  const why = `User ${quote(user.name)} cannot ${verb} resource ${quote(what)} in API group ${quote(group)} ${where}${because}`
  return newForbidden({ group, resource }, name, why)
}
