// The contract of a kind: facts come from openapi/, behaviour from one small file of pure functions in kinds/.
import type { GroupResource } from '../apimachinery/errors.ts'
import type { FieldError } from '../apimachinery/field.ts'
import type { AnyObject, KubeObject, UserInfo } from '../apimachinery/types.ts'
import type { ResourceFacts } from '../../openapi/schema.ts'

/** What a strategy may know of the request under way. */
export interface StrategyContext {
  readonly user: UserInfo
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly namespace: string
  /** As the request names them: several groups may share a kind. */
  readonly groupResource?: GroupResource
  /** The version in which the request speaks of the object: several may share a store. */
  readonly version?: string
  /** A sentence for a Warning header, told even if the object is refused. */
  warn?(text: string): void
}

export interface Strategy<T extends KubeObject> {
  /** Sets what the server decides on a creation; `draft` is the registry's own copy. Status is reset already. */
  prepareForCreate?(draft: T, context: StrategyContext): void
  /** A creation keeps the status it brings (Node). Default false. */
  keepsStatusOnCreate?: boolean
  /** As above for an update of the main resource; status and generation are handled by the registry. */
  prepareForUpdate?(draft: T, old: T, context: StrategyContext): void
  /** Everything but metadata, which the registry validates (with `validateName`). */
  validate?(object: T, context?: StrategyContext): FieldError[]
  /** Beyond `validate`, which runs on updates too. */
  validateUpdate?(object: T, old: T, context?: StrategyContext): FieldError[]
  /** What `validate` is to an update, where that depends on the old object: before metadata is judged as a change. */
  revalidate?(object: T, old: T): FieldError[]
  /** `validateUpdate` judges updates alone: upstream checks less there, or in another order. Default false. */
  validateUpdateOnly?: boolean
  /** Sentences for Warning headers. */
  warnings?(object: T, old: T | undefined): string[]
  /** PUT on a name that is not there creates it (Lease, Endpoints, Event, …). Default false. */
  allowCreateOnUpdate?: boolean
  /** PUT without resourceVersion is accepted. Default true. */
  allowUnconditionalUpdate?: boolean
  /**
   * The first update is written even if it changes nothing: upstream stores a creation without what it reads as a default
   * (the phase of a claim). Default false.
   */
  firstUpdateWrites?: boolean
  /** How long a deletion may take; undefined deletes at once. `requested` is DeleteOptions.gracePeriodSeconds. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined
  /** Called once, when a deletion begins and does not end at once (a namespace becomes Terminating). */
  beginDeletion?(draft: T): void
  /** What keeps an object beyond metadata.finalizers (a namespace's spec.finalizers). */
  blocksDeletion?(object: T): boolean
  /** A DELETE that ends the object answers with the object, not with a Status. Default false. */
  returnsDeletedObject?: boolean
  /** Propagation when DeleteOptions names none. Default `background`; Jobs orphan. */
  defaultPropagation?: 'orphan' | 'background' | 'none'
  /** Sentence for the Warning header of a deletion that names no propagation. */
  deletionWarning?: string
  /**
   * What `blocksDeletion` holds stays as the first deletion has left it: later ones change nothing. Preconditions fail in
   * words of their own. Default false; namespaces.
   */
  staysUntilFinalized?: boolean
}

export interface StatusStrategy<T extends KubeObject> {
  /** After the registry has put the old spec back. */
  prepareForUpdate?(draft: T, old: T, context: StrategyContext): void
  validateUpdate?(object: T, old: T, context?: StrategyContext): FieldError[]
  /** Sentences for Warning headers. */
  warnings?(object: T, old: T): string[]
}

/** How `scale` reads and writes a kind. */
export interface ScaleMapping<T extends KubeObject> {
  read(object: T): { specReplicas: number; statusReplicas: number; selector: string }
  write(draft: T, replicas: number): void
  /** Why there is no Scale to be read of the object, if there is none. */
  problem?(object: T): string | undefined
  /** Where the number of replicas is. Default: spec, replicas. */
  readonly replicasPath?: readonly string[]
}

export type Cell = string | number | boolean | null

/** As a Table describes its columns. */
export interface ColumnDefinition {
  readonly name: string
  readonly type: string
  readonly format: string
  readonly description: string
  readonly priority: number
}

/** A column of a custom resource, with what it shows. */
export interface CustomColumn extends ColumnDefinition {
  readonly cell: (object: AnyObject, now: number) => Cell
}

/** Cells of a Table row by column name (from tables.json); Name and Age are printed by the registry if left out. */
export type Cells<T extends KubeObject> = Readonly<Record<string, (object: T, now: number) => Cell>>

export interface KindBehaviour<T extends KubeObject> {
  group: string
  version: string
  kind: string
  /** Sentence for the Warning header of every request for the kind. */
  deprecation?: string
  /** Problems of metadata.name (`prefix`: of generateName). Default: a DNS-1123 subdomain. */
  validateName?(name: string, prefix: boolean): string[]
  /** The name of an object that brings only the start of one. Default: five characters by chance after it. */
  generateName?(base: string): string
  /** Defaults that depend on other fields; plain ones come from openapi/. Runs after those. */
  defaults?(draft: T): void
  strategy?: Strategy<T>
  /** Only read for kinds whose facts list a status subresource. */
  status?: StatusStrategy<T>
  /** For updates of the approval subresource, which writes the status too. */
  approval?: StatusStrategy<T>
  /** For updates of other subresources that write a part of the object; it puts back the rest itself. */
  subresources?: Readonly<Record<string, StatusStrategy<T>>>
  scale?: ScaleMapping<T>
  /** metadata.generation counts changes of everything but metadata and status. Default false. */
  generation?: boolean
  /** Values of the field selectors the facts list, beyond metadata.name and metadata.namespace. */
  selectableFields?: Readonly<Record<string, (object: T) => string>>
  /** Selectable fields that lists by equality find through an index (spec.nodeName of pods). */
  indexes?: readonly string[]
  cells?: Cells<T>
  /** Annotations that upstream holds as fields: where metadata stands alone they are not there (DaemonSet). */
  hiddenAnnotations?: readonly string[]
  /** Cells after those of the columns, which no column tells of (IPAddress). */
  surplusCells?: readonly ((object: T, now: number) => Cell)[]
  /** Of a custom resource: in place of the recorded columns and `cells`. */
  columns?: readonly CustomColumn[]
  /** Of a custom resource: the schema as its definition has it. */
  openAPISchema?: Readonly<Record<string, unknown>>
  /** The order of rows in a Table of a list, where it is not that of names. */
  rowOrder?(a: T, b: T): number
  /** Row conditions of the table, e.g. Completed pods. */
  rowConditions?(object: T): { type: string; status: string; reason: string; message: string }[]
  /** Several versions share one store: the other version's objects to and from this, the stored one. */
  storedAs?: {
    version: string
    group: string
    toStored(object: AnyObject): AnyObject
    fromStored(object: AnyObject): AnyObject
  }
}

/** A kind as the registry knows it: the facts and the behaviour in one. */
export interface KindDefinition<T extends KubeObject = AnyObject> extends KindBehaviour<T> {
  readonly facts: ResourceFacts
}

/** Forgets the static type, in this one cast: the tables hold kinds of any object. */
export function defineKind<T extends KubeObject>(behaviour: KindBehaviour<T>): KindBehaviour<AnyObject> {
  return behaviour as unknown as KindBehaviour<AnyObject>
}
