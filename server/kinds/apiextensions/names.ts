// Names of custom resources.
// Source: apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionNames (v1.36)
import type { CustomResourceDefinitionNames } from '../../api/apiextensions.ts'
import type { FieldError, FieldPath } from '../../apimachinery/field.ts'
import { invalid, required } from '../../apimachinery/field.ts'
import { isDNS1035Label } from '../../apimachinery/formats.ts'

const requiredNames = ['plural', 'singular', 'kind', 'listKind'] as const

export function validateNamesPresent(names: Partial<CustomResourceDefinitionNames>, path: FieldPath): FieldError[] {
  return requiredNames.flatMap((name) => (names[name] ? [] : [required(path.child(name))]))
}

/** Absent names have no problem here: those a status accepts come later. */
export function validateNames(names: Partial<CustomResourceDefinitionNames>, path: FieldPath): FieldError[] {
  const { kind = '', listKind = '', shortNames = [], categories = [] } = names
  const errors = requiredNames.flatMap((name) =>
    validateLabel(names[name] ?? '', path.child(name), /kind$/i.test(name)),
  )
  errors.push(...shortNames.flatMap((name, at) => validateLabel(name, path.child('shortNames').index(at), false, true)))
  if (kind !== '' && kind === listKind) {
    errors.push(invalid(path.child('listKind'), listKind, 'kind and listKind may not be the same'))
  }
  return [
    ...errors,
    ...categories.flatMap((name, at) => validateLabel(name, path.child('categories').index(at), false, true)),
  ]
}

function validateLabel(name: string, path: FieldPath, mixedCase: boolean, mayNotBeEmpty = false): FieldError[] {
  if (name === '' && !mayNotBeEmpty) return []
  const problems = isDNS1035Label(mixedCase ? name.toLowerCase() : name)
  if (problems.length === 0) return []
  const intro = mixedCase ? 'may have mixed case, but should otherwise match: ' : ''
  return [invalid(path, name, intro + problems.join(','))]
}
