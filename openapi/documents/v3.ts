// OpenAPI v3: one document for each group and version, made when it is asked for.
// Source: kube-openapi/pkg/builder3, handler3 (v1.36)
import type { Operation, Parameter } from './operation.ts'
import { printType, referenceTo, type Descriptions, type JSONSchema, type KindName } from './schemas.ts'

export interface DocumentOptions {
  readonly descriptions: Descriptions
  /** Description of a query or path parameter, by its name and, for `name`, the kind. */
  parameter(parameter: Parameter, operation: Operation): string | undefined
  /** Schemas of types that are not among the definitions: those of custom resources. They refer as v3 does. */
  readonly custom?: ReadonlyMap<string, JSONSchema>
}

const responseNames: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

const string = { type: 'string' }

const bearerToken = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
}

export function documentV3(operations: readonly Operation[], options: DocumentOptions): object {
  const used = new Set<string>()
  const refer = (type: string | undefined): JSONSchema => {
    if (type === undefined) return string
    used.add(type)
    return referenceTo(type, 3)
  }
  const byPath = new Map<string, Operation[]>()
  for (const operation of operations) byPath.set(operation.path, [...(byPath.get(operation.path) ?? []), operation])
  const paths: Record<string, unknown> = {}
  for (const path of [...byPath.keys()].sort()) paths[path] = printPath(byPath.get(path)!, refer, options)
  // Those of custom resources are made by another server, which says less of itself.
  const isCustom = (options.custom?.size ?? 0) > 0
  return {
    openapi: '3.0.0',
    info: isCustom ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' } : { title: 'Kubernetes', version: '1.36' },
    paths,
    components: {
      ...(used.size === 0 ? {} : { schemas: printSchemas(used, groupVersionOf(operations), options) }),
      ...(isCustom ? {} : { securitySchemes: { BearerToken: bearerToken } }),
    },
  }
}

/** Options and watch events are kinds of every group: of the others' only the document's own is named. */
function kindsInDocument(type: string, groupVersion: string): KindName[] | undefined {
  const kind = kindsOfAllGroups[type]
  if (kind === undefined) return undefined
  const [group = '', version = ''] = groupVersion.split('/')
  const core = { group: '', kind, version: 'v1' }
  return group === '' ? [core] : [core, { group, kind, version }]
}

/** By OpenAPI name. */
export const kindsOfAllGroups: Readonly<Record<string, string>> = {
  'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions': 'DeleteOptions',
  'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent': 'WatchEvent',
}

/** `apps/v1`, as the paths begin. */
function groupVersionOf(operations: readonly Operation[]): string {
  const path = operations[0]?.path ?? ''
  return /^\/apis\/([^/]+\/[^/]+)\//.exec(path)?.[1] ?? ''
}

type Refer = (type: string | undefined) => JSONSchema

const methodOrder = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

function printPath(operations: readonly Operation[], refer: Refer, options: DocumentOptions): object {
  const shared = sharedParameters(operations)
  const sorted = [...operations].sort((a, b) => methodOrder.indexOf(a.method) - methodOrder.indexOf(b.method))
  const printed = sorted.map((operation) => [operation.method, printOperation(operation, shared, refer, options)])
  const parameters = shared.size === 0 ? {} : { parameters: printParameters([...shared.values()], sorted[0]!, options) }
  return { ...Object.fromEntries(printed), ...parameters }
}

const keyOf = (parameter: Parameter): string => `${parameter.name} ${parameter.in}`

/** What every operation of a path takes is said once for the path. */
export function sharedParameters(operations: readonly Operation[]): ReadonlyMap<string, Parameter> {
  const counts = new Map<string, { parameter: Parameter; count: number }>()
  for (const parameter of operations.flatMap((operation) => operation.parameters)) {
    const known = counts.get(keyOf(parameter))
    counts.set(keyOf(parameter), { parameter, count: (known?.count ?? 0) + 1 })
  }
  return new Map(
    [...counts].filter(([, { count }]) => count === operations.length).map(([key, { parameter }]) => [key, parameter]),
  )
}

export function ownParameters(operation: Operation, shared: ReadonlyMap<string, Parameter>): Parameter[] {
  return operation.parameters.filter((parameter) => !shared.has(keyOf(parameter)))
}

export function sortParameters(parameters: readonly Parameter[]): Parameter[] {
  return [...parameters].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.in < b.in ? -1 : 1))
}

function printParameters(parameters: readonly Parameter[], operation: Operation, options: DocumentOptions): object[] {
  return sortParameters(parameters).map((parameter) => {
    const description = options.parameter(parameter, operation)
    return {
      name: parameter.name,
      in: parameter.in,
      ...(description === undefined ? {} : { description }),
      ...(parameter.in === 'path' ? { required: true } : {}),
      schema: { type: parameter.type, uniqueItems: true },
    }
  })
}

function printOperation(
  operation: Operation,
  shared: ReadonlyMap<string, Parameter>,
  refer: Refer,
  options: DocumentOptions,
): object {
  const { tag, description, operationId, body, produces, responses, action, kind } = operation
  const own = ownParameters(operation, shared)
  const content = (types: readonly string[], type: string | undefined) =>
    Object.fromEntries([...types].sort().map((one) => [one, { schema: refer(type) }]))
  return {
    tags: [tag],
    description,
    operationId,
    ...(own.length === 0 ? {} : { parameters: printParameters(own, operation, options) }),
    ...(body === undefined
      ? {}
      : {
          requestBody: { content: content(body.contentTypes, body.type), ...(body.required ? { required: true } : {}) },
        }),
    responses: {
      ...Object.fromEntries(
        responses.map(({ code, type }) => [
          code,
          { description: responseNames[code], content: content(produces, type) },
        ]),
      ),
      401: { description: 'Unauthorized' },
    },
    ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
    ...(kind === undefined ? {} : { 'x-kubernetes-group-version-kind': kind }),
  }
}

function printSchemas(
  roots: ReadonlySet<string>,
  groupVersion: string,
  { descriptions, custom }: DocumentOptions,
): Record<string, JSONSchema> {
  const kinds = (type: string): KindName[] | undefined => kindsInDocument(type, groupVersion)
  const schemas = new Map<string, JSONSchema>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (schemas.has(name)) continue
    const own = custom?.get(name)
    if (own !== undefined) {
      schemas.set(name, own)
      waiting.push(...referencesIn(own))
      continue
    }
    const { schema, references } = printType(name, { version: 3, descriptions, kinds })
    schemas.set(name, schema)
    waiting.push(...references)
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') yield member.slice(member.lastIndexOf('/') + 1)
    else yield* referencesIn(member)
  }
}
