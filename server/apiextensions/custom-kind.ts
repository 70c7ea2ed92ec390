// A version of a CustomResourceDefinition as a kind: facts for discovery, and behaviour for the registry.
// Source: apiextensions-apiserver/pkg/apiserver, customresource_handler.go; pkg/registry/customresource (v1.36)
import { createHash } from 'node:crypto'
import { customTypeName } from '../../openapi/documents/custom.ts'
import type { ResourceFacts, StructSchema, SubresourceFacts } from '../../openapi/schema.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../api/apiextensions.ts'
import { newForbidden } from '../apimachinery/errors.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { KindDefinition, ScaleMapping, StrategyContext } from '../registry/kind.ts'
import { columnsOf } from './columns.ts'
import { applyDefaults } from '../schema/default.ts'
import { decoderOf } from './decode.ts'
import { compileJSONPath } from './json-path.ts'
import { structuralOf } from '../schema/structural.ts'
import { typeOf } from './type.ts'
import { CustomValidation } from './custom-validation.ts'
import { warningsOfFinalizers } from './finalizers.ts'
import { pathOf, valueAt, type ScalePaths } from './scale-paths.ts'

export interface CustomKind {
  readonly kind: KindDefinition
  readonly schema: StructSchema
}

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
/** Of a resource whose definition goes. */
const verbsAtTheEnd = ['delete', 'deletecollection', 'get', 'list', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']

/** What objects of each version are asked, by its name. */
export type Judges = Map<string, CustomValidation>

/**
 * @param storageVersion the version whose hash tells clients when to migrate
 * @param judges shared by the versions: objects are judged by the one they are sent in
 */
export function customKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  storageVersion: string,
  judges: Judges = new Map(),
): CustomKind {
  const { group } = definition.spec
  // Names are those accepted: a definition may ask for some that are taken.
  const {
    plural,
    kind,
    singular = kind.toLowerCase(),
    listKind = `${kind}List`,
    shortNames,
    categories,
  } = definition.status?.acceptedNames ?? definition.spec.names
  const source = version.schema?.openAPIV3Schema
  const structural = source === undefined ? undefined : structuralOf(source)
  const type = customTypeName(group, version.name, kind)
  const isTerminating = definition.metadata?.deletionTimestamp !== undefined
  const facts: ResourceFacts = {
    group,
    version: version.name,
    kind,
    listKind,
    resource: plural,
    singular,
    shortNames: shortNames ?? [],
    categories: categories ?? [],
    namespaced: definition.spec.scope === 'Namespaced',
    verbs: isTerminating ? verbsAtTheEnd : verbs,
    storageVersionHash: hashOf(group, storageVersion, kind),
    type,
    fieldSelectors: (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath.replace(/^\./, '')),
    subresources: subresourcesOf(version, kind, `${group}/${version.name}`, type),
  }
  const scale = version.subresources?.scale
  const selectable = (version.selectableFields ?? []).map(({ jsonPath }) => {
    const find = compileJSONPath(jsonPath)
    return [jsonPath.replace(/^\./, ''), (object: AnyObject) => textOf(find(object)[0])] as const
  })
  const own = new CustomValidation(source, structural, scale)
  judges.set(version.name, own)
  const judgeFor = (context: StrategyContext | undefined): CustomValidation =>
    judges.get(context?.version ?? version.name) ?? own
  return {
    schema: { ...typeOf(type, kind, structural), decode: decoderOf(structural) },
    kind: {
      facts,
      group,
      version: version.name,
      kind,
      generation: true,
      defaults: (draft) => {
        if (structural !== undefined) applyDefaults(draft, structural)
      },
      strategy: {
        allowUnconditionalUpdate: false,
        validateUpdateOnly: true,
        ...(isTerminating ? { prepareForCreate: refuseCreation } : {}),
        validate: (object, context) => judgeFor(context).create(object),
        validateUpdate: (object, old, context) => judgeFor(context).update(object, old, context),
        warnings: warningsOfFinalizers,
      },
      status: {
        validateUpdate: (object, old, context) => judgeFor(context).updateStatus(object, old, context),
      },
      ...(scale === undefined ? {} : { scale: scaleMapping(scale) }),
      selectableFields: Object.fromEntries(selectable),
      columns: columnsOf(`${plural}.${group}`, version.additionalPrinterColumns),
      ...(source === undefined ? {} : { openAPISchema: source as Readonly<Record<string, unknown>> }),
      ...deprecationOf(definition, version, kind),
    },
  }
}

/** @throws StatusError 403 */
function refuseCreation({ metadata }: AnyObject, { groupResource }: StrategyContext): void {
  const why = 'create not allowed while custom resource definition is terminating'
  throw newForbidden(groupResource!, metadata?.name ?? '', why)
}

const textOf = (value: unknown): string => (value === undefined || value === null ? '' : String(value))

/** Source: apiserver/pkg/endpoints/discovery, StorageVersionHash */
function hashOf(group: string, version: string, kind: string): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

function subresourcesOf(
  { subresources }: CustomResourceDefinitionVersion,
  kind: string,
  apiVersion: string,
  type: string,
): SubresourceFacts[] {
  const list: SubresourceFacts[] = []
  if (subresources?.status !== undefined) {
    list.push({ name: 'status', kind, apiVersion, verbs: subresourceVerbs, type })
  }
  if (subresources?.scale !== undefined) {
    const scaleType = 'io.k8s.api.autoscaling.v1.Scale'
    list.push({ name: 'scale', kind: 'Scale', apiVersion: 'autoscaling/v1', verbs: subresourceVerbs, type: scaleType })
  }
  return list
}

function deprecationOf(
  { spec }: CustomResourceDefinition,
  { deprecated, deprecationWarning, name }: CustomResourceDefinitionVersion,
  kind: string,
): { deprecation?: string } {
  if (deprecated !== true) return {}
  return { deprecation: deprecationWarning ?? `${spec.group}/${name} ${kind} is deprecated` }
}

function scaleMapping({
  specReplicasPath,
  statusReplicasPath,
  labelSelectorPath,
}: ScalePaths): ScaleMapping<AnyObject> {
  const specPath = pathOf(specReplicasPath)
  const numberAt = (object: AnyObject, path: readonly string[]): number => Number(valueAt(object, path) ?? 0)
  return {
    replicasPath: specPath,
    problem: (object) =>
      valueAt(object, specPath) === undefined
        ? `the spec replicas field ${JSON.stringify(specReplicasPath)} does not exist`
        : undefined,
    read: (object) => ({
      specReplicas: numberAt(object, specPath),
      statusReplicas: numberAt(object, pathOf(statusReplicasPath)),
      selector: labelSelectorPath === undefined ? '' : textOf(valueAt(object, pathOf(labelSelectorPath))),
    }),
    write(draft, replicas) {
      let members = draft as Record<string, unknown>
      for (const name of specPath.slice(0, -1)) members = (members[name] ??= {}) as Record<string, unknown>
      members[specPath.at(-1)!] = replicas
    },
  }
}
