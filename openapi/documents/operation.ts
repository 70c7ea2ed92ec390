// One operation of the API, and how its path, its tag and its id are named.
// Source: apiserver/pkg/endpoints/installer.go; kube-openapi/pkg/builder (v1.36)

export const jsonType = 'application/json'
export const yamlType = 'application/yaml'
export const protobufType = 'application/vnd.kubernetes.protobuf'

// In the order of v2; v3 sorts them.
export const objectTypes = [jsonType, yamlType, protobufType]

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'boolean' | 'integer'
}

/** `type` is an OpenAPI name; undefined for a plain string. */
export interface Response {
  readonly code: 200 | 201 | 202
  readonly type: string | undefined
}

export interface Operation {
  readonly path: string
  readonly method: Method
  readonly tag: string
  readonly description: string
  readonly operationId: string
  readonly parameters: readonly Parameter[]
  readonly body?: { readonly type: string; readonly contentTypes: readonly string[]; readonly required: boolean }
  readonly produces: readonly string[]
  readonly responses: readonly Response[]
  readonly action?: string
  readonly kind?: { readonly group: string; readonly version: string; readonly kind: string }
}

/** Where the types are that all groups share. */
export const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

export const capitalize = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`

/** `rbac.authorization.k8s.io` → rbacAuthorization, and `core` for the empty group. */
export function groupWord(group: string): string {
  if (group === '') return 'core'
  return group
    .replace(/\.k8s\.io$/, '')
    .split('.')
    .map((word, index) => (index === 0 ? word : capitalize(word)))
    .join('')
}

export const groupVersionPath = (group: string, version: string): string =>
  group === '' ? `/api/${version}` : `/apis/${group}/${version}`
