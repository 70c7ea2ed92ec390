// CustomResourceDefinitions as upstream holds them inside: what all versions have in common stands beside them. Errors name
// it there, and print it with Go's names.
// Source: apiextensions-apiserver/pkg/apis/apiextensions, types_jsonschema.go; its v1, conversion.go (v1.36)
import type { CustomResourceDefinitionVersion, JSONSchemaProps, ValidationRule } from '../../api/apiextensions.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Printed } from '../../apimachinery/field.ts'
import { isSchema } from '../../schema/structural.ts'
import { goValue } from '../rules/go-value.ts'

type Shared = 'schema' | 'subresources' | 'additionalPrinterColumns' | 'selectableFields'

/** Whether all versions have the same of it: then it stands outside of them. */
export function isShared(versions: readonly CustomResourceDefinitionVersion[], name: Shared): boolean {
  return versions.every((version) => deepEqual(version[name], versions[0]?.[name]))
}

export function printVersions(versions: readonly CustomResourceDefinitionVersion[]): Printed {
  const own = (version: CustomResourceDefinitionVersion, name: Shared): unknown =>
    isShared(versions, name) ? null : (version[name] ?? null)
  return goValue(
    versions.map((version) => ({
      Name: version.name ?? '',
      Served: version.served ?? false,
      Storage: version.storage ?? false,
      Deprecated: version.deprecated ?? false,
      DeprecationWarning: version.deprecationWarning ?? null,
      Schema: printValidation(own(version, 'schema') as CustomResourceDefinitionVersion['schema'] | null),
      Subresources: printSubresources(
        own(version, 'subresources') as CustomResourceDefinitionVersion['subresources'] | null,
      ),
      AdditionalPrinterColumns: printColumns(
        own(version, 'additionalPrinterColumns') as CustomResourceDefinitionVersion['additionalPrinterColumns'] | null,
      ),
      SelectableFields:
        (own(version, 'selectableFields') as CustomResourceDefinitionVersion['selectableFields'] | null)?.map(
          ({ jsonPath }) => ({ JSONPath: jsonPath ?? '' }),
        ) ?? null,
    })),
  )
}

function printValidation(schema: CustomResourceDefinitionVersion['schema'] | null): unknown {
  if (schema === undefined || schema === null) return null
  return { OpenAPIV3Schema: schema.openAPIV3Schema === undefined ? null : schemaMembers(schema.openAPIV3Schema) }
}

function printSubresources(subresources: CustomResourceDefinitionVersion['subresources'] | null): unknown {
  if (subresources === undefined || subresources === null) return null
  const { status, scale } = subresources
  return {
    Status: status === undefined ? null : {},
    Scale: scale === undefined ? null : printScale(scale),
  }
}

function printScale(
  scale: NonNullable<NonNullable<CustomResourceDefinitionVersion['subresources']>['scale']>,
): unknown {
  return {
    SpecReplicasPath: scale.specReplicasPath ?? '',
    StatusReplicasPath: scale.statusReplicasPath ?? '',
    LabelSelectorPath: scale.labelSelectorPath ?? null,
  }
}

function printColumns(columns: CustomResourceDefinitionVersion['additionalPrinterColumns'] | null): unknown {
  return (
    columns?.map(({ name, type, format, description, priority, jsonPath }) => ({
      Name: name ?? '',
      Type: type ?? '',
      Format: format ?? '',
      Description: description ?? '',
      Priority: priority ?? 0,
      JSONPath: jsonPath ?? '',
    })) ?? null
  )
}

export function printSchema(schema: JSONSchemaProps): Printed {
  return goValue(schemaMembers(schema))
}

type Members = Readonly<Record<string, unknown>>

const mapOfSchemas = (map: Readonly<Record<string, JSONSchemaProps>> | undefined): unknown => {
  const entries = Object.entries(map ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return map === undefined ? null : Object.fromEntries(entries.map(([name, one]) => [name, schemaMembers(one)]))
}

const listOfSchemas = (list: readonly JSONSchemaProps[] | undefined): unknown => list?.map(schemaMembers) ?? null

function orBool(value: unknown): unknown {
  if (value === undefined) return null
  return isSchema(value) ? { Allows: true, Schema: schemaMembers(value) } : { Allows: value, Schema: null }
}

function orList(value: unknown): unknown {
  if (value === undefined || value === null) return null
  return Array.isArray(value)
    ? { Schema: null, JSONSchemas: listOfSchemas(value as JSONSchemaProps[]) }
    : { Schema: schemaMembers(value), JSONSchemas: null }
}

function schemaMembers(schema: JSONSchemaProps): Members {
  return {
    ID: schema.id ?? '',
    Schema: schema.$schema ?? '',
    Ref: schema.$ref ?? null,
    Description: schema.description ?? '',
    Type: schema.type ?? '',
    Nullable: schema.nullable ?? false,
    Format: schema.format ?? '',
    Title: schema.title ?? '',
    Default: schema.default ?? null,
    Maximum: schema.maximum ?? null,
    ExclusiveMaximum: schema.exclusiveMaximum ?? false,
    Minimum: schema.minimum ?? null,
    ExclusiveMinimum: schema.exclusiveMinimum ?? false,
    MaxLength: schema.maxLength ?? null,
    MinLength: schema.minLength ?? null,
    Pattern: schema.pattern ?? '',
    MaxItems: schema.maxItems ?? null,
    MinItems: schema.minItems ?? null,
    UniqueItems: schema.uniqueItems ?? false,
    MultipleOf: schema.multipleOf ?? null,
    Enum: schema.enum ?? null,
    MaxProperties: schema.maxProperties ?? null,
    MinProperties: schema.minProperties ?? null,
    Required: schema.required ?? null,
    Items: orList(schema.items),
    AllOf: listOfSchemas(schema.allOf),
    OneOf: listOfSchemas(schema.oneOf),
    AnyOf: listOfSchemas(schema.anyOf),
    Not: schema.not === undefined ? null : schemaMembers(schema.not),
    Properties: mapOfSchemas(schema.properties),
    AdditionalProperties: orBool(schema.additionalProperties),
    PatternProperties: mapOfSchemas(schema.patternProperties),
    Dependencies: schema.dependencies ?? null,
    AdditionalItems: orBool(schema.additionalItems),
    Definitions: mapOfSchemas(schema.definitions),
    ExternalDocs:
      schema.externalDocs === undefined
        ? null
        : { Description: schema.externalDocs.description ?? '', URL: schema.externalDocs.url ?? '' },
    Example: schema.example ?? null,
    XPreserveUnknownFields: schema['x-kubernetes-preserve-unknown-fields'] ?? null,
    XEmbeddedResource: schema['x-kubernetes-embedded-resource'] ?? false,
    XIntOrString: schema['x-kubernetes-int-or-string'] ?? false,
    XListMapKeys: schema['x-kubernetes-list-map-keys'] ?? null,
    XListType: schema['x-kubernetes-list-type'] ?? null,
    XMapType: schema['x-kubernetes-map-type'] ?? null,
    XValidations: schema['x-kubernetes-validations']?.map(ruleMembers) ?? null,
  }
}

function ruleMembers(rule: ValidationRule): Members {
  return {
    Rule: rule.rule ?? '',
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  }
}

export function printRule(rule: ValidationRule): Printed {
  return goValue(ruleMembers(rule))
}
