// The operations on a resource as OpenAPI describes them, made from what discovery says: paths, parameters, bodies, answers.
// Both forms of the documents, v2 and v3, are printed from this.
// Source: apiserver/pkg/endpoints/installer.go; kube-openapi/pkg/builder (v1.36)
import type { ResourceFacts, SubresourceFacts } from '../schema.ts'
import {
  capitalize,
  groupVersionPath,
  groupWord,
  jsonType,
  meta,
  objectTypes,
  protobufType,
  yamlType,
  type Method,
  type Operation,
  type Parameter,
  type Response,
} from './operation.ts'
import {
  connectParameters,
  deleteParameters,
  listParameters,
  logParameters,
  path,
  pretty,
  query,
  watchParameters,
  writeParameters,
} from './parameters.ts'

const streamTypes = [...objectTypes, `${jsonType};stream=watch`, `${protobufType};stream=watch`]
const customTypes = [jsonType, yamlType]
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

const proxyMethods: readonly Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/** Kinds whose deletion answers with the object. */
const deletionAnswersObject = new Set([
  'PersistentVolume',
  'PersistentVolumeClaim',
  'Pod',
  'PodTemplate',
  'ResourceQuota',
  'ServiceAccount',
  'Service',
])
const groupsAnsweringDeletionWithObject = new Set(['storage.k8s.io', 'resource.k8s.io'])

/** For Go a noun in -s is plural, but for one in -ss. */
function article(noun: string): string {
  if (noun.endsWith('s') && !noun.endsWith('ss')) return ''
  return /^[AEIOU]/i.test(noun) ? 'an ' : 'a '
}

const statusResponses: Response[] = [{ code: 200, type: `${meta}.Status` }]

/** How a resource's objects go over the wire: custom ones have no protobuf. */
export interface OperationOptions {
  readonly isCustom?: boolean
}

/** All operations on one resource and its subresources. */
export function resourceOperations(
  facts: ResourceFacts,
  listType: string,
  options: OperationOptions = {},
): Operation[] {
  return new ResourceOperations(facts, listType, options).all()
}

class ResourceOperations {
  readonly #facts: ResourceFacts
  readonly #listType: string
  readonly #produces: readonly string[]
  readonly #streams: readonly string[]
  readonly #isCustom: boolean
  readonly #tag: string
  readonly #word: string
  readonly #root: string

  constructor(facts: ResourceFacts, listType: string, { isCustom = false }: OperationOptions) {
    this.#facts = facts
    this.#listType = listType
    this.#isCustom = isCustom
    this.#produces = isCustom ? customTypes : objectTypes
    this.#streams = isCustom ? customTypes : streamTypes
    this.#tag = `${groupWord(facts.group)}_${facts.version}`
    this.#word = `${capitalize(groupWord(facts.group))}${capitalize(facts.version)}`
    this.#root = groupVersionPath(facts.group, facts.version)
  }

