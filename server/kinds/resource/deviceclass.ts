// DeviceClass of resource.k8s.io/v1.
// Source: pkg/apis/resource/validation, ValidateDeviceClass; pkg/registry/resource/deviceclass (v1.36)
import type { DeviceClass } from '../../api/resource.ts'
import { semanticEqual } from '../../apimachinery/equality.ts'
import type { FieldError } from '../../apimachinery/field.ts'
import { field, invalid } from '../../apimachinery/field.ts'
import {
  dns1123SubdomainMaxLength,
  isDNS1123Subdomain,
  maxBytesError,
  maxLengthError,
} from '../../apimachinery/formats.ts'
import { defineKind } from '../../registry/kind.ts'
import { isExtendedResourceName } from '../pod-template/resource-names.ts'
import { validateSlice } from './lists.ts'
import { validateConfiguration, validateSelectors } from './selectors.ts'

export const deviceClass = defineKind<DeviceClass>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  generation: true,
  validateName: (name, prefix) => (prefix ? [] : longNameProblems(name)),
  strategy: {
    returnsDeletedObject: true,
    validate: (object) => validate(object, undefined),
    validateUpdate: validate,
    validateUpdateOnly: true,
  },
})

const maxConfigurations = 32

/** Counted in bytes here, and generateName is not judged. */
function longNameProblems(name: string): string[] {
  const inCharacters = maxLengthError(dns1123SubdomainMaxLength)
  const inBytes = maxBytesError(dns1123SubdomainMaxLength)
  return isDNS1123Subdomain(name).map((problem) => (problem === inCharacters ? inBytes : problem))
}

function validate({ spec }: DeviceClass, old: DeviceClass | undefined): FieldError[] {
  const path = field('spec')
  const isStored = old !== undefined && semanticEqual(spec?.config, old.spec?.config)
  const errors = [
    ...validateSelectors(spec?.selectors, path.child('selectors')),
    ...validateSlice(
      spec?.config,
      maxConfigurations,
      (one, here) => validateConfiguration(one, here, isStored),
      path.child('config'),
    ),
  ]
  const name = spec?.extendedResourceName
  if (name !== undefined && !isExtendedResourceName(name)) {
    errors.push(invalid(path.child('extendedResourceName'), name, 'must be a valid extended resource name'))
  }
  return errors
}
