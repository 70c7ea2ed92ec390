// What is asked of the objects of one version of a custom resource.
// Source: apiextensions-apiserver/pkg/registry/customresource, strategy.go, status_strategy.go and validator.go (v1.36)
import type { JSONSchemaProps } from '../api/apiextensions.ts'
import { field, type FieldError } from '../apimachinery/field.ts'
import type { AnyObject } from '../apimachinery/types.ts'
import type { StrategyContext } from '../registry/kind.ts'
import { Correlation } from '../schema/correlation.ts'
import { validateEmbedded } from '../schema/embedded.ts'
import { validateListTypes } from '../schema/list-types.ts'
import { rootPath } from '../schema/root-path.ts'
import { blocksRules, checkRules, notChecked, ruleTree, type RuleTree } from '../schema/rules.ts'
import type { Structural } from '../schema/structural.ts'
import { validateValue } from '../schema/validate.ts'
import { validateScaleSpec, validateScaleStatus, type ScalePaths } from './scale-paths.ts'

export class CustomValidation {
  readonly #source: JSONSchemaProps | undefined
  readonly #schema: Structural | undefined
  readonly #scale: ScalePaths | undefined
  /** Compiled with the first object that is judged. */
  #rules: { readonly tree: RuleTree | undefined } | undefined

  constructor(source: JSONSchemaProps | undefined, schema: Structural | undefined, scale: ScalePaths | undefined) {
    this.#source = source
    this.#schema = schema
    this.#scale = scale
  }

  create(object: AnyObject): FieldError[] {
    const errors = [
      ...this.#validate(object),
      ...this.#scaleErrors(object),
      ...validateEmbedded(object, this.#schema),
      ...this.#listErrors(object),
    ]
    return [...errors, ...this.#ruleErrors(errors, object, undefined)]
  }

  update(object: AnyObject, old: AnyObject, context?: StrategyContext): FieldError[] {
    const correlation = new Correlation(object, old, this.#schema)
    const errors = [
      ...this.#validate(object, correlation),
      ...this.#scaleErrors(object),
      ...validateEmbedded(object, this.#schema),
      ...this.#newListErrors(object, old),
    ]
    return [...errors, ...this.#ruleErrors(errors, object, old, correlation, context)]
  }

  updateStatus(object: AnyObject, old: AnyObject, context?: StrategyContext): FieldError[] {
    const correlation = new Correlation(object, old, this.#schema)
    const errors = [
      ...this.#validateStatus(object, correlation),
      ...(this.#scale === undefined ? [] : validateScaleStatus(object, this.#scale)),
      ...this.#newListErrors(object, old),
    ]
    return [...errors, ...this.#ruleErrors(errors, object, old, correlation, context)]
  }

  #validate(object: AnyObject, correlation?: Correlation): FieldError[] {
    return this.#source === undefined ? [] : validateValue(object, this.#source, { correlation })
  }

  #validateStatus(object: AnyObject, correlation: Correlation): FieldError[] {
    const schema = this.#source?.properties?.['status']
    if (schema === undefined || object['status'] === undefined) return []
    return validateValue(object['status'], schema, { base: field('status'), correlation: correlation.key('status') })
  }

  #scaleErrors(object: AnyObject): FieldError[] {
    if (this.#scale === undefined) return []
    return [...validateScaleSpec(object, this.#scale), ...validateScaleStatus(object, this.#scale)]
  }

  #listErrors(object: AnyObject): FieldError[] {
    return this.#schema === undefined ? [] : validateListTypes(object, this.#schema)
  }

  /** Lists that have held something twice may go on. */
  #newListErrors(object: AnyObject, old: AnyObject): FieldError[] {
    const errors = this.#listErrors(object)
    return errors.length === 0 || this.#listErrors(old).length > 0 ? [] : errors
  }

  #ruleErrors(
    before: readonly FieldError[],
    object: AnyObject,
    old: AnyObject | undefined,
    correlation?: Correlation,
    context?: StrategyContext,
  ): FieldError[] {
    if (this.#schema?.hasRules !== true) return []
    if (blocksRules(before)) return [notChecked]
    const { tree } = (this.#rules ??= { tree: ruleTree(this.#schema, true) })
    if (tree === undefined) return []
    const { errors, warnings } = checkRules(tree, object, old, rootPath, correlation)
    for (const warning of warnings) context?.warn?.(warning)
    return errors
  }
}
