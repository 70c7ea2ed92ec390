// Prose for explain and the documents: read from the doc comments of installed packages, one file per type, when a
// document is made. @kubernetes/client-node is always there; what its generator left out is not: members that are
// references, meanings of enum values, line breaks but those between sentences. Where kubernetes-models is installed
// too, its comments, which have all that, come first.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Operation, Parameter } from './operation.ts'
import type { Descriptions } from './schemas.ts'

/** What a model's file says. */
interface Model {
  readonly description: string | undefined
  readonly properties: ReadonlyMap<string, string>
}

const nothing: Model = { description: undefined, properties: new Map() }

let folder: string | undefined

/** `dist/gen` of the package. */
function generated(): string {
  folder ??= join(dirname(fileURLToPath(import.meta.resolve('@kubernetes/client-node'))), 'gen')
  return folder
}

const capitalize = (word: string): string => `${word.charAt(0).toUpperCase()}${word.slice(1)}`

/** Types of other packages that share their name with one of core's are named after their group there. */
function* fileNames(type: string): Generator<string> {
  const parts = type.split('.')
  const name = parts.at(-1)!
  const version = capitalize(parts.at(-2)!)
  yield `${capitalize(parts.at(-3)!)}${version}${name}`
  yield `${version}${name}`
  yield capitalize(`${parts.at(-2)}${name}`)
}

/** Members that are no identifiers in TypeScript, or words of its own, by what they are called there. */
function wireName(name: string): string {
  if (name.startsWith('x_kubernetes_')) return name.replaceAll('_', '-')
  return name.replace(/^_/, '')
}

const memberPattern = /\/\*\*\s*((?:(?!\*\/)[^])*?)\*\/\s*['"]([^'"]+)['"]\??:/g

/** @param start offset at which the declaration of the type begins: its own comment is before it, its members' behind */
function readComments(
  text: string,
  start: number,
  clean: (comment: string) => string,
  nameOf: (member: string) => string,
): Model {
  const head = /\/\*\*\s*((?:(?!\*\/)[^])*?)\*\/\s*$/.exec(text.slice(0, start))
  const end = text.indexOf('\n}', start)
  const properties = new Map<string, string>()
  for (const [, comment, member] of text.slice(start, end).matchAll(memberPattern))
    properties.set(nameOf(member!), clean(comment!))
  return { description: head === null ? undefined : clean(head[1]!), properties }
}

