// OpenAPI v2: one document with everything, whose repeated parameters are said once and referred to.
// Source: kube-openapi/pkg/builder, openapi.go, parameters.go (v1.36)
import type { Operation, Parameter } from './operation.ts'
import { printType, referenceTo, type JSONSchema, type KindName } from './schemas.ts'
import { kindsOfAllGroups, ownParameters, sharedParameters, sortParameters, type DocumentOptions } from './v3.ts'

/** Versions a server registers beside those it serves: options and watch events are kinds of each. */
const unservedVersions = [
  'admission.k8s.io/v1',
  'admission.k8s.io/v1beta1',
  'admissionregistration.k8s.io/v1alpha1',
  'admissionregistration.k8s.io/v1beta1',
  'apiextensions.k8s.io/v1beta1',
  'apiregistration.k8s.io/v1beta1',
  'apps/v1beta1',
  'apps/v1beta2',
  'authentication.k8s.io/v1alpha1',
  'authentication.k8s.io/v1beta1',
  'authorization.k8s.io/v1beta1',
  'batch/v1beta1',
  'certificates.k8s.io/v1alpha1',
  'certificates.k8s.io/v1beta1',
  'coordination.k8s.io/v1alpha2',
  'coordination.k8s.io/v1beta1',
  'discovery.k8s.io/v1beta1',
  'events.k8s.io/v1beta1',
  'extensions/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1beta1',
  'flowcontrol.apiserver.k8s.io/v1beta2',
  'flowcontrol.apiserver.k8s.io/v1beta3',
  'imagepolicy.k8s.io/v1alpha1',
  'internal.apiserver.k8s.io/v1alpha1',
  'networking.k8s.io/v1beta1',
  'node.k8s.io/v1alpha1',
  'node.k8s.io/v1beta1',
  'policy/v1beta1',
  'rbac.authorization.k8s.io/v1alpha1',
  'rbac.authorization.k8s.io/v1beta1',
  'resource.k8s.io/v1alpha3',
  'resource.k8s.io/v1beta1',
  'resource.k8s.io/v1beta2',
  'scheduling.k8s.io/v1alpha2',
  'scheduling.k8s.io/v1beta1',
  'storage.k8s.io/v1alpha1',
  'storage.k8s.io/v1beta1',
  'storagemigration.k8s.io/v1beta1',
]

export interface DocumentV2Options extends DocumentOptions {
  /** Served versions, `apps/v1`; the core group's is not among them. */
  readonly groupVersions: readonly string[]
}

export function documentV2(operations: readonly Operation[], options: DocumentV2Options): object {
  const used = new Set<string>()
  const refer = (type: string | undefined): JSONSchema => {
    if (type === undefined) return { type: 'string' }
    used.add(type)
    return referenceTo(type, 2)
  }
  const shared = new SharedParameters()
  const byPath = new Map<string, Operation[]>()
  for (const operation of operations) {
    const list = byPath.get(operation.path)
    if (list === undefined) byPath.set(operation.path, [operation])
    else list.push(operation)
  }
  const paths: Record<string, unknown> = {}
  for (const path of [...byPath.keys()].sort()) paths[path] = printPath(byPath.get(path)!, refer, shared, options)
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: '1.36' },
    paths,
    definitions: printDefinitions(used, options),
    parameters: shared.definitions(),
    securityDefinitions: {
      BearerToken: { description: 'Bearer Token authentication', type: 'apiKey', name: 'authorization', in: 'header' },
    },
    security: [{ BearerToken: [] }],
  }
}

type Refer = (type: string | undefined) => JSONSchema