  all(): Operation[] {
    const { resource, verbs, namespaced, subresources } = this.#facts
    const has = (verb: string): boolean => verbs.includes(verb)
    const scope = namespaced ? '/namespaces/{namespace}' : ''
    const inScope = namespaced ? [path('namespace')] : []
    const list = `${this.#root}${scope}/${resource}`
    const item = `${list}/{name}`
    const watched = item.replace(this.#root, `${this.#root}/watch`)
    const inItem = [path('name'), ...inScope]
    const operations: Operation[] = []
    if (has('list')) operations.push(this.#list(list, inScope, namespaced ? 'Namespaced' : '', ''))
    if (has('create')) operations.push(this.#create(list, inScope))
    if (has('deletecollection')) operations.push(this.#deleteCollection(list, inScope))
    if (has('get')) operations.push(this.#read(item, inItem))
    if (has('update')) operations.push(this.#replace(item, inItem))
    if (has('patch')) operations.push(this.#patch(item, inItem))
    if (has('delete')) operations.push(this.#delete(item, inItem))
    // Documents of custom resources leave the paths out that are only for watching.
    if (has('watch') && !this.#isCustom) {
      operations.push(this.#watch(watched, inItem))
      operations.push(this.#watchList(watched.slice(0, -'/{name}'.length), inScope, namespaced ? 'Namespaced' : '', ''))
    }
    if (namespaced && has('list')) operations.push(this.#list(`${this.#root}/${resource}`, [], '', 'ForAllNamespaces'))
    if (namespaced && has('watch') && !this.#isCustom)
      operations.push(this.#watchList(`${this.#root}/watch/${resource}`, [], '', 'ForAllNamespaces'))
    return [...operations, ...subresources.flatMap((one) => this.#subresource(`${item}/${one.name}`, inItem, one))]
  }

  #operation(
    path: string,
    method: Method,
    operationId: string,
    description: string,
    parameters: readonly Parameter[],
    more: Pick<Operation, 'body' | 'produces' | 'responses' | 'action'>,
    kind: NonNullable<Operation['kind']> = this.#facts,
  ): Operation {
    const { group, version, kind: kindName } = kind
    return {
      path,
      method,
      tag: this.#tag,
      description,
      operationId,
      parameters,
      ...more,
      kind: { group, version, kind: kindName },
    }
  }

  /** `listAppsV1NamespacedDeployment` */
  #id(verb: string, scope: string, rest: string): string {
    return `${verb}${this.#word}${scope}${rest}`
  }

  get #consumes(): readonly string[] {
    return this.#isCustom ? customTypes : ['*/*']
  }

  get #scope(): string {
    return this.#facts.namespaced ? 'Namespaced' : ''
  }

  #objects(type: string, ...codes: Response['code'][]): Pick<Operation, 'produces' | 'responses'> {
    return { produces: this.#produces, responses: codes.map((code) => ({ code, type })) }
  }

  #list(path: string, inPath: readonly Parameter[], scope: string, suffix: string): Operation {
    const { kind, verbs } = this.#facts
    const id = this.#id('list', scope, `${kind}${suffix}`)
    const description = `${verbs.includes('watch') && !this.#isCustom ? 'list or watch' : 'list'} objects of kind ${kind}`
    const responses: Response[] = [{ code: 200, type: this.#listType }]
    const more = { produces: this.#streams, responses, action: 'list' }
    return this.#operation(path, 'get', id, description, [...inPath, pretty, ...watchParameters], more)
  }

  #create(path: string, inPath: readonly Parameter[]): Operation {
    const { kind, type } = this.#facts
    const more = {
      body: { type, contentTypes: this.#consumes, required: true },
      ...this.#objects(type, 200, 201, 202),
      action: 'post',
    }
    return this.#operation(
      path,
      'post',
      this.#id('create', this.#scope, kind),
      `create ${article(kind)}${kind}`,
      [...inPath, pretty, ...writeParameters],
      more,
    )
  }

  #deleteCollection(path: string, inPath: readonly Parameter[]): Operation {
    const { kind } = this.#facts
    const id = this.#id('delete', `Collection${this.#scope}`, kind)
    const parameters = [
      ...inPath,
      pretty,
      ...(this.#isCustom ? watchParameters : [...deleteParameters, ...listParameters]),
    ]
    const more = {
      ...(this.#isCustom ? {} : deleteBody),
      produces: this.#produces,
      responses: statusResponses,
      action: 'deletecollection',
    }
    return this.#operation(path, 'delete', id, `delete collection of ${kind}`, parameters, more)
  }

  #delete(path: string, inPath: readonly Parameter[]): Operation {
    const { kind, type, group } = this.#facts
    const answersObject =
      group === ''
        ? deletionAnswersObject.has(kind)
        : groupsAnsweringDeletionWithObject.has(group) && kind !== 'CSIStorageCapacity'
    const more = {
      ...deleteBody,
      ...this.#objects(answersObject ? type : `${meta}.Status`, 200, 202),
      action: 'delete',
    }
    return this.#operation(
      path,
      'delete',
      this.#id('delete', this.#scope, kind),
      `delete ${article(kind)}${kind}`,
      [...inPath, pretty, ...deleteParameters],
      more,
    )
  }

  #read(path: string, inPath: readonly Parameter[], subresource?: SubresourceFacts): Operation {
    const { id, what, type, kind } = this.#target(subresource)
    const more = { ...this.#objects(type, 200), action: 'get' }
    const parameters = [...inPath, pretty, ...(this.#isCustom ? [query('resourceVersion')] : [])]
    return this.#operation(path, 'get', this.#id('read', this.#scope, id), `read ${what}`, parameters, more, kind)
  }

  #replace(path: string, inPath: readonly Parameter[], subresource?: SubresourceFacts): Operation {
    const { id, what, type, kind } = this.#target(subresource)
    const more = {
      body: { type, contentTypes: this.#consumes, required: true },
      ...this.#objects(type, 200, 201),
      action: 'put',
    }
    return this.#operation(
      path,
      'put',
      this.#id('replace', this.#scope, id),
      `replace ${what}`,
      [...inPath, pretty, ...writeParameters],
      more,
      kind,
    )
  }

  #patch(path: string, inPath: readonly Parameter[], subresource?: SubresourceFacts): Operation {
    const { id, what, type, kind } = this.#target(subresource)
    // Custom resources have no strategic merge patch, and a patch does not create them.
    const contentTypes = this.#isCustom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes
    const codes: Response['code'][] = this.#isCustom ? [200] : [200, 201]
    const more = {
      body: { type: `${meta}.Patch`, contentTypes, required: true },
      ...this.#objects(type, ...codes),
      action: 'patch',
    }
    const parameters = [...inPath, pretty, ...writeParameters, query('force', 'boolean')]
    return this.#operation(
      path,
      'patch',
      this.#id('patch', this.#scope, id),
      `partially update ${what}`,
      parameters,
      more,
      kind,
    )
  }

  #watch(path: string, inPath: readonly Parameter[]): Operation {
    const { kind } = this.#facts
    const description = `watch changes to an object of kind ${kind}. deprecated: use the 'watch' parameter with a list operation instead, filtered to a single item with the 'fieldSelector' parameter.`
    return this.#watching(path, this.#id('watch', this.#scope, kind), description, inPath, 'watch')
  }

  #watchList(path: string, inPath: readonly Parameter[], scope: string, suffix: string): Operation {
    const { kind } = this.#facts
    const description = `watch individual changes to a list of ${kind}. deprecated: use the 'watch' parameter with a list operation instead.`
    return this.#watching(path, this.#id('watch', scope, `${kind}List${suffix}`), description, inPath, 'watchlist')
  }

  #watching(path: string, id: string, description: string, inPath: readonly Parameter[], action: string): Operation {
    const responses: Response[] = [{ code: 200, type: `${meta}.WatchEvent` }]
    const more = { produces: this.#streams, responses, action }
    return this.#operation(path, 'get', id, description, [...inPath, pretty, ...watchParameters], more)
  }

  /** What reading, replacing and patching name: the object, or a part of it. */
  #target(subresource: SubresourceFacts | undefined): {
    id: string
    what: string
    type: string
    kind: NonNullable<Operation['kind']>
  } {
    const { kind, type } = this.#facts
    if (subresource === undefined) return { id: kind, what: `the specified ${kind}`, type, kind: this.#facts }
    const { name, type: subType } = subresource
    return {
      id: `${kind}${capitalize(name)}`,
      what: `${name} of the specified ${kind}`,
      type: subType,
      kind: this.#kindOf(subresource),
    }
  }

  #kindOf({ apiVersion, kind }: SubresourceFacts): NonNullable<Operation['kind']> {
    const slash = apiVersion.indexOf('/')
    return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1), kind }
  }

  #subresource(path: string, inPath: readonly Parameter[], subresource: SubresourceFacts): Operation[] {
    const { name, verbs, kind } = subresource
    if (connectParameters[kind] !== undefined) return this.#connect(path, inPath, subresource)
    if (name === 'log') return [this.#log(path, inPath, subresource)]
    return [
      ...(verbs.includes('get') ? [this.#read(path, inPath, subresource)] : []),
      ...(verbs.includes('create') ? [this.#createSubresource(path, inPath, subresource)] : []),
      ...(verbs.includes('update') ? [this.#replace(path, inPath, subresource)] : []),
      ...(verbs.includes('patch') ? [this.#patch(path, inPath, subresource)] : []),
    ]
  }

  #createSubresource(path: string, inPath: readonly Parameter[], subresource: SubresourceFacts): Operation {
    const { id, type, kind } = this.#target(subresource)
    const more = {
      body: { type, contentTypes: this.#consumes, required: true },
      ...this.#objects(type, 200, 201, 202),
      action: 'post',
    }
    const description = `create ${subresource.name} of ${article(this.#facts.kind)}${this.#facts.kind}`
    return this.#operation(
      path,
      'post',
      this.#id('create', this.#scope, id),
      description,
      [...inPath, pretty, ...writeParameters],
      more,
      kind,
    )
  }

  #log(path: string, inPath: readonly Parameter[], subresource: SubresourceFacts): Operation {
    const { id, what, kind } = this.#target(subresource)
    const responses: Response[] = [{ code: 200, type: undefined }]
    const more = { produces: ['text/plain', ...objectTypes], responses, action: 'get' }
    return this.#operation(
      path,
      'get',
      this.#id('read', this.#scope, id),
      `read ${what}`,
      [...inPath, pretty, ...logParameters],
      more,
      kind,
    )
  }

  #connect(at: string, inPath: readonly Parameter[], subresource: SubresourceFacts): Operation[] {
    const { name, kind } = subresource
    const isProxy = name === 'proxy'
    const parameters = [...inPath, ...connectParameters[kind]!]
    const more = { produces: ['*/*'], responses: [{ code: 200 as const, type: undefined }], action: 'connect' }
    const connect = (path: string, method: Method, withPath: Parameter[], suffix: string): Operation => {
      const id = `connect${this.#word}${capitalize(method)}${this.#scope}${this.#facts.kind}${capitalize(name)}${suffix}`
      const description = `connect ${method.toUpperCase()} requests to ${name} of ${this.#facts.kind}`
      return this.#operation(
        path,
        method,
        id,
        description,
        [...parameters, ...withPath],
        more,
        this.#kindOf(subresource),
      )
    }
    if (!isProxy) return (['get', 'post'] as const).map((method) => connect(at, method, [], ''))
    return [
      ...proxyMethods.map((method) => connect(at, method, [], '')),
      ...proxyMethods.map((method) => connect(`${at}/{path}`, method, [path('path')], 'WithPath')),
    ]
  }
}

const deleteBody = { body: { type: `${meta}.DeleteOptions`, contentTypes: ['*/*'], required: false } }