function readClientNode(type: string): Model {
  for (const name of fileNames(type)) {
    const file = join(generated(), 'models', `${name}.d.ts`)
    if (!existsSync(file)) continue
    const text = readFileSync(file, 'utf8')
    const clean = (comment: string): string =>
      restoreParagraphs(
        unfold(comment)
          .replace(/\\(["'])/g, '$1')
          .replaceAll('*_/', '*/'),
      )
    return readComments(text, text.indexOf('export declare class'), clean, wireName)
  }
  return nothing
}

/** A comment's text without its stars. */
function unfold(comment: string): string {
  return comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .trimEnd()
}

/** The generator made a space of every line break: two spaces between sentences mostly were an empty line. */
function restoreParagraphs(text: string): string {
  return text.replace(/([.:!?`)"'])  (?=\S)/g, '$1\n\n')
}

/** Where an optional package is; undefined if it is not installed. */
function folderOf(name: string): string | undefined {
  try {
    return dirname(fileURLToPath(import.meta.resolve(name)))
  } catch {
    return undefined
  }
}

/** Files of kubernetes-models: `io.k8s.api.rbac.v1.Role` is in rbac.authorization.k8s.io/v1/Role.d.ts. */
function kubernetesModelsReader(): ((type: string) => Model) | undefined {
  const models = folderOf('kubernetes-models')
  const machinery = folderOf('@kubernetes-models/apimachinery')
  if (models === undefined || machinery === undefined) return undefined
  const groups = readdirSync(models)
  const fileOf = (type: string): string | undefined => {
    const inMachinery = /^io\.k8s\.apimachinery\.pkg\.(.*)$/.exec(type)
    if (inMachinery !== null) return join(machinery, ...inMachinery[1]!.split('.'))
    const [name, version, word] = type.split('.').reverse() as [string, string, string]
    if (word === 'core') return join(models, version, name)
    const group = groups.find((one) => one === word || one.startsWith(`${word}.`))
    return group === undefined ? undefined : join(models, group, version, name)
  }
  const clean = (comment: string): string =>
    unfold(comment)
      .replace(/(^|\n)@deprecated$/, '')
      .replace(/\\([*/])/g, '$1')
  return (type) => {
    const file = `${fileOf(type) ?? ''}.d.ts`
    if (!existsSync(file)) return nothing
    const text = readFileSync(file, 'utf8')
    return readComments(text, text.search(/export (interface|type) I/), clean, (name) => name)
  }
}

/** Descriptions that come and go with the maker of a document: each file is read once. */
export function installedDescriptions(): Descriptions {
  const readers = [kubernetesModelsReader(), readClientNode].filter((reader) => reader !== undefined)
  const models = readers.map(() => new Map<string, Model>())
  const modelOf = (reader: number, type: string): Model => {
    let model = models[reader]!.get(type)
    if (model === undefined) models[reader]!.set(type, (model = readers[reader]!(type)))
    return model
  }
  const first = (find: (model: Model) => string | undefined, type: string): string | undefined => {
    for (const index of readers.keys()) {
      const found = find(modelOf(index, type))
      if (found !== undefined) return found
    }
    return undefined
  }
  return {
    type: (name) => first((model) => model.description, name),
    property: (name, property) => first((model) => model.properties.get(property), name),
  }
}

const entities: Readonly<Record<string, string>> = {
  quot: '"',
  '#39': "'",
  '#x60': '`',
  '#x3D': '=',
  lt: '<',
  gt: '>',
  amp: '&',
}

function cleanParameter(text: string): string {
  return restoreParagraphs(text.replace(/\\?&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole))
}

/** The method whose parameters are documented as those of an operation; watches are not among the package's methods. */
function methodOf({ operationId, action }: Operation): [file: string, method: string] {
  switch (action) {
    case 'list':
    case 'watch':
    case 'watchlist':
      return ['AppsV1Api', 'listNamespacedDeployment']
    case 'deletecollection':
      return ['AppsV1Api', 'deleteCollectionNamespacedDeployment']
    case 'delete':
      return ['AppsV1Api', 'deleteNamespacedDeployment']
    case 'post':
      return ['AppsV1Api', 'createNamespacedDeployment']
    case 'put':
      return ['AppsV1Api', 'replaceNamespacedDeployment']
    case 'patch':
      return ['AppsV1Api', 'patchNamespacedDeployment']
    default:
      return operationId.includes('CoreV1')
        ? ['CoreV1Api', operationId.replace('CoreV1', '')]
        : ['AppsV1Api', 'readNamespacedDeployment']
  }
}

/** Descriptions of parameters, by the operation they are of. */
export function parameterDescriptions(): (parameter: Parameter, operation: Operation) => string | undefined {
  const files = new Map<string, string>()
  const methods = new Map<string, Map<string, string>>()
  const read = (file: string): string => {
    let text = files.get(file)
    if (text === undefined) files.set(file, (text = readFileSync(join(generated(), 'apis', `${file}.d.ts`), 'utf8')))
    return text
  }
  const parametersOf = (file: string, method: string): Map<string, string> => {
    let found = methods.get(method)
    if (found !== undefined) return found
    found = new Map()
    methods.set(method, found)
    const text = read(file)
    const end = text.indexOf(`\n    ${method}(`)
    if (end === -1) return found
    for (const [, name, description] of text
      .slice(text.lastIndexOf('/**', end), end)
      .matchAll(/@param _?(\w+) (.*)/g)) {
      found.set(name!, cleanParameter(description!))
    }
    return found
  }
  return (parameter, operation) => {
    if (parameter.in === 'path' && parameter.name === 'name') return `name of the ${operation.kind?.kind ?? 'object'}`
    if (parameter.name === 'namespace') return 'object name and auth scope, such as for teams and projects'
    if (parameter.name === 'path' && parameter.in === 'path') return 'path to the resource'
    return parametersOf(...methodOf(operation)).get(parameter.name)
  }
}
