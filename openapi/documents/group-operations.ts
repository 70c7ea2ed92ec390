// Operations that are on no resource: discovery of groups and versions, the version of the server, its keys.
// Source: apiserver/pkg/endpoints/installer.go, groupversion.go; kube-openapi/pkg/builder (v1.36)
import { capitalize, groupVersionPath, groupWord, jsonType, meta, objectTypes, type Operation } from './operation.ts'

function plain(
  path: string,
  tag: string,
  operationId: string,
  description: string,
  type: string | undefined,
  produces: readonly string[],
): Operation {
  return {
    path,
    method: 'get',
    tag,
    operationId,
    description,
    parameters: [],
    produces,
    responses: [{ code: 200, type }],
  }
}

/** `/apis/apps/v1/` */
export function groupVersionOperation(group: string, version: string): Operation {
  const word = `${capitalize(groupWord(group))}${capitalize(version)}`
  return plain(
    `${groupVersionPath(group, version)}/`,
    `${groupWord(group)}_${version}`,
    `get${word}APIResources`,
    'get available resources',
    `${meta}.APIResourceList`,
    objectTypes,
  )
}

/** `/apis/apps/` */
export function groupOperation(group: string): Operation {
  const word = groupWord(group)
  return plain(
    `/apis/${group}/`,
    word,
    `get${capitalize(word)}APIGroup`,
    'get information of a group',
    `${meta}.APIGroup`,
    objectTypes,
  )
}

/** Paths beside those of groups, by the name under which the index of v3 lists them. */
export const otherOperations: Readonly<Record<string, Operation>> = {
  '.well-known/openid-configuration': plain(
    '/.well-known/openid-configuration/',
    'WellKnown',
    'getServiceAccountIssuerOpenIDConfiguration',
    "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
    undefined,
    [jsonType],
  ),
  api: plain('/api/', 'core', 'getCoreAPIVersions', 'get available API versions', `${meta}.APIVersions`, objectTypes),
  apis: plain('/apis/', 'apis', 'getAPIVersions', 'get available API versions', `${meta}.APIGroupList`, objectTypes),
  'openid/v1/jwks': plain(
    '/openid/v1/jwks/',
    'openid',
    'getServiceAccountIssuerOpenIDKeyset',
    'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
    undefined,
    ['application/jwk-set+json'],
  ),
  version: plain(
    '/version/',
    'version',
    'getCodeVersion',
    'get the version information for this server',
    'io.k8s.apimachinery.pkg.version.Info',
    [jsonType],
  ),
}
