// IngressClass of networking.k8s.io/v1.
// Source: pkg/apis/networking/v1, SetDefaults_IngressClass; pkg/apis/networking/validation, ValidateIngressClass;
// pkg/registry/networking/ingressclass; pkg/printers/internalversion, printIngressClass (v1.36)
import type { IngressClass, IngressClassParametersReference } from '../../api/networking.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { field, forbidden, invalid, notSupported, required, tooLong } from '../../apimachinery/field.ts'
import { nameIsDNSLabel, validateImmutableField } from '../../apimachinery/validation.ts'
import { defineKind } from '../../registry/kind.ts'
import { validateDomainPrefixedPath } from '../rules/domains.ts'
import { validateReference } from './ingress.ts'

export const ingressClass = defineKind<IngressClass>({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  generation: true,
  defaults: ({ spec }) => {
    if (spec?.parameters !== undefined) spec.parameters.scope ??= 'Cluster'
  },
  strategy: { validate, validateUpdate, validateUpdateOnly: true },
  cells: {
    Name: ({ metadata }) => {
      const isDefault = metadata?.annotations?.['ingressclass.kubernetes.io/is-default-class'] === 'true'
      return `${metadata?.name ?? ''}${isDefault ? ' (default)' : ''}`
    },
    Controller: ({ spec }) => spec?.controller ?? '',
    Parameters: printParameters,
  },
})

const controllerMaxBytes = 250

function validate({ spec = {} }: IngressClass): FieldError[] {
  const path = field('spec')
  const controller = spec.controller ?? ''
  return [
    ...(controller.length > controllerMaxBytes ? [tooLong(path.child('controller'), controllerMaxBytes)] : []),
    ...validateDomainPrefixedPath(controller, path.child('controller')),
    ...(spec.parameters === undefined ? [] : validateParameters(spec.parameters, path.child('parameters'))),
  ]
}

function validateParameters(parameters: IngressClassParametersReference, path: FieldPath): FieldError[] {
  const { scope, namespace } = parameters
  const errors = validateReference(parameters, path)
  const namespacePath = path.child('namespace')
  if (scope === undefined) errors.push(required(path.child('scope')))
  else if (scope === 'Namespace') {
    if (namespace === undefined) errors.push(required(namespacePath, "`parameters.scope` is set to 'Namespace'"))
    else errors.push(...nameIsDNSLabel(namespace, false).map((text) => invalid(namespacePath, namespace, text)))
  } else if (scope !== 'Cluster') errors.push(notSupported(path.child('scope'), scope, ['Cluster', 'Namespace']))
  else if (namespace !== undefined) errors.push(forbidden(namespacePath, "`parameters.scope` is set to 'Cluster'"))
  return errors
}

function validateUpdate(object: IngressClass, old: IngressClass): FieldError[] {
  const path = field('spec', 'controller')
  return [
    ...validateImmutableField(object.spec?.controller ?? '', old.spec?.controller ?? '', path),
    ...validate(object),
  ]
}

/** `Kind.group/name` */
function printParameters({ spec }: IngressClass): string {
  if (spec?.parameters === undefined) return '<none>'
  const { apiGroup, kind, name } = spec.parameters
  return `${kind}${apiGroup === undefined ? '' : `.${apiGroup}`}/${name}`
}