const methodOrder = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const responseNames: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function printPath(
  operations: readonly Operation[],
  refer: Refer,
  shared: SharedParameters,
  options: DocumentOptions,
): object {
  const common = sharedParameters(operations)
  const sorted = [...operations].sort((a, b) => methodOrder.indexOf(a.method) - methodOrder.indexOf(b.method))
  const print = (parameters: readonly Parameter[], operation: Operation) =>
    sortParameters(parameters).map((parameter) => shared.use(printParameter(parameter, operation, options)))
  const printed = sorted.map((operation) => {
    const { tag, description, operationId, body, produces, responses, action, kind } = operation
    const own = print(ownParameters(operation, common), operation)
    const inBody =
      body === undefined
        ? []
        : [
            shared.use({
              name: 'body',
              in: 'body',
              ...(body.required ? { required: true } : {}),
              schema: refer(body.type),
            }),
          ]
    const parameters = [...inBody, ...own]
    const consumes = consumedTypes(operation)
    return [
      operation.method,
      {
        description,
        ...(consumes.length === 0 ? {} : { consumes }),
        produces,
        schemes: ['https'],
        tags: [tag],
        operationId,
        ...(parameters.length === 0 ? {} : { parameters }),
        responses: {
          ...Object.fromEntries(
            responses.map(({ code, type }) => [code, { description: responseNames[code], schema: refer(type) }]),
          ),
          401: { description: 'Unauthorized' },
        },
        ...(action === undefined ? {} : { 'x-kubernetes-action': action }),
        ...(kind === undefined
          ? {}
          : { 'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version } }),
      },
    ] as const
  })
  const parameters = print([...common.values()], sorted[0]!)
  return { ...Object.fromEntries(printed), ...(parameters.length === 0 ? {} : { parameters }) }
}

function consumedTypes({ body, kind, produces, tag }: Operation): readonly string[] {
  if (body !== undefined) return body.contentTypes
  if (kind !== undefined) return ['*/*']
  return tag === 'WellKnown' || tag === 'openid' ? [] : produces
}

function printParameter(parameter: Parameter, operation: Operation, options: DocumentOptions): JSONSchema {
  const description = options.parameter(parameter, operation)
  return {
    uniqueItems: true,
    type: parameter.type,
    ...(description === undefined ? {} : { description }),
    name: parameter.name,
    in: parameter.in,
    ...(parameter.in === 'path' ? { required: true } : {}),
  }
}

/** Parameters that are the same wherever they occur, under names with a hash of what they say. */
class SharedParameters {
  readonly #byName = new Map<string, JSONSchema>()

  /** The parameter itself, or a reference to it. */
  use(parameter: JSONSchema): JSONSchema {
    if (!isShareable(parameter)) return parameter
    const name = `${String(parameter['name'])}-${hash(escapeHTML(JSON.stringify(parameter)))}`
    this.#byName.set(name, parameter)
    return { $ref: `#/parameters/${name}` }
  }

  definitions(): JSONSchema {
    return Object.fromEntries([...this.#byName].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

/** Old clients look for these two in every operation; names and most bodies say which kind they are of. */
function isShareable({ name, in: place, schema }: JSONSchema): boolean {
  if (name === 'name' || name === 'dryRun' || name === 'fieldValidation') return false
  return place !== 'body' || String((schema as JSONSchema)['$ref']).startsWith('#/definitions/io.k8s.apimachinery')
}

const escapeHTML = (json: string): string =>
  json.replace(/[<>&]/g, (character) => `\\u00${character.charCodeAt(0).toString(16)}`)

/** FNV-1, 64 bits; the first 48 of them in base64 for URLs. */
function hash(text: string): string {
  let value = 0xcbf29ce484222325n
  for (const byte of Buffer.from(text)) value = BigInt.asUintN(64, value * 0x100000001b3n) ^ BigInt(byte)
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes.subarray(0, 6).toString('base64url')
}

function printDefinitions(
  roots: ReadonlySet<string>,
  { descriptions, custom, groupVersions }: DocumentV2Options,
): JSONSchema {
  const kinds = kindsInAllGroups(groupVersions)
  const schemas = new Map<string, JSONSchema>()
  const waiting = [...roots]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (schemas.has(name)) continue
    const own = custom?.get(name)
    if (own !== undefined) {
      schemas.set(name, own)
      continue
    }
    const { schema, references } = printType(name, { version: 2, descriptions, kinds })
    schemas.set(name, schema)
    waiting.push(...references)
  }
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function kindsInAllGroups(groupVersions: readonly string[]): (type: string) => KindName[] | undefined {
  const all = [...new Set([...groupVersions, ...unservedVersions])].sort()
  return (type) => {
    const kind = kindsOfAllGroups[type]
    if (kind === undefined) return undefined
    const named = all.map((one) => {
      const [group = '', version = ''] = one.split('/')
      return { group, kind, version }
    })
    return [{ group: '', kind, version: 'v1' }, ...named]
  }
}
